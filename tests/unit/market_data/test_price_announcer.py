import json
from collections.abc import Callable

from msgspec import structs

from market_data.fanout.hub import Hub
from market_data.fanout.hub_stats import HubStats
from market_data.fanout.price_announcer import PriceAnnouncer
from market_data.fanout.price_renderer import PriceRenderer
from market_data.fanout.streams import Stream
from market_data.fanout.subscriber import Subscriber
from market_data.market.market import Market
from protocol.timestamps import format_timestamp
from tests.unit.market_data.markets import BTC, make_instruments, trade

SECOND = 1_000_000
NOON = 1_700_000_000 * SECOND
CANDLES = Stream("candles_1s", BTC)


class Setup:
    """A market, a reader of `streams`, and what it was written."""

    def __init__(self, *streams: Stream) -> None:
        self.market = Market(make_instruments())
        self.market.is_complete = True
        turns: list[Callable[[], None]] = []
        self.hub = Hub(turns.append, lambda _: None, HubStats())
        self.renderer = PriceRenderer(self.market)
        self.announcer = PriceAnnouncer(self.market, self.hub, self.renderer)
        self.written: list[bytes] = []
        reader = Subscriber(self.written.append, lambda *_: None, lambda *_: None, HubStats())
        self.hub.add(reader, streams)

    def trade(self, second: float) -> None:
        trade_id = self.market[BTC].last_trade_id + 1
        stamp = format_timestamp(NOON + int(second * SECOND))
        self.market.apply(structs.replace(trade(trade_id), timestamp=stamp))

    def announce(self) -> list[tuple[int, int, bool]]:
        """Second, trades and is_closed of each candle that is told."""
        self.written.clear()
        self.announcer.announce()
        self.hub.flush()
        return [
            (_second(each["data"]["start"]), each["data"]["trades"], each["data"]["is_closed"])
            for each in map(json.loads, _list_json(b"".join(self.written)))
        ]


def _second(start: str) -> int:
    return int(start[17:19]) - int(format_timestamp(NOON)[17:19])


def _list_json(data: bytes) -> list[bytes]:
    texts, position = [], 0
    while position < len(data):
        length, start = data[position + 1], position + 2
        if length == 126:
            length, start = int.from_bytes(data[start : start + 2]), start + 2
        texts.append(data[start : start + length])
        position = start + length
    return texts


def test_an_open_candle_is_told_when_it_changes_and_closed_once() -> None:
    setup = Setup(CANDLES)
    assert setup.announce() == []
    setup.trade(0.1)
    assert setup.announce() == [(0, 1, False)]
    assert setup.announce() == []
    setup.trade(0.5)
    setup.trade(3.0)
    assert setup.announce() == [(0, 2, True), (1, 0, True), (2, 0, True), (3, 1, False)]
    assert setup.announce() == []


def test_a_quiet_engine_closes_candles_and_a_late_trade_corrects_them() -> None:
    setup = Setup(CANDLES)
    setup.trade(0.1)
    setup.announce()
    setup.market.quiet_until = NOON + 2 * SECOND
    assert setup.announce() == [(0, 1, True), (1, 0, True), (2, 0, False)]
    setup.trade(0.9)
    assert setup.announce() == [(0, 2, True), (1, 0, True), (2, 0, False)]


def test_a_market_built_anew_repeats_no_candle() -> None:
    setup = Setup(CANDLES)
    setup.trade(0.1)
    setup.trade(1.1)
    setup.announce()
    setup.market.clear()
    setup.trade(0.1)
    setup.trade(1.1)
    setup.trade(2.1)
    setup.market.is_complete = True
    setup.announcer.start_over(setup.market, is_same_exchange=True)
    assert setup.announce() == [(1, 1, True), (2, 1, False)]


def test_a_reader_that_was_behind_gets_the_candles_from_the_first_missed_one() -> None:
    setup = Setup()
    for second in (0.0, 1.0, 3.0):
        setup.trade(second)
    setup.announce()
    frames = setup.renderer.render_candles(CANDLES, NOON + SECOND)
    assert frames is not None
    starts = [_second(json.loads(each)["data"]["start"]) for each in _list_json(frames)]
    assert starts == [1, 2, 3]
