"""What traded in a window of time: the figures of tickers."""

from collections.abc import Sequence
from typing import NamedTuple

from market_data.market.candles import Candle

MINUTE = 60_000_000
DAY = 1_440 * MINUTE


class Figures(NamedTuple):
    """Prices in ticks, volume in lots, notional in ticks * lots.

    Without trades all prices are the last that is known, 0 before the first, and the ids -1.
    `before` is the price of the trade before the window, 0 if there was none.
    """

    open: int
    high: int
    low: int
    last: int
    before: int
    volume: int
    notional: int
    trades: int
    first_id: int
    last_id: int

    @property
    def change(self) -> int:
        """From the first price to the last."""
        return self.last - self.open


def sum_up(traded: Sequence[Candle], before: int | None) -> Figures:
    """Sum up candles with trades; `before` is the last price before them."""
    flat = before or 0
    if not traded:
        return Figures(flat, flat, flat, flat, flat, 0, 0, 0, -1, -1)
    first, last = traded[0], traded[-1]
    return Figures(
        first.open,
        max(each.high for each in traded),
        min(each.low for each in traded),
        last.close,
        flat,
        sum(each.volume for each in traded),
        sum(each.notional for each in traded),
        sum(each.trades for each in traded),
        first.first_trade_id,
        last.last_trade_id,
    )
