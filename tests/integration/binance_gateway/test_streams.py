"""Streams of a running exchange: what is traded natively is told in Binance's words."""

import json

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.binance_process import Binance, Socket
from tests.support.trader import Trader


def next_of(socket: Socket, kind: str) -> dict[str, object]:
    """Return the next bare event of a kind."""
    while True:
        message = socket.next()
        if message.get("e") == kind:
            return dict(message)


def test_a_trade_is_told_on_every_stream_that_it_concerns(binance: Binance, trader: Trader) -> None:
    names = "btcusdt@trade/btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@depth@100ms"
    with binance.connect(f"/stream?streams={names}") as socket:
        trader.order("sell", "0.5", "60000.10")
        trader.order("sell", "0.3", "60000.20")
        trader.order("buy", "0.7", "60000.20")
        found: dict[str, list[dict[str, object]]] = {name: [] for name in names.split("/")}
        while len(found["btcusdt@aggTrade"]) < 2 or not found["btcusdt@depth@100ms"]:
            message = socket.next()
            found[message["stream"]].append(message["data"])
    trades = found["btcusdt@trade"]
    told = [(each["p"], each["q"], each["m"], each["s"]) for each in trades]
    assert told == [
        ("60000.10000000", "0.50000000", False, "BTCUSDT"),
        ("60000.20000000", "0.20000000", False, "BTCUSDT"),
    ]
    assert [each["a"] for each in found["btcusdt@aggTrade"]] == [each["t"] for each in trades]
    assert all(isinstance(each["E"], int) and len(str(each["T"])) == 13 for each in trades)
    assert any(each["a"] == "60000.10000000" for each in found["btcusdt@bookTicker"])
    assert all("e" not in each for each in found["btcusdt@bookTicker"])


def test_a_book_is_kept_by_binances_own_recipe(binance: Binance, trader: Trader) -> None:
    with binance.connect("/ws/btcusdt@depth@100ms") as socket:
        trader.order("buy", "1", "50000")
        first = next_of(socket, "depthUpdate")
        snapshot = binance.get("depth", symbol="BTCUSDT", limit=5000)
        assert snapshot["lastUpdateId"] >= int(str(first["u"]))
        book = {side: dict(snapshot[side]) for side in ("bids", "asks")}
        last = snapshot["lastUpdateId"]
        trader.cancel_all()
        prices = [50_005 - number for number in range(5)]
        for price in prices:
            trader.order("buy", "0.1", f"{price}")
        bids = [[f"{price}.00000000", "0.10000000"] for price in prices]
        while (target := binance.get("depth", symbol="BTCUSDT", limit=5000))["bids"] != bids or (
            last < target["lastUpdateId"]
        ):
            event = next_of(socket, "depthUpdate")
            if int(str(event["u"])) <= last:
                continue
            assert int(str(event["U"])) <= last + 1
            for side, name in (("bids", "b"), ("asks", "a")):
                book[side].update(event[name])  # type: ignore[call-overload]
            last = int(str(event["u"]))
    for side in ("bids", "asks"):
        kept = {price: quantity for price, quantity in book[side].items() if quantity.strip("0.")}
        assert kept == dict(target[side])


def test_partial_books_and_tickers_tell_their_state_to_whoever_begins(
    binance: Binance, trader: Trader
) -> None:
    trader.order("buy", "1", "50000")
    trader.order("sell", "1", "50000")
    names = ["ethusdt@depth5@100ms", "btcusdt@ticker", "!miniTicker@arr", "btcusdt@ticker_1h",
             "btcusdt@avgPrice", "btcusdt@referencePrice"]  # fmt: skip
    with binance.connect("/stream") as socket:
        assert socket.ask("SUBSCRIBE", names) == {"result": None, "id": 1}
        found: dict[str, object] = {}
        while len(found) < len(names):
            message = socket.next()
            found[message["stream"]] = message["data"]
    book = found["ethusdt@depth5@100ms"]
    assert isinstance(book, dict)
    assert (book["bids"], book["asks"]) == ([], [])
    ticker = found["btcusdt@ticker"]
    assert isinstance(ticker, dict)
    assert ticker["c"] == "50000.00000000"
    assert ticker["C"] - ticker["O"] == 86_400_000
    reference = found["btcusdt@referencePrice"]
    assert isinstance(reference, dict)
    assert reference["r"] is None


def test_klines_are_told_while_they_run_and_once_at_their_end(
    binance: Binance, trader: Trader
) -> None:
    with binance.connect("/ws/solusdt@kline_1s") as socket:
        trader.order("buy", "2.5", "151", "SOL-USDT")
        trader.order("sell", "2.5", "151", "SOL-USDT")
        closed = next_of(socket, "kline")["k"]
        while not closed["x"] or not closed["n"]:  # type: ignore[index]
            closed = next_of(socket, "kline")["k"]
        following = next_of(socket, "kline")["k"]
    assert isinstance(closed, dict)
    assert isinstance(following, dict)
    assert (closed["c"], closed["v"], closed["V"]) == ("151.00000000", "2.50000000", "0.00000000")
    assert closed["f"] == closed["L"] > 0
    assert (following["t"], following["f"], following["n"]) == (closed["t"] + 1000, -1, 0)
    assert following["o"] == "151.00000000"


