"""One candle, in whole ticks and lots, and the intervals that there are."""

from dataclasses import dataclass

CANDLES_KEPT = 1_500
"""Candles with trades that an interval remembers; the oldest goes first. A day of minutes fits."""
MICROSECONDS = 1_000_000
INTERVALS = {
    "1s": 1,
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
}
"""Name to seconds; each is a multiple of the one before."""


@dataclass(slots=True)
class Candle:
    """What traded from `start` on (microseconds); prices in ticks, `notional` in ticks * lots.

    `taker_buy_…` is the part that takers bought; trade ids are 0 if nothing traded.
    """

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    notional: int
    trades: int
    taker_buy_volume: int = 0
    taker_buy_notional: int = 0
    first_trade_id: int = 0
    last_trade_id: int = 0

    @classmethod
    def of_trade(
        cls, start: int, price: int, quantity: int, trade_id: int = 0, *, is_taker_buy: bool = False
    ) -> "Candle":
        """Make a candle of its first trade."""
        notional = price * quantity
        bought = (quantity, notional) if is_taker_buy else (0, 0)
        sums = (quantity, notional, 1, *bought, trade_id, trade_id)
        return cls(start, price, price, price, price, *sums)

    @classmethod
    def flat(cls, start: int, close: int) -> "Candle":
        """Make a candle in which nothing traded."""
        return cls(start, close, close, close, close, 0, 0, 0)

    def take(
        self, price: int, quantity: int, trade_id: int = 0, *, is_taker_buy: bool = False
    ) -> None:
        """Add a later trade."""
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        notional = price * quantity
        self.volume += quantity
        self.notional += notional
        self.trades += 1
        if is_taker_buy:
            self.taker_buy_volume += quantity
            self.taker_buy_notional += notional
        self.last_trade_id = trade_id

    def append(self, later: "Candle") -> None:
        """Add what traded later; both candles have trades."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.notional += later.notional
        self.trades += later.trades
        self.taker_buy_volume += later.taker_buy_volume
        self.taker_buy_notional += later.taker_buy_notional
        self.last_trade_id = later.last_trade_id
