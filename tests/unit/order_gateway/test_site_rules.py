"""Which pages and names may reach the gateway."""

import asyncio
from typing import Any

import httpx
import pytest

from order_gateway.app import create_app
from protocol.settings import Settings
from tests.support.gateway import INSTRUMENTS

SETTINGS = Settings(
    redis_url="redis://127.0.0.1:1/0",
    market_data_port=8001,
    allowed_hosts=("gateway.lan", "order_gateway"),
    allowed_origins=("https://desk.example",),
)


def ask(method: str = "GET", path: str = "/v1/instruments", **headers: str) -> httpx.Response:
    async def send() -> httpx.Response:
        transport: Any = httpx.ASGITransport(create_app(SETTINGS, INSTRUMENTS))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(send())


@pytest.mark.parametrize(
    "host",
    ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "192.168.1.5", "gateway.lan:8000",
     "order_gateway:8000", "LOCALHOST"],
)  # fmt: skip
def test_own_name_is_served(host: str) -> None:
    assert ask(Host=host).status_code == 200


@pytest.mark.parametrize("host", ["evil.example:8000", "", "localhost.evil.example", "[", "a:b"])
@pytest.mark.parametrize("path", ["/v1/instruments", "/nothing"])
def test_name_that_somebody_pointed_here_is_refused(host: str, path: str) -> None:
    response = ask(path=path, Host=host)
    assert (response.status_code, response.json()["code"]) == (403, "host_not_allowed")


@pytest.mark.parametrize(
    ("host", "origin"),
    [("localhost:8000", "http://localhost:8001"), ("localhost:8000", "http://127.0.0.1:8001"),
     ("192.168.1.5:8000", "http://192.168.1.5:8001"), ("localhost:8000", "http://localhost:8000"),
     ("localhost:8000", "https://desk.example")],
)  # fmt: skip
def test_page_of_ours_may_read_and_trade(host: str, origin: str) -> None:
    response = ask(Host=host, Origin=origin)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", "http://localhost:9999", "file://", "http://localhost",
     "https://evil.example:8001", "http://192.168.1.6:8001"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/instruments", "/nothing"])
def test_another_page_may_not(origin: str, path: str) -> None:
    response = ask(path=path, Host="localhost:8000", Origin=origin)
    assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in response.headers


def test_preflight_of_our_page_is_answered() -> None:
    page = {"Host": "localhost:8000", "Origin": "http://localhost:8001"}
    response = ask("OPTIONS", "/v1/orders/5", **page, **{"Access-Control-Request-Method": "PATCH"})
    assert response.status_code == 204
    assert "PATCH" in response.headers["access-control-allow-methods"]
    assert "X-Account" in response.headers["access-control-allow-headers"]


def test_preflight_of_another_page_is_refused() -> None:
    page = {"Host": "localhost:8000", "Origin": "null", "Access-Control-Request-Method": "POST"}
    assert ask("OPTIONS", "/v1/orders", **page).status_code == 403


def test_answer_has_the_clients_request_id_or_one_of_ours() -> None:
    mine = {"Host": "localhost", "X-Request-Id": "my-request.1"}
    assert ask(**mine).headers["x-request-id"] == "my-request.1"
    assert ask(path="/nothing", **mine).headers["x-request-id"] == "my-request.1"
    assert len(ask(Host="localhost", **{"X-Request-Id": "a b"}).headers["x-request-id"]) > 16


def test_documentation_needs_nothing_from_elsewhere() -> None:
    response = ask(path="/v1/docs", Host="localhost")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    for sign in ("http://", "https://", "src=", "@import", "url("):
        assert sign not in response.text
