"""How WebSocket connections begin and end: limits, faults of the address, a service that stops."""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from protocol.channels import binance_key
from tests.integration.binance_gateway.test_ws_api import Client
from tests.support.binance_process import Binance, Socket, run_binance
from tests.support.gateway_process import Exchange
from tests.support.redis_client import open_redis
from tests.support.waiting import DEADLINE_SECONDS

FEW = {"BINANCE_CONNECTIONS": "3", "BINANCE_REQUEST_WEIGHT": "20"}


@pytest.fixture
def limited(exchange: Exchange) -> Iterator[Binance]:
    """A service of its own, which allows little; what others have counted is forgotten."""
    with open_redis(exchange.redis_url) as client:
        for limit in ("CONNECTIONS", "REQUEST_WEIGHT"):
            for key in client.keys(binance_key(f"{limit}:*")):
                client.delete(key)
    with run_binance(exchange.redis_url, exchange.database_url, **FEW) as service:
        yield service


def refuse(binance: Binance, path: str) -> int:
    """Return the status of a handshake that fails."""

    def knock() -> None:
        with binance.connect(path):
            pass

    with pytest.raises(InvalidStatus) as caught:
        knock()
    return caught.value.response.status_code


def test_an_address_that_is_none_is_refused(binance: Binance) -> None:
    assert refuse(binance, "/ws?timeUnit=SECOND") == 400
    assert refuse(binance, "/ws-api/v3?timeUnit=SECOND") == 400
    assert refuse(binance, "/wss") == 404
    assert refuse(binance, "/ws-api/v2") == 404


def test_too_many_connections_are_refused(limited: Binance) -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(limited.connect("/ws"))
        with pytest.raises(InvalidStatus) as refused, limited.connect("/ws"):
            pass
    answer = refused.value.response
    assert answer.status_code == 429
    text = "Too many connection attempts from IP; current limit is 3 per 5 MINUTES"
    assert json.loads(answer.body or b"") == {"code": -1034, "msg": text}


def test_too_much_weight_is_told_with_when_to_come_back(limited: Binance) -> None:
    with limited.connect("/ws-api/v3") as socket:
        answer = socket.ask("depth", {"symbol": "BTCUSDT"})
        while answer["status"] == 200:
            answer = socket.ask("depth", {"symbol": "BTCUSDT"})
    assert (answer["status"], answer["error"]["code"]) == (429, -1003)
    data = answer["error"]["data"]
    assert 0 < data["retryAfter"] - data["serverTime"] <= 60_000
    (limit,) = answer["rateLimits"]
    assert (limit["rateLimitType"], limit["limit"]) == ("REQUEST_WEIGHT", 20)
    assert limit["count"] > 20


def test_a_service_that_stops_says_so_and_closes(limited: Binance) -> None:
    with (
        limited.connect("/ws/btcusdt@trade") as raw,
        limited.connect("/stream?streams=btcusdt@trade") as combined,
        limited.connect("/ws-api/v3") as api,
    ):
        for socket in (raw, combined, api):
            socket.ask("LIST_SUBSCRIPTIONS")
        limited.process.send_signal(signal.SIGTERM)
        last = [read_last(socket) for socket in (raw, combined, api)]
    assert last[0].keys() == {"e", "E"}
    assert last[0]["e"] == "serverShutdown"
    assert (last[1]["stream"], last[1]["data"]["e"]) == ("!serverShutdown", "serverShutdown")
    assert last[2]["event"]["e"] == "serverShutdown"


def read_last(socket: Socket) -> Any:
    """Return the last message before the connection is closed as by a restart."""
    found: list[Any] = []

    def read() -> None:
        while True:
            found.append(socket.next())

    with pytest.raises(ConnectionClosed) as closed:
        read()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    return found[-1]


def test_a_ping_is_answered(binance: Binance) -> None:
    with binance.connect("/ws") as socket:
        assert socket.connection.ping(b"x").wait(DEADLINE_SECONDS)


def test_an_order_from_before_has_its_own_time(binance: Binance) -> None:
    with binance.connect("/ws-api/v3") as socket:
        client = Client(socket)
        order = client.order(side="BUY", price="41000", quantity="0.02")
        client.call("userDataStream.subscribe.signature", **client.sign())
        client.call("order.cancel", **client.sign(symbol="BTCUSDT", orderId=order["orderId"]))
        event = client.wait_for("executionReport", "CANCELED")["event"]
    assert event["O"] == event["W"] == order["transactTime"]
    assert event["T"] >= event["O"]
