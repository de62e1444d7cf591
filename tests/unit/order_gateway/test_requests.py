"""Requests that are refused before anything is queued: here there is no queue at all."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from order_gateway.app import create_app
from protocol.settings import Settings
from tests.support.gateway import DOCUMENTED, INSTRUMENTS, ORDER

BODY = json.dumps(ORDER).encode()
JSON = {"Content-Type": "application/json"}


SETTINGS = Settings(redis_url="redis://127.0.0.1:1/0")


def ask(method: str, path: str, settings: Settings = SETTINGS, **options: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        app = create_app(settings, INSTRUMENTS)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", event_hooks=DOCUMENTED
        ) as client:
            return await client.request(method, path, **options)

    return asyncio.run(send())


ORDER_PATH = "/v1/orders"
REFUSED: dict[str, tuple[str, str, dict[str, Any], int, str, str | None]] = {
    "unknown path": ("GET", "/v1/nothing", {}, 404, "not_found", None),
    "root": ("GET", "/", {}, 404, "not_found", None),
    "trailing slash": ("POST", "/v1/orders/", {}, 404, "not_found", None),
    "PUT of orders": ("PUT", ORDER_PATH, {}, 405, "method_not_allowed", None),
    "POST to an order": ("POST", "/v1/orders/1", {}, 405, "method_not_allowed", None),
    "POST to health": ("POST", "/health", {}, 405, "method_not_allowed", None),
    "no content type": (
        "POST", ORDER_PATH, {"content": BODY}, 415, "unsupported_media_type", "Content-Type",
    ),
    "a form": (
        "POST", ORDER_PATH, {"data": {"symbol": "BTC-USDT"}},
        415, "unsupported_media_type", "Content-Type",
    ),
    "plain text": (
        "PATCH", "/v1/orders/1", {"content": BODY, "headers": {"Content-Type": "text/plain"}},
        415, "unsupported_media_type", "Content-Type",
    ),
    "bad account": (
        "POST", ORDER_PATH, {"content": BODY, "headers": JSON | {"X-Account": "a b"}},
        422, "invalid_account", "X-Account",
    ),
    "empty account": (
        "DELETE", "/v1/orders/1", {"headers": {"X-Account": ""}},
        422, "invalid_account", "X-Account",
    ),
    "account of 65": (
        "PATCH", "/v1/orders/1", {"headers": {"X-Account": "x" * 65}},
        422, "invalid_account", "X-Account",
    ),
    "account that is not ASCII": (
        "DELETE", "/v1/orders/1", {"headers": {"X-Account": "\u00e9".encode("latin-1")}},
        422, "invalid_account", "X-Account",
    ),
    "bad response mode": (
        "POST", ORDER_PATH + "?response=soon", {"content": BODY, "headers": JSON},
        422, "invalid_request", "response",
    ),
    "empty response mode": (
        "DELETE", "/v1/orders/1?response=", {}, 422, "invalid_request", "response",
    ),
    "unknown query parameter": (
        "POST", ORDER_PATH + "?reponse=full", {"content": BODY, "headers": JSON},
        422, "unknown_field", "reponse",
    ),
    "order id that is no number": (
        "DELETE", "/v1/orders/abc", {}, 422, "invalid_order_id", "order_id",
    ),
    "order id of zero": ("DELETE", "/v1/orders/0", {}, 422, "invalid_order_id", "order_id"),
    "negative order id": ("DELETE", "/v1/orders/-1", {}, 422, "invalid_order_id", "order_id"),
    "order id of 2**53": (
        "PATCH", f"/v1/orders/{2**53}", {"content": b"{}", "headers": JSON},
        422, "invalid_order_id", "order_id",
    ),
    "order id in full-width digits": (
        "DELETE", "/v1/orders/\uff11", {}, 422, "invalid_order_id", "order_id",
    ),
    "broken JSON": (
        "POST", ORDER_PATH, {"content": b"{", "headers": JSON}, 422, "invalid_json", None,
    ),
    "too many seconds": (
        "POST", "/v1/cancel-after", {"content": b'{"seconds": 86401}', "headers": JSON},
        422, "invalid_seconds", "seconds",
    ),
    "a scope that there is not": (
        "POST", "/v1/cancel-after",
        {"content": b'{"seconds": 5, "scope": "stops"}', "headers": JSON},
        422, "invalid_scope", "scope",
    ),
    "seconds that are no number": (
        "POST", "/v1/cancel-after", {"content": b'{"seconds": "5"}', "headers": JSON},
        422, "invalid_type", "seconds",
    ),
    "a batch that is no batch": (
        "POST", "/v1/orders/batch", {"content": b"[]", "headers": JSON}, 422, "invalid_type", None,
    ),
    "a batch without orders": (
        "POST", "/v1/orders/batch", {"content": b"{}", "headers": JSON},
        422, "missing_field", "orders",
    ),
    "a batch with more than orders": (
        "POST", "/v1/orders/batch", {"content": b'{"orders":[5],"x":1}', "headers": JSON},
        422, "unknown_field", "x",
    ),
    "a batch whose orders are none": (
        "POST", "/v1/orders/batch", {"content": b'{"orders":{}}', "headers": JSON},
        422, "invalid_type", "orders",
    ),
    "a batch with orders twice": (
        "POST", "/v1/orders/batch", {"content": b'{"orders":[5],"orders":[6]}', "headers": JSON},
        422, "invalid_json", "orders",
    ),
    "seconds twice": (
        "POST", "/v1/cancel-after", {"content": b'{"seconds":5,"seconds":0}', "headers": JSON},
        422, "invalid_json", "seconds",
    ),
    "instrument that there is not": (
        "GET", "/v1/instruments/X-Y", {}, 404, "unknown_symbol", "symbol",
    ),
    "start that is no moment": ("GET", "/v1/fills?start=now", {}, 422, "invalid_request", "start"),
    "end that is no moment": ("GET", "/v1/orders?end=-1", {}, 422, "invalid_request", "end"),
    "a batch that is no JSON": (
        "POST", "/v1/orders/batch", {"content": b'{"orders": [', "headers": JSON},
        422, "invalid_json", None,
    ),
    "limit of 1001": ("GET", "/v1/orders?limit=1001", {}, 422, "invalid_request", "limit"),
    "status that is none": ("GET", "/v1/orders?status=odd", {}, 422, "invalid_request", "status"),
    "prevented matches of no symbol": (
        "GET", "/v1/prevented-matches", {}, 422, "invalid_request", "symbol",
    ),
    "archive away": ("GET", "/v1/fills", {}, 503, "archive_unavailable", None),
    "queue out of reach": (
        "POST", ORDER_PATH, {"content": BODY, "headers": JSON}, 503, "queue_unavailable", None,
    ),
    "body over 64 KB": (
        "POST", ORDER_PATH, {"content": b" " * 65537, "headers": JSON},
        413, "body_too_large", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code", "field"), REFUSED.values(), ids=REFUSED
)
def test_request_is_refused_with_a_problem_document(
    method: str, path: str, options: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    response = ask(method, path, **options)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status)
    assert (problem["code"], problem.get("field")) == (code, field)
    assert problem["detail"]


def test_body_of_exactly_64_kb_is_read() -> None:
    response = ask("POST", ORDER_PATH, content=b" " * 65534 + b"{}", headers=JSON)
    assert response.json()["code"] == "missing_field"


@pytest.mark.parametrize(
    ("path", "setting"),
    [(ORDER_PATH, "max_body_bytes"), (f"{ORDER_PATH}/batch", "max_batch_bytes")],
)
def test_body_larger_than_the_setting_is_refused_with_the_setting(path: str, setting: str) -> None:
    settings = SETTINGS.model_copy(update={setting: 2_000})
    response = ask("POST", path, settings, content=b" " * 1_998 + b"{}", headers=JSON)
    assert response.json()["code"] == "missing_field"
    response = ask("POST", path, settings, content=b" " * 1_999 + b"{}", headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert "2000 bytes" in response.json()["detail"]


def test_chunked_body_is_refused_without_being_read_to_its_end() -> None:
    chunks_sent = 0

    async def send_chunks() -> AsyncIterator[bytes]:
        nonlocal chunks_sent
        for _ in range(1000):
            chunks_sent += 1
            yield b" " * 8192

    response = ask("POST", ORDER_PATH, content=send_chunks(), headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert chunks_sent == 9


def test_method_not_allowed_names_all_that_are() -> None:
    assert ask("PUT", "/v1/orders/1").headers["allow"] == "DELETE, GET, HEAD, PATCH"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/instruments", "/v1/instruments/X-Y"])
def test_what_can_be_asked_by_get_can_be_asked_by_head(path: str) -> None:
    assert ask("HEAD", path).status_code == ask("GET", path).status_code


def test_one_instrument_is_read_as_in_the_list() -> None:
    [first, *_] = ask("GET", "/v1/instruments").json()["instruments"]
    assert ask("GET", "/v1/instruments/BTC-USDT").json() == first


def test_item_of_a_batch_is_refused_by_its_own_name_and_counted() -> None:
    async def run() -> tuple[Any, str]:
        app = create_app(SETTINGS, INSTRUMENTS)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", event_hooks=DOCUMENTED
        ) as client:
            answer = await client.post("/v1/orders/batch", json={"orders": [5, 5]})
            await client.get("/nowhere")
            await client.put("/v1/orders")
            return answer.json(), (await client.get("/metrics")).text

    answer, metrics = asyncio.run(run())
    assert answer["results"][0]["problem"]["detail"] == "an order must be a JSON object"
    assert 'gateway_rejects_total{code="invalid_type"} 2.0' in metrics
    assert 'gateway_rejects_total{code="not_found"} 1.0' in metrics
    assert 'gateway_rejects_total{code="method_not_allowed"} 1.0' in metrics


def test_instruments_are_listed_with_tick_and_lot() -> None:
    response = ask("GET", "/v1/instruments")
    assert response.status_code == 200
    first = response.json()["instruments"][0]
    assert first == {
        "symbol": "BTC-USDT",
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "tick_size": "0.01",
        "lot_size": "0.00001",
        "min_quantity": "0.00001",
        "max_quantity": "10000000.00000",
        "min_notional": None,
        "max_notional": None,
        "price_band": None,
        "state": None,
        "phase": None,
    }


def test_fault_of_our_own_is_a_problem_document_without_a_trace(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("order_gateway.routes.order_routes.read_order", fail)
    response = ask("POST", ORDER_PATH, content=BODY, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "secret" not in response.text
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/v1/orders?symbol=BTCUSDT", 422, "symbol must be one of BTC-USDT"),
        ("GET", "/v1/fills?symbol=BTCUSDT", 422, "symbol must be one of BTC-USDT"),
        (
            "GET",
            "/v1/orders?side=buy",
            422,
            "no query parameter side, only symbol, status",
        ),
        ("GET", "/v1/orders/5?wait=1", 422, "no query parameter wait, none at all"),
        ("GET", "/ws/orders", 404, "open it with ws://"),
        ("PUT", "/v1/orders", 405, "only DELETE, GET, HEAD, POST"),
        ("GET", "/orders", 404, "see /v1/docs"),
    ],
)
def test_mistake_is_explained(method: str, path: str, status: int, words: str) -> None:
    response = ask(method, path)
    assert response.status_code == status
    assert words in response.json()["detail"]
