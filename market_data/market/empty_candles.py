"""Fills intervals in which nothing traded with flat candles at the last price before."""

from collections.abc import Iterable, Iterator

from market_data.market.candles import Candle


def fill_holes(
    traded: Iterable[Candle], start: int, end: int, step: int, close: int | None
) -> Iterator[Candle]:
    """Yield a candle for each interval from `start` on and before `end`.

    `close` is the last price before `start`; None: nothing had traded, and the first candle is the
    first of `traded`.
    """
    for candle in traded:
        yield from _make_flat(start, candle.start, step, close)
        yield candle
        start, close = candle.start + step, candle.close
    yield from _make_flat(start, end, step, close)


def _make_flat(start: int, end: int, step: int, close: int | None) -> Iterator[Candle]:
    if close is not None:
        for moment in range(start, end, step):
            yield Candle.flat(moment, close)
