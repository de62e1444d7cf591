"""Fills intervals in which nothing traded with flat candles at the close before."""

from collections.abc import Iterable, Iterator

from archive.candles import MICROSECONDS, Candle


def fill_holes(
    candles: Iterable[Candle], seconds: int, start: int, end: int, before: Candle | None
) -> Iterator[Candle]:
    """Yield a candle for each interval from `start` on and before `end`, both multiples of it.

    If nothing traded, it is flat at the close of the last candle with trades, which is `before` at
    the beginning. Intervals before the first price have none.
    """
    step = seconds * MICROSECONDS
    for candle in candles:
        yield from _make_flat(before, start, candle.start, step)
        yield candle
        start, before = candle.start + step, candle
    yield from _make_flat(before, start, end, step)


def _make_flat(before: Candle | None, start: int, end: int, step: int) -> Iterator[Candle]:
    """Yield flat candles, whose zeros have as many decimals as the sums of `before`."""
    if before is not None:
        close, nothing = before.close, (before.volume * 0, before.quote_volume * 0)
        for moment in range(start, end, step):
            yield Candle(moment, close, close, close, close, *nothing, 0, *nothing, 0, 0)
