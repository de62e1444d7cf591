"""Publishes klines that have changed, and each once when it ends."""

from functools import partial

from binance_gateway.market.board import Board, Listing
from binance_gateway.market.intervals import KLINE_INTERVALS
from binance_gateway.market.klines import KlineRange, fold_klines
from binance_gateway.streams.names import Kind, parse_name
from binance_gateway.streams.payloads import describe_kline
from binance_gateway.streams.publisher import Publisher
from market_data.market.candles import Candle

_QUICK = "1s"
MAX_CLOSED = 1_000
"""Klines that are told as closed at once, after time has moved by many of them."""


class _Told:
    """What a stream has told: the running kline's beginning, and the last trade in it."""

    __slots__ = ("last_trade_id", "start")

    def __init__(self, start: int, last_trade_id: int) -> None:
        self.start = start
        self.last_trade_id = last_trade_id


class KlineAnnouncer:
    """Begins with what is known when a stream gets its first reader."""

    def __init__(self, board: Board, publisher: Publisher) -> None:
        self._board = board
        self._publisher = publisher
        self._told: dict[str, _Told] = {}

    def announce(self, *, is_even: bool) -> None:
        """Publish what is new; klines of more than a second only in each other call, `is_even`."""
        names = self._publisher.list_read_names()
        for name in [each for each in self._told if each not in names]:
            del self._told[name]
        for name in sorted(names):
            parsed = parse_name(name)
            if parsed is None or parsed.kind.name != "kline":
                continue
            listing = self._board.find(parsed.symbol)
            if listing is not None:
                self._announce(name, parsed.kind, listing, is_even=is_even)

    def _announce(self, name: str, kind: Kind, listing: Listing, *, is_even: bool) -> None:
        interval, shift = KLINE_INTERVALS[kind.detail], kind.shift
        start = interval.align(self._board.market.now, shift)
        last = listing.view.last_trade_id
        told = self._told.setdefault(name, _Told(start, last))
        closed_from = max(told.start, interval.move(start, -MAX_CLOSED, shift))
        if start > told.start:
            for candle in _list_klines(listing, kind, KlineRange(closed_from, start)):
                self._publish(name, kind, listing, candle, is_closed=True)
            told.start = start
        elif last == told.last_trade_id or not (is_even or kind.detail == _QUICK):
            return
        told.last_trade_id = last
        end = interval.move(start, 1, shift)
        for candle in _list_klines(listing, kind, KlineRange(start, end)):
            if candle.trades:
                self._publish(name, kind, listing, candle, is_closed=False)

    def _publish(
        self, name: str, kind: Kind, listing: Listing, candle: Candle, *, is_closed: bool
    ) -> None:
        end = KLINE_INTERVALS[kind.detail].move(candle.start, 1, kind.shift)
        describe = partial(
            describe_kline, candle, end, kind.detail, listing.texts, self._board.market.clock.now(),
            is_closed=is_closed,
        )  # fmt: skip
        self._publisher.publish(name, describe)


def _list_klines(listing: Listing, kind: Kind, asked: KlineRange) -> list[Candle]:
    interval, shift = KLINE_INTERVALS[kind.detail], kind.shift
    series = listing.view.prices.series[interval.choose_base(shift)]
    finer = series.list_traded(*asked)
    return list(fold_klines(finer, interval, shift, asked, series.find_close(asked.first)))
