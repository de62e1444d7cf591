"""What the market data service tells of a market, by REST and on the feed."""

import msgspec

from protocol.enums import Side
from protocol.events import Level

INTERVALS = ("1s", "1m", "5m", "15m", "1h", "4h", "1d")


class PublicTrade(msgspec.Struct, frozen=True):
    """A match, as everybody sees it; `aggressor_side` is the taker's."""

    symbol: str
    trade_id: int
    price: str
    quantity: str
    aggressor_side: Side
    maker_order_id: str
    taker_order_id: str
    timestamp: str


class TradePage(msgspec.Struct, frozen=True):
    """Trades, newest first. `next_before`, if not None, is the `before` of the next page."""

    symbol: str
    trades: list[PublicTrade]
    next_before: int | None


class OrderBookState(msgspec.Struct, frozen=True):
    """The best levels of each side, best first, as price and quantity.

    `timestamp` is that of the last change, None before the first.
    """

    symbol: str
    timestamp: str | None
    last_update_id: int
    bids: list[Level]
    asks: list[Level]


class BestPrices(msgspec.Struct, frozen=True):
    """The best bid and offer; None on an empty side."""

    symbol: str
    bid: str | None
    bid_quantity: str | None
    ask: str | None
    ask_quantity: str | None
    update_id: int
    timestamp: str | None


class Ticker(msgspec.Struct, frozen=True):
    """The last 24 hours. Prices are None before the first trade.

    `since`, if not None, is the moment before which nothing is known of them. `phase` is the
    instrument's: `continuous`, `halted`, `closed`, or None if it is not known.
    """

    symbol: str
    open: str | None
    high: str | None
    low: str | None
    last: str | None
    volume: str
    quote_volume: str
    change: str | None
    change_percent: str | None
    trades: int
    timestamp: str | None
    since: str | None
    phase: str | None = None


class Candle(msgspec.Struct, frozen=True):
    """What was traded in one interval, from `start` on."""

    start: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trades: int
    is_closed: bool


class CandlePage(msgspec.Struct, frozen=True):
    """Candles, oldest first. `since`, if not None: nothing before it is known."""

    symbol: str
    interval: str
    candles: list[Candle]
    since: str | None
