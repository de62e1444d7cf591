"""Folds trades into base candles, and base candles into coarser ones, exactly.

There is a base row for each second, each minute and each hour in which something traded. Seconds
make any interval possible; minutes and hours keep a day's candle from reading 86,400 rows. Writing
all three costs little: a page of the journal touches only a few of them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import NamedTuple

RESOLUTIONS = (1, 60, 3600)
"""Seconds of a base row; each is a multiple of the one before."""
MICROSECONDS = 1_000_000

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_INTERVAL = re.compile(r"([1-9]\d{0,5})([smhdw])", re.ASCII)
_exact = Context(prec=200, traps=[Inexact, InvalidOperation])


class TradeValues(NamedTuple):
    """The values of a trade that a candle is made of; `timestamp` in microseconds."""

    symbol: str
    price: str
    quantity: str
    timestamp: int
    trade_id: int
    is_taker_buy: bool


@dataclass(slots=True)
class Candle:
    """What traded between `start` (microseconds) and `start` plus its interval.

    `taker_buy_…` is the part of the volumes that takers bought; trade ids are 0 if nothing traded.
    """

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote_volume: Decimal
    trades: int
    taker_buy_volume: Decimal
    taker_buy_quote_volume: Decimal
    first_trade_id: int
    last_trade_id: int

    def append(self, later: "Candle") -> None:
        """Add what traded later."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume = _exact.add(self.volume, later.volume)
        self.quote_volume = _exact.add(self.quote_volume, later.quote_volume)
        self.trades += later.trades
        self.taker_buy_volume = _exact.add(self.taker_buy_volume, later.taker_buy_volume)
        self.taker_buy_quote_volume = _exact.add(
            self.taker_buy_quote_volume, later.taker_buy_quote_volume
        )
        self.first_trade_id = self.first_trade_id or later.first_trade_id
        self.last_trade_id = later.last_trade_id

    def at(self, start: int) -> "Candle":
        """Return a copy in an interval that begins at `start`."""
        return replace(self, start=start)


def fold_trades(trades: Iterable[TradeValues]) -> dict[tuple[str, int], list[Candle]]:
    """Fold trades, which are in order of time, into base candles by symbol and resolution."""
    folded: dict[tuple[str, int], list[Candle]] = {}
    for trade in trades:
        seconds = folded.setdefault((trade.symbol, RESOLUTIONS[0]), [])
        _append(seconds, _to_candle(trade), RESOLUTIONS[0])
    for (symbol, finer), found in list(folded.items()):
        for resolution in RESOLUTIONS[1:]:
            assert resolution % finer == 0
            folded[symbol, resolution] = list(fold_candles(found, resolution))
    return folded


def fold_candles(candles: Iterable[Candle], seconds: int) -> Iterator[Candle]:
    """Fold finer candles, in order of time, into those of `seconds`; none if nothing traded."""
    folded: list[Candle] = []
    for candle in candles:
        _append(folded, candle, seconds)
        if len(folded) > 1:
            yield folded.pop(0)
    yield from folded


def align(timestamp: int, seconds: int) -> int:
    """Return the start of the interval that holds `timestamp`: a multiple of it since 1970, UTC."""
    return timestamp - timestamp % (seconds * MICROSECONDS)


def parse_interval(text: str) -> int:
    """Return the seconds of `15s`, `1m`, `4h`, `1d` or `1w`; raise ValueError for anything else."""
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:20]!r} is not an interval such as 15s, 1m, 4h, 1d or 1w")
    return int(match[1]) * _UNITS[match[2]]


def choose_resolution(seconds: int) -> int:
    """Return the coarsest resolution from which candles of `seconds` can be made."""
    return max(resolution for resolution in RESOLUTIONS if seconds % resolution == 0)


def _append(folded: list[Candle], candle: Candle, seconds: int) -> None:
    start = align(candle.start, seconds)
    if folded and folded[-1].start == start:
        folded[-1].append(candle)
    else:
        folded.append(candle.at(start))


def _to_candle(trade: TradeValues) -> Candle:
    price, quantity = Decimal(trade.price), Decimal(trade.quantity)
    quote_volume = _exact.multiply(price, quantity)
    bought = (quantity, quote_volume) if trade.is_taker_buy else (quantity * 0, quote_volume * 0)
    sums = (quantity, quote_volume, 1, *bought, trade.trade_id, trade.trade_id)
    return Candle(trade.timestamp, price, price, price, price, *sums)
