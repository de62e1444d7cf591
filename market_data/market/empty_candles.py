"""Candles of intervals in which nothing traded: flat, at the last price before."""

from collections.abc import Iterable, Iterator

from market_data.market.candles import Candle


def fill_holes(
    traded: Iterable[Candle], start: int, end: int, step: int, close: int | None
) -> Iterator[Candle]:
    """One candle for each interval from `start` until before `end`, once there is a price."""
    for candle in traded:
        yield from _make_flat(start, candle.start, step, close)
        yield candle
        start, close = candle.start + step, candle.close
    yield from _make_flat(start, end, step, close)


def _make_flat(start: int, end: int, step: int, close: int | None) -> Iterator[Candle]:
    if close is not None:
        for moment in range(start, end, step):
            yield Candle.flat(moment, close)
