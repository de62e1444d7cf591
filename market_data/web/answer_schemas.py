"""Bodies of answers, as the OpenAPI document shows them; the feed's messages have them too."""

from typing import Annotated, Any, Literal

from pydantic import Field

from protocol.described_body import DescribedBody, make_example
from protocol.enums import Phase, Side

_TIMESTAMP = "2026-01-31T12:00:00.000001Z"
_BIDS, _ASKS = [["60000.00", "1.00000"]], [["60001.00", "0.50000"]]
_TRADE: dict[str, Any] = {
    "symbol": "BTC-USDT",
    "trade_id": 7,
    "price": "60000.00",
    "quantity": "0.40000",
    "aggressor_side": "sell",
    "maker_order_id": "4503599627370495",
    "taker_order_id": "7423106129031347",
    "timestamp": _TIMESTAMP,
}
_CANDLE: dict[str, Any] = {
    "start": "2026-01-31T12:00:00.000000Z",
    "open": "60000.00",
    "high": "60010.00",
    "low": "59990.00",
    "close": "60005.00",
    "volume": "1.50000",
    "quote_volume": "90005.0000000",
    "trades": 12,
    "is_closed": True,
}

Interval = Literal["1s", "1m", "5m", "15m", "1h", "4h", "1d"]
Level = Annotated[list[str], Field(min_length=2, max_length=2)]
"""Price and quantity."""


class OrderBook(DescribedBody):
    """The best levels of each side."""

    model_config = make_example(
        symbol="BTC-USDT", timestamp=_TIMESTAMP, last_update_id=42, bids=_BIDS, asks=_ASKS
    )

    symbol: str
    timestamp: Annotated[str | None, Field(description="of the last change; null before the first")]
    last_update_id: int
    bids: list[Level]
    asks: list[Level]


class BestPrices(DescribedBody):
    """The best bid and offer."""

    model_config = make_example(
        symbol="BTC-USDT", bid="60000.00", bid_quantity="1.00000", ask="60001.00",
        ask_quantity="0.50000", update_id=42, timestamp=_TIMESTAMP,
    )  # fmt: skip

    symbol: str
    bid: str | None
    bid_quantity: str | None
    ask: str | None
    ask_quantity: str | None
    update_id: int
    timestamp: Annotated[str | None, Field(description="of the last change; null before the first")]


class Trade(DescribedBody):
    """One match."""

    model_config = make_example(**_TRADE)

    symbol: str
    trade_id: int
    price: Annotated[str, Field(description="the resting order's price")]
    quantity: str
    aggressor_side: Side
    maker_order_id: str
    taker_order_id: str
    timestamp: str


class TradeList(DescribedBody):
    """Trades, newest first."""

    model_config = make_example(symbol="BTC-USDT", trades=[_TRADE], next_before=7)

    symbol: str
    trades: Annotated[list[Trade], Field(description="newest first")]
    next_before: int | None


class Ticker(DescribedBody):
    """The last 24 hours, which move on minute by minute."""

    model_config = make_example(
        symbol="BTC-USDT", open="60000.00", high="60100.00", low="59900.00", last="59987.50",
        volume="12.50000", quote_volume="750000.0000000", change="-12.50", change_percent="-0.02",
        trades=310, timestamp=_TIMESTAMP, since=None, phase="continuous",
    )  # fmt: skip

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
    timestamp: Annotated[str | None, Field(description="of the last trade")]
    since: str | None
    phase: Phase | None


class Candle(DescribedBody):
    """What traded in one interval; without trades, the close before it and volume 0."""

    model_config = make_example(**_CANDLE)

    start: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trades: int
    is_closed: bool


class CandleList(DescribedBody):
    """Candles, oldest first."""

    model_config = make_example(symbol="BTC-USDT", interval="1m", candles=[_CANDLE], since=None)

    symbol: str
    interval: Interval
    candles: list[Candle]
    since: str | None


class ShardHealth(DescribedBody):
    """How far one of several shards is followed."""

    model_config = make_example(shard=2, in_sync=True, sequence=42, engine_sequence=42, behind=0)

    shard: int
    in_sync: bool
    sequence: int
    engine_sequence: int
    behind: int


class Health(DescribedBody):
    """Whether the service may be believed."""

    model_config = make_example(
        status="ok", service="market_data", redis="connected", in_sync=True, sequence=42,
        engine_sequence=42, behind=0, lag_seconds=0.0, exchange_id="6f1ad0c2b7e94a05",
        timestamp=_TIMESTAMP, shards=None,
    )  # fmt: skip

    status: Annotated[
        Literal["ok", "unavailable"], Field(description="`ok` if the feed is in sync")
    ]
    service: Literal["market_data"]
    redis: Literal["connected", "disconnected"]
    in_sync: bool
    sequence: Annotated[int, Field(description="up to here nothing is missing")]
    engine_sequence: int
    behind: int
    lag_seconds: float
    exchange_id: Annotated[str | None, Field(description="null before the exchange has begun")]
    timestamp: Annotated[
        str, Field(description="the exchange's time up to which nothing is missing here")
    ]
    shards: Annotated[
        list[ShardHealth] | None,
        Field(description="where there are several; the sequences above are then sums of theirs"),
    ] = None


class Readiness(DescribedBody):
    """Whether the service may be believed, the `reasons` why not, and what else does not work.

    `degraded` does not affect it: without the archive, only older trades and candles are missing.
    """

    model_config = make_example(status="ready", reasons=[], degraded=[])

    status: Literal["ready", "not_ready"]
    reasons: list[str]
    degraded: list[str]


class Stats(DescribedBody):
    """Counters since the start."""

    model_config = make_example(
        clients=3, messages=1200, deliveries=3600, conflated=0, held_bytes=0, resumes=1,
        refused={"unknown_symbol": 1}, closed={"too slow": 1}, feed={"gaps": 0},
    )  # fmt: skip

    clients: int
    messages: int
    deliveries: int
    conflated: int
    held_bytes: int
    resumes: int
    refused: dict[str, int]
    closed: dict[str, int]
    feed: dict[str, Any]
