"""Candles of intervals in which nothing traded: flat, at the close before."""

from collections.abc import Iterable, Iterator

from archive.candles import MICROSECONDS, Candle


def fill_holes(
    candles: Iterable[Candle], seconds: int, start: int, end: int, before: Candle | None
) -> Iterator[Candle]:
    """One candle for each interval from `start` until before `end`, both multiples of it.

    Where nothing traded, a flat one at the close of the last that has trades, which is `before` at
    the beginning; none before the first price is known.
    """
    step = seconds * MICROSECONDS
    for candle in candles:
        yield from _make_flat(before, start, candle.start, step)
        yield candle
        start, before = candle.start + step, candle
    yield from _make_flat(before, start, end, step)


def _make_flat(before: Candle | None, start: int, end: int, step: int) -> Iterator[Candle]:
    """Zeros have the places of the sums that they follow."""
    if before is not None:
        close, volume, quote_volume = before.close, before.volume * 0, before.quote_volume * 0
        for moment in range(start, end, step):
            yield Candle(moment, close, close, close, close, volume, quote_volume, 0)
