"""Klines: candles of an interval, folded from finer ones, without holes, as rows."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from binance_gateway.market.intervals import Interval
from binance_gateway.market.texts import MarketTexts
from market_data.market.candles import Candle

UNUSED = "0"
"""The last field of a kline, which means nothing any more."""


class KlineRange(NamedTuple):
    """Klines that begin from `first` on and before `end`; both are beginnings of intervals."""

    first: int
    end: int


def choose_range(
    interval: Interval, shift: int, now: int, start: int | None, end: int | None, limit: int
) -> KlineRange:
    """Return which klines are asked for, by when they begin, at most `limit`.

    With `start` the oldest of them, else the newest. The last one is the running one.
    """
    last = interval.align(now if end is None else min(now, end), shift)
    stop = interval.move(last, 1, shift)
    if start is None:
        return KlineRange(interval.move(last, 1 - limit, shift), stop)
    first = interval.align(start, shift)
    if first < start:
        first = interval.move(first, 1, shift)
    return KlineRange(first, min(stop, interval.move(first, limit, shift)))


def shorten(
    chosen: KlineRange, interval: Interval, shift: int, longest: int, *, keeps_first: bool
) -> KlineRange:
    """Return the oldest klines, else the newest, that make at most `longest` microseconds."""
    first, end = chosen
    if end - first <= longest:
        return chosen
    if keeps_first:
        return KlineRange(first, interval.align(first + longest, shift))
    return KlineRange(interval.move(interval.align(end - longest, shift), 1, shift), end)


def fold_klines(
    finer: Iterable[Candle], interval: Interval, shift: int, asked: KlineRange, close: int | None
) -> Iterator[Candle]:
    """Yield one candle for each interval of `asked`, of `finer` ones in order of time.

    One without trades is flat at the close before; `close` is that of the first, None if nothing
    had traded: then the first candle is the first with trades.
    """
    start = asked.first
    for candle in _fold(finer, interval, shift):
        yield from _make_flat(interval, shift, start, candle.start, close)
        yield candle
        start, close = interval.move(candle.start, 1, shift), candle.close
    yield from _make_flat(interval, shift, start, asked.end, close)


def _fold(finer: Iterable[Candle], interval: Interval, shift: int) -> Iterator[Candle]:
    folded: Candle | None = None
    for candle in finer:
        if not candle.trades:
            continue
        start = interval.align(candle.start, shift)
        if folded is not None and folded.start == start:
            folded.append(candle)
            continue
        if folded is not None:
            yield folded
        folded = replace(candle, start=start)
    if folded is not None:
        yield folded


def _make_flat(
    interval: Interval, shift: int, start: int, end: int, close: int | None
) -> Iterator[Candle]:
    while close is not None and start < end:
        yield Candle.flat(start, close)
        start = interval.move(start, 1, shift)


def describe_row(candle: Candle, end: int, texts: MarketTexts, unit: int) -> list[object]:
    """Return the 12 values of a kline that ends before `end`; `unit`: microseconds of its times."""
    return [
        candle.start // unit,
        texts.price(candle.open),
        texts.price(candle.high),
        texts.price(candle.low),
        texts.price(candle.close),
        texts.quantity(candle.volume),
        end // unit - 1,
        texts.notional(candle.notional),
        candle.trades,
        texts.quantity(candle.taker_buy_volume),
        texts.notional(candle.taker_buy_notional),
        UNUSED,
    ]
