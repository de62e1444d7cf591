"""By which names the feed may be asked."""

import socket
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.market_data import MarketData, run_market_data
from tests.support.waiting import DEADLINE_SECONDS


@pytest.fixture(scope="module")
def service(redis_server: str) -> Iterator[MarketData]:
    with run_market_data(redis_server, ALLOWED_HOSTS="feed.lan, market_data") as service:
        yield service


@pytest.mark.parametrize(
    "host", ["localhost:8001", "127.0.0.1", "[::1]:8001", "192.168.1.5:8001", "FEED.lan:8001"]
)
def test_own_name_is_served(service: MarketData, host: str) -> None:
    assert service.http.get("/v1/page-settings", headers={"Host": host}).status_code == 200
    raw = socket.create_connection(("127.0.0.1", service.port))
    with connect(f"ws://{host}/ws/market-data", sock=raw) as client:
        client.recv(timeout=DEADLINE_SECONDS)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8001", "feed.lan."])
@pytest.mark.parametrize("path", ["/health", "/v1/bbo/BTC-USDT", "/nothing"])
def test_name_that_somebody_pointed_here_is_refused(
    service: MarketData, host: str, path: str
) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    answer = service.http.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "host_not_allowed")
    assert "access-control-allow-origin" not in answer.headers


def test_the_websocket_is_refused_too(service: MarketData) -> None:
    raw = socket.create_connection(("127.0.0.1", service.port))
    url, origin = "ws://evil.example/ws/market-data", Origin("http://evil.example")
    with raw, pytest.raises(InvalidStatus) as refused:
        connect(url, sock=raw, origin=origin)
    response = refused.value.response
    assert response.status_code == 403
    assert b"host_not_allowed" in response.body