def test_requests_are_answered_bare_and_in_order(binance: Binance) -> None:
    with binance.connect("/stream") as socket:
        assert socket.ask("GET_PROPERTY", ["combined"]) == {"result": True, "id": 1}
        assert socket.ask("SUBSCRIBE", ["btcusdt@trade", "xxxyyy@trade"], "a1") == {
            "result": None,
            "id": "a1",
        }
        assert socket.ask("SUBSCRIBE", ["btcusdt@nothing"])["error"]["code"] == 2
        assert socket.ask("LIST_SUBSCRIPTIONS")["result"] == ["btcusdt@trade", "xxxyyy@trade"]
        assert socket.ask("UNSUBSCRIBE", ["btcusdt@trade", "ethusdt@trade"])["result"] is None
        assert socket.ask("LIST_SUBSCRIPTIONS")["result"] == ["xxxyyy@trade"]
        assert socket.ask("SET_PROPERTY", ["combined", False])["result"] is None
        assert socket.ask("GET_PROPERTY", ["combined"])["result"] is False
        too_many = [f"s{number}@trade" for number in range(1025)]
        assert socket.ask("SUBSCRIBE", too_many)["error"]["code"] == 2
        assert socket.send("{")["error"]["code"] == 3


def test_times_are_microseconds_where_that_is_asked_for(binance: Binance, trader: Trader) -> None:
    with binance.connect("/ws/btcusdt@trade?timeUnit=MICROSECOND") as socket:
        trader.order("buy", "0.1", "52000")
        trader.order("sell", "0.1", "52000")
        event = socket.next()
    assert len(str(event["E"])) == len(str(event["T"])) == 16


@pytest.mark.parametrize("path", ["/ws/0", "/stream/ws/0", "/stream/ws", "/ws"])
def test_an_address_with_no_stream_is_a_raw_connection(binance: Binance, path: str) -> None:
    with binance.connect(path) as socket:
        assert socket.ask("GET_PROPERTY", ["combined"])["result"] is False


def test_a_client_that_sends_too_much_is_closed(binance: Binance) -> None:
    request = json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 1})

    def ask_often() -> None:
        with binance.connect("/ws") as socket:
            for _ in range(40):
                socket.connection.send(request)
            while True:
                socket.next()

    with pytest.raises(ConnectionClosed) as caught:
        ask_often()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1008


@pytest.mark.parametrize(
    ("fault", "received"),
    [
        ({"fault": "drop", "times": 1}, [1, 2]),
        ({"fault": "duplicate", "times": 1}, [0, 0, 1, 2]),
        ({"fault": "reorder", "times": 1}, [1, 0, 2]),
        ({"fault": "delay", "times": 1, "milliseconds": 50}, [0, 1, 2]),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_messages_of_a_stream_meet_their_fault(
    binance: Binance, trader: Trader, fault: dict[str, object], received: list[int]
) -> None:
    rules = "/v1/admin/faults"
    rule = {**fault, "route": "WS /ws/btcusdt@trade", "contains": '"e":"trade"'}
    with binance.connect("/ws/btcusdt@trade") as socket:
        binance.http.post(rules, json=rule).raise_for_status()
        try:
            trader.order("sell", "0.3", "60000.10")
            for _ in range(3):
                trader.order("buy", "0.1", "60000.10")
            told = [int(str(next_of(socket, "trade")["t"])) for _ in received]
            [counted] = binance.http.get(rules).json()["faults"]
        finally:
            binance.http.delete(rules).raise_for_status()
    assert counted["injected"] == 1
    first = min(told) - min(received)
    assert [each - first for each in told] == received


def test_a_stream_that_is_broken_by_a_fault_is_opened_again(
    binance: Binance, trader: Trader
) -> None:
    rules = "/v1/admin/faults"
    binance.http.post(rules, json={"fault": "disconnect", "times": 1}).raise_for_status()
    try:
        with binance.connect("/ws/btcusdt@trade") as socket:
            trader.order("sell", "0.2", "60000.10")
            trader.order("buy", "0.1", "60000.10")
            with pytest.raises(ConnectionClosed):
                socket.next()
        with binance.connect("/ws/btcusdt@trade") as socket:
            trader.order("buy", "0.1", "60000.10")
            assert next_of(socket, "trade")["q"] == "0.10000000"
    finally:
        binance.http.delete(rules).raise_for_status()
