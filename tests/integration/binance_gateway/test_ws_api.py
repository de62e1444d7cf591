"""The WebSocket API on a running exchange: envelope, sessions, orders, and an account's events."""

import hmac
import json
import time
from hashlib import sha256
from itertools import count
from typing import Any

import pytest

from tests.support.binance_process import Binance, Socket
from tests.support.trader import Trader

_accounts = count(1)


def missing(name: str) -> str:
    return f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."


class Client:
    """A client of the WebSocket API, as an account of its own: its key and its secret."""

    def __init__(self, socket: Socket) -> None:
        self.account = f"ws-{next(_accounts)}"
        self.socket = socket
        self._ids = count(1)
        self.events: list[Any] = []

    def call(self, method: str, **parameters: object) -> Any:
        """Return the whole answer; keep the events that come before it."""
        number = next(self._ids)
        request = {"id": number, "method": method, "params": parameters}
        self.socket.connection.send(json.dumps(request))
        while True:
            message = self.socket.next()
            if message.get("id") == number:
                return message
            self.events.append(message)

    def sign(self, **parameters: object) -> dict[str, object]:
        """Add key, time and signature."""
        sent = {**parameters, "apiKey": self.account, "timestamp": time.time_ns() // 1_000_000}
        payload = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
        proof = hmac.new(self.account.encode(), payload.encode(), sha256).hexdigest()
        return {**sent, "signature": proof}

    def order(self, **parameters: object) -> Any:
        """Place a limit order; return the result."""
        order = {"symbol": "BTCUSDT", "type": "LIMIT", "timeInForce": "GTC", **parameters}
        answer = self.call("order.place", **self.sign(**order))
        assert answer["status"] == 200, answer
        return answer["result"]

    def wait_for(self, kind: str, execution: str = "") -> Any:
        """Return the next event of a kind."""
        while True:
            message = self.events.pop(0) if self.events else self.socket.next()
            event = message.get("event", {})
            if event.get("e") == kind and event.get("x", "") == execution:
                return message


def test_an_answer_has_id_status_result_and_limits(binance: Binance) -> None:
    with binance.connect("/ws-api/v3") as socket:
        answer = socket.ask("ping", request_id="one")
        assert answer["id"] == "one"
        assert (answer["status"], answer["result"]) == (200, {})
        assert "rateLimits" in answer
        depth = socket.ask("v3/depth", {"symbol": "BTCUSDT", "limit": "5"})
        assert depth["result"]["lastUpdateId"] >= 0
        quiet = socket.ask("time", {"returnRateLimits": False})
        assert "rateLimits" not in quiet


def test_limits_can_be_left_out_and_times_be_finer_by_the_address(binance: Binance) -> None:
    path = "/ws-api/v3?returnRateLimits=false&timeUnit=MICROSECOND"
    with binance.connect(path) as socket:
        answer = socket.ask("time")
    assert "rateLimits" not in answer
    assert len(str(answer["result"]["serverTime"])) == 16


@pytest.mark.parametrize(
    ("method", "parameters", "code", "text"),
    [
        ("nothing", {}, -1130, "Data sent for parameter 'method' is not valid."),
        ("depth", {}, -1102, missing("symbol")),
        ("depth", {"symbol": "NONE"}, -1121, "Invalid symbol."),
        ("account.status", {}, -1102, missing("apiKey")),
        (
            "order.place", {"apiKey": "x", "timestamp": 1, "signature": "y"}, -1021,
            "Timestamp for this request is outside of the recvWindow.",
        ),
        ("userDataStream.subscribe", {}, -1102, missing("apiKey")),
        (
            "userDataStream.unsubscribe", {}, -2036,
            "User Data Stream subscription not active.",
        ),
        ("session.logon", {}, -1102, missing("apiKey")),
        (
            "referencePrice", {"symbol": "BTCUSDT"}, -2043,
            "This symbol doesn't have a reference price.",
        ),
    ],
)  # fmt: skip
def test_faults(
    binance: Binance, method: str, parameters: dict[str, object], code: int, text: str
) -> None:
    with binance.connect("/ws-api/v3") as socket:
        answer = socket.ask(method, parameters)
    assert (answer["status"], answer["error"]) == (400, {"code": code, "msg": text})


def test_frame_that_is_no_request(binance: Binance) -> None:
    with binance.connect("/ws-api/v3") as socket:
        answers = [socket.send(text) for text in ("{", "[]", "7")]
    assert [(answer["id"], answer["status"], answer["error"]) for answer in answers] == [
        (None, 400, {"code": -1135, "msg": "Invalid JSON Request"})
    ] * 3


def test_who_has_logged_on_needs_no_signature_any_more(binance: Binance) -> None:
    with binance.connect("/ws-api/v3") as socket:
        client = Client(socket)
        before = client.call("session.status")["result"]
        assert (before["apiKey"], before["authorizedSince"]) == (None, None)
        logged_on = client.call("session.logon", **client.sign())["result"]
        assert logged_on["apiKey"] == client.account
        now = time.time_ns() // 1_000_000
        answer = client.call("openOrders.status", timestamp=now)
        assert (answer["status"], answer["result"]) == (200, [])
        assert client.call("openOrders.status")["error"]["code"] == -1102
        assert client.call("session.logout")["result"]["apiKey"] is None
        assert client.call("openOrders.status", timestamp=now)["error"]["code"] == -1102


def test_an_order_and_its_events_come_in_order(binance: Binance, trader: Trader) -> None:
    with binance.connect("/ws-api/v3") as socket:
        client = Client(socket)
        answer = client.call("userDataStream.subscribe.signature", **client.sign())
        assert answer["result"] == {"subscriptionId": 0}
        again = client.call("userDataStream.subscribe.signature", **client.sign())
        text = "User Data Stream subscription already active."
        assert again["error"] == {"code": -2035, "msg": text}
        order = client.order(side="BUY", price="53000", quantity="0.02", newClientOrderId="bot7-31")
        trader.order("sell", "0.005", "53000")
        new = client.wait_for("executionReport", "NEW")
        fill = client.wait_for("executionReport", "TRADE")
        cancel = client.sign(symbol="BTCUSDT", orderId=order["orderId"])
        assert client.call("order.cancel", **cancel)["status"] == 200
        end = client.wait_for("executionReport", "CANCELED")
        assert client.call("userDataStream.unsubscribe", subscriptionId="0")["result"] == {}
        assert client.wait_for("eventStreamTerminated")["subscriptionId"] == 0
    assert new["subscriptionId"] == 0
    reports = [each["event"] for each in (new, fill, end)]
    assert [each["X"] for each in reports] == ["NEW", "PARTIALLY_FILLED", "CANCELED"]
    assert [each["z"] for each in reports] == ["0.00000000", "0.00500000", "0.00500000"]
    assert {each["i"] for each in reports} == {order["orderId"]}
    assert sorted(each["I"] for each in reports) == [each["I"] for each in reports]
    assert (reports[1]["l"], reports[1]["L"], reports[1]["m"], reports[1]["Y"]) == (
        "0.00500000", "53000.00000000", True, "265.00000000",
    )  # fmt: skip
    assert [each["w"] for each in reports] == [True, True, False]
    assert reports[2]["C"] == "bot7-31"


def test_events_of_a_trailing_stop_tell_since_when_it_follows(
    binance: Binance, trader: Trader
) -> None:
    def trade_at(price: str) -> None:
        trader.order("sell", "0.001", price)
        trader.order("buy", "0.001", price)

    trade_at("53000")
    stop: dict[str, object] = {
        "symbol": "BTCUSDT", "side": "SELL", "type": "TAKE_PROFIT", "quantity": "0.02",
        "trailingDelta": 1000, "stopPrice": "54000", "newOrderRespType": "RESULT",
    }  # fmt: skip
    with binance.connect("/ws-api/v3") as socket:
        client = Client(socket)
        client.call("userDataStream.subscribe.signature", **client.sign())
        assert client.call("order.test", **client.sign(**stop))["result"] == {}
        placed = client.call("order.place", **client.sign(**stop))["result"]
        trade_at("54000")
        trade_at("60000")
        trader.order("buy", "0.02", "53000")
        trade_at("54000")
        kinds = ("NEW", "NEW", "NEW", "TRADE")
        reports = [client.wait_for("executionReport", each)["event"] for each in kinds]
    assert (placed["trailingDelta"], placed["trailingTime"]) == (1000, -1)
    waiting, *later = reports
    assert "D" not in waiting
    assert {each["D"] for each in later} == {later[0]["T"]}
    assert {(each["d"], each["P"], each["i"]) for each in reports} == {
        (1000, "54000.00000000", placed["orderId"])
    }
    assert ["W" in each for each in reports] == [False, False, True, True]
    assert (later[-1]["X"], later[-1]["L"]) == ("FILLED", "53000.00000000")


def test_a_listen_key_is_a_stream_of_the_account(binance: Binance) -> None:
    headers = {"X-MBX-APIKEY": "listener"}
    url = "/api/v3/userDataStream"
    key = binance.http.post(url, headers=headers).json()["listenKey"]
    assert len(key) == 60
    assert binance.http.post(url, headers=headers).json()["listenKey"] == key
    assert binance.http.put(url, params={"listenKey": key}, headers=headers).json() == {}
    unknown = binance.http.put(url, params={"listenKey": "x"}, headers=headers).json()
    assert unknown["code"] == -1125
    with (
        binance.connect(f"/ws/{key}") as bare,
        binance.connect(f"/stream?streams={key}") as combined,
        binance.connect("/ws-api/v3") as socket,
    ):
        assert bare.ask("LIST_SUBSCRIPTIONS")["result"] == [key]
        client = Client(socket)
        client.account = "listener"
        first = client.order(side="BUY", price="40000", quantity="0.01")
        wrapped = combined.next()
        assert wrapped == {"stream": key, "data": wrapped["data"]}
        for event in (bare.next(), wrapped["data"]):
            assert (event["e"], event["i"]) == ("executionReport", first["orderId"])
        with binance.connect("/ws") as later:
            assert later.ask("SUBSCRIBE", [key]) == {"result": None, "id": 1}
            client.call("openOrders.cancelAll", **client.sign(symbol="BTCUSDT"))
            assert later.next()["X"] == "CANCELED"
