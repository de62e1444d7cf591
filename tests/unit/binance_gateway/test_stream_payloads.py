"""Every message of every stream, as the specification's examples have it, but for `E`."""

import json
from typing import Any

import pytest

from binance_gateway.streams import readers as readers_module
from binance_gateway.streams.publisher import Form
from binance_gateway.streams.readers import Readers
from binance_gateway.words.times import TimeUnit
from market_data.fanout.subscriber import Subscriber
from market_data.market.market import Market
from protocol.enums import Side
from protocol.events import PublicEvent
from protocol.exchange_clock import MANUAL_START
from tests.unit.binance_gateway.markets import (
    EXAMPLE,
    make_bbo,
    make_board,
    make_delta,
    make_market,
    make_trade,
)

MINUTE, SECOND = 60_000_000, 1_000_000
RAW = Form(False, TimeUnit.MILLISECOND)


class Stage:
    """A market, one reader, and what it has been written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, form: Form = RAW) -> None:
        monkeypatch.setattr(readers_module, "_call_soon", lambda flush: self._flushes.append(flush))
        self._flushes: list[Any] = []
        self._written: list[bytes] = []
        self._form = form
        self.market: Market = make_market()
        self.readers = Readers(make_board(self.market), 1 << 20)
        self.announcer = self.readers.make_announcer()
        self.reader = Subscriber(
            self._written.append, lambda *_: None, lambda *_: None, self.readers.stats
        )

    def read(self, *names: str) -> None:
        self.readers.add(self.reader, self._form, names)

    def commit(self, *events: PublicEvent) -> None:
        """Apply events as one message, and tell of them."""
        for event in events:
            self.market.apply(event)
            self.announcer.announce(event)
        self.announcer.end_message()

    def tell(self, turn: int) -> None:
        self.readers.tell(turn)

    def take(self) -> list[Any]:
        """Return what was written since the last call, without `E`."""
        self.readers.flush()
        messages = [json.loads(text) for text in split_frames(b"".join(self._written))]
        self._written.clear()
        for message in messages:
            (message.get("data", message) if isinstance(message, dict) else {}).pop("E", None)
        return messages


def split_frames(data: bytes) -> list[bytes]:
    found = []
    while data:
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4]), 4
        found.append(data[start : start + length])
        data = data[start + length :]
    return found


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def test_trade_and_aggregate(stage: Stage) -> None:
    stage.market["BTC-USDT"].last_trade_id = 87
    stage.read("btcusdt@trade", "btcusdt@aggTrade")
    quantities = ("0.00500", "0.00600", "0.00100")
    stage.commit(*(make_trade(88 + at, "59999.90", each) for at, each in enumerate(quantities)))
    *trades, aggregate = stage.take()
    assert trades[0] == {
        "e": "trade", "s": "BTCUSDT", "t": 88, "p": "59999.90000000", "q": "0.00500000",
        "T": 1769000000128, "m": False, "M": True,
    }  # fmt: skip
    assert aggregate == {
        "e": "aggTrade", "s": "BTCUSDT", "a": 88, "p": "59999.90000000", "q": "0.01200000",
        "f": 88, "l": 90, "T": 1769000000128, "m": False, "M": True,
    }  # fmt: skip


def test_best_prices_of_one_symbol_and_of_all(stage: Stage) -> None:
    stage.read("btcusdt@bookTicker", "!bookTicker")
    stage.commit(make_bbo(812, "60000.10", "0.01500", None, None))
    expected = {
        "u": 812, "s": "BTCUSDT", "b": "60000.10000000", "B": "0.01500000",
        "a": "0.00000000", "A": "0.00000000",
    }  # fmt: skip
    assert stage.take() == [expected, expected]


def test_diffs_of_both_speeds_continue_without_a_gap(stage: Stage) -> None:
    stage.read("btcusdt@depth", "btcusdt@depth@100ms", "btcusdt@depth5")
    stage.commit(make_delta(1, 2, [("60000.10", "0.01500")], [("59999.90", "0.30000")]))
    stage.tell(1)
    assert stage.take() == [
        {
            "e": "depthUpdate", "s": "BTCUSDT", "U": 1, "u": 2,
            "b": [["60000.10000000", "0.01500000"]], "a": [["59999.90000000", "0.30000000"]],
        }
    ]  # fmt: skip
    stage.tell(2)
    assert stage.take() == []
    stage.commit(make_delta(3, 3, asks=[("59999.90", "0")]))
    stage.tell(10)
    short, long, partial = stage.take()
    assert (short["U"], short["u"], short["a"]) == (3, 3, [["59999.90000000", "0.00000000"]])
    assert (long["U"], long["u"]) == (1, 3)
    assert long["a"] == short["a"]
    assert partial == {
        "lastUpdateId": 3, "bids": [["60000.10000000", "0.01500000"]], "asks": [],
    }  # fmt: skip
    stage.tell(20)
    assert stage.take() == []


def test_a_kline_runs_and_ends(stage: Stage) -> None:
    stage.read("btcusdt@kline_1m")
    start = EXAMPLE // MINUTE * MINUTE
    stage.market.quiet_until = start
    stage.tell(10)
    stage.commit(make_trade(1, "59990.00", "0.20000", start + 5))
    stage.commit(make_trade(2, "59999.90", "0.21200", start + 6, side=Side.SELL))
    stage.tell(20)
    (running,) = stage.take()
    assert running == {
        "e": "kline", "s": "BTCUSDT",
        "k": {
            "t": start // 1000, "T": start // 1000 + 59_999, "s": "BTCUSDT", "i": "1m",
            "f": 1, "L": 2, "o": "59990.00000000", "c": "59999.90000000", "h": "59999.90000000",
            "l": "59990.00000000", "v": "0.41200000", "n": 2, "x": False, "q": "24717.97880000",
            "V": "0.20000000", "Q": "11998.00000000", "B": "0",
        },
    }  # fmt: skip
    stage.market.quiet_until = start + 2 * MINUTE + SECOND
    stage.tell(30)
    closed, empty = (each["k"] for each in stage.take())
    assert (closed["x"], closed["n"], closed["t"]) == (True, 2, start // 1000)
    assert (empty["x"], empty["n"], empty["f"], empty["L"]) == (True, 0, -1, -1)
    assert {empty[each] for each in "ochl"} == {"59999.90000000"}


def test_tickers_tell_a_day_with_its_average_and_the_trade_before(stage: Stage) -> None:
    begin = EXAMPLE // MINUTE * MINUTE
    stage.commit(make_trade(1, "59499.00", "1.00000", begin - 1_500 * MINUTE))
    stage.commit(make_trade(2, "59500.00", "0.50000", begin))
    stage.commit(make_trade(3, "59999.90", "0.00500", begin + 7))
    stage.commit(make_bbo(5, "60000.10", "0.01500", "60002.00", "0.30000"))
    stage.read("btcusdt@ticker", "btcusdt@miniTicker", "btcusdt@ticker_1h", "!miniTicker@arr")
    stage.tell(10)
    array, mini, hour, day = sort_by_event(stage.take())
    assert mini == {
        "e": "24hrMiniTicker", "s": "BTCUSDT", "c": "59999.90000000", "o": "59500.00000000",
        "h": "59999.90000000", "l": "59500.00000000", "v": "0.50500000", "q": "30049.99950000",
    }  # fmt: skip
    assert [each["s"] for each in array] == ["BTCUSDT", "ETHUSDT"]
    assert day == {
        "e": "24hrTicker", "s": "BTCUSDT", "p": "499.90000000", "P": "0.840",
        "w": "59504.94950495", "x": "59499.00000000", "c": "59999.90000000", "Q": "0.00500000",
        "b": "60000.10000000", "B": "0.01500000", "a": "60002.00000000", "A": "0.30000000",
        "o": "59500.00000000", "h": "59999.90000000", "l": "59500.00000000", "v": "0.50500000",
        "q": "30049.99950000", "O": day["C"] - 86_400_000, "C": day["C"], "F": 2, "L": 3, "n": 2,
    }  # fmt: skip
    assert (hour["e"], hour["o"], hour["n"]) == ("1hTicker", "59500.00000000", 2)
    stage.tell(20)
    assert stage.take() == []


def sort_by_event(messages: list[Any]) -> list[Any]:
    return sorted(messages, key=lambda each: "" if isinstance(each, list) else KEYS[each["e"]])


KEYS = {"24hrMiniTicker": "1", "1hTicker": "2", "24hrTicker": "3"}


def test_average_and_reference_price(stage: Stage) -> None:
    stage.commit(make_trade(1, "59997.00", "0.50000"))
    stage.read("btcusdt@avgPrice", "btcusdt@referencePrice", "btcusdt@blockTrade")
    stage.tell(10)
    average, reference = stage.take()
    assert average == {
        "e": "avgPrice", "s": "BTCUSDT", "i": "5m", "w": "59997.00000000", "T": 1769000000128,
    }  # fmt: skip
    assert (reference["e"], reference["s"], reference["r"]) == ("referencePrice", "BTCUSDT", None)


def test_a_combined_message_names_its_stream_and_may_have_finer_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(monkeypatch, Form(True, TimeUnit.MICROSECOND))
    stage.read("btcusdt@trade")
    stage.commit(make_trade(1, "59997.00", "0.50000"))
    (message,) = stage.take()
    assert message["stream"] == "btcusdt@trade"
    assert message["data"]["T"] == EXAMPLE


def test_what_nobody_reads_is_not_told_and_what_is_silent_stays_so(stage: Stage) -> None:
    stage.read("BTCUSDT@trade", "nothing@trade", "0")
    assert not stage.reader.streams
    stage.commit(make_trade(1, "59997.00", "0.50000"))
    stage.tell(10)
    assert stage.take() == []


def test_the_farewell_has_the_readers_form_and_the_exchanges_time() -> None:
    market = make_market()
    market.clock.note(b"manual", None)
    readers = Readers(make_board(market), 1 << 20)
    raw = json.loads(split_frames(readers.render_farewell(RAW))[0])
    assert raw == {"e": "serverShutdown", "E": MANUAL_START // 1_000}
    (combined,) = split_frames(readers.render_farewell(Form(True, TimeUnit.MILLISECOND)))
    assert json.loads(combined)["stream"] == "!serverShutdown"


class FakeConnection:
    """Notes how it was ended."""

    def __init__(self) -> None:
        self.ends: list[int] = []

    def end(self, code: int, _reason: str) -> None:
        self.ends.append(code)


def test_a_book_that_is_built_anew_ends_every_connection(stage: Stage) -> None:
    connection = FakeConnection()
    stage.readers.enter(connection)  # type: ignore[arg-type]
    stage.read("btcusdt@depth@100ms")
    stage.commit(make_delta(1, 2, [("60000.10", "0.01500")]))
    stage.announcer.note_rebuild(is_same_exchange=True)
    stage.tell(1)
    assert connection.ends == [1012]
    assert stage.take() == []
