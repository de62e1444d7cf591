"""Messages and requests of `/ws/market-data`, as the AsyncAPI document shows them."""

from typing import Annotated, Literal

from pydantic import Field

from market_data.web.answer_schemas import BestPrices, Candle, Interval, Level, Ticker, Trade
from protocol.asyncapi import Stream
from protocol.described_body import DescribedBody
from protocol.enums import Reason

Id = str | int | None
Names = Annotated[list[str] | None, Field(description="left out: all, or the default ones")]


class Connected(DescribedBody):
    """The first message of a connection."""

    type: Literal["connected"]
    message: str
    exchange_id: str | None
    subscriptions: list[str]
    symbols: list[str]
    protocol: int


class Ack(DescribedBody):
    """An action was carried out."""

    type: Literal["ack"]
    id: Id
    action: str
    subscriptions: dict[str, list[str]]


class Pong(DescribedBody):
    """Answers a `ping`."""

    type: Literal["pong"]
    id: Id
    timestamp: str


class Error(DescribedBody):
    """A frame, or the connection, was refused."""

    type: Literal["error"]
    id: Id
    code: Reason
    message: str
    retry_after: int | None = None


class TradeMessage(DescribedBody):
    """One match."""

    type: Literal["trade"]
    data: Trade


class BboMessage(DescribedBody):
    """The best bid and offer, after a commit that changed it."""

    type: Literal["bbo"]
    data: BestPrices


class TopLevels(DescribedBody):
    """The top ten levels of each side."""

    symbol: str
    timestamp: Annotated[str | None, Field(description="null before the first change")]
    update_id: int
    bids: list[Level]
    asks: list[Level]


class L2UpdateMessage(DescribedBody):
    """The top ten levels of each side, after a commit that changed the book."""

    type: Literal["l2_update"]
    data: TopLevels


class BookSnapshot(DescribedBody):
    """The whole book."""

    type: Literal["book_snapshot"]
    symbol: str
    last_update_id: int
    bids: list[Level]
    asks: list[Level]
    checksum: int
    reason: Literal["subscribed", "resumed", "conflated", "rebuilt"]
    timestamp: Annotated[str | None, Field(description="null before the first change")]


class BookDelta(DescribedBody):
    """The levels that have changed, with absolute quantities; "0" removes a level."""

    type: Literal["book_delta"]
    symbol: str
    first_update_id: int
    last_update_id: int
    bids: list[Level]
    asks: list[Level]
    checksum: int
    timestamp: str


class TickerMessage(DescribedBody):
    """The last 24 hours, at most ten times a second."""

    type: Literal["ticker"]
    data: Ticker


class CandleOfSymbol(Candle):
    """What traded in one interval of a symbol."""

    symbol: str
    interval: Interval


class CandleMessage(DescribedBody):
    """A candle that has changed or ended."""

    type: Literal["candle"]
    data: CandleOfSymbol


class LastIds(DescribedBody):
    """Where a symbol stands, 0 before the first."""

    update_id: int
    trade_id: int


class Heartbeat(DescribedBody):
    """Sent every second, and before everything `rebuilt`."""

    type: Literal["heartbeat"]
    timestamp: str
    in_sync: bool
    exchange_id: str | None
    sequence: int
    symbols: Annotated[dict[str, LastIds], Field(description="the last ids of each symbol")]


class TradesMissing(DescribedBody):
    """Trades that a `resume` asked for and that are held nowhere, both ends included."""

    type: Literal["trades_missing"]
    symbol: str
    first_trade_id: int
    last_trade_id: int


class Subscribe(DescribedBody):
    """Adds streams."""

    action: Literal["subscribe"]
    channels: Names = None
    symbols: Names = None
    id: Id = None


class Unsubscribe(DescribedBody):
    """Takes streams away."""

    action: Literal["unsubscribe"]
    channels: Names = None
    symbols: Names = None
    id: Id = None


class Position(DescribedBody):
    """The last ids that a client has of a symbol, one of the two or both; 0 for none."""

    update_id: int | None = None
    trade_id: int | None = None


class Resume(DescribedBody):
    """Subscribes to `book` and `trades` and asks for what was missed since the last ids."""

    action: Literal["resume"]
    symbols: Annotated[dict[str, Position], Field(description="the last ids, by symbol")]
    exchange_id: str | None = None
    id: Id = None


class Ping(DescribedBody):
    """Asks for a `pong`."""

    action: Literal["ping"]
    id: Id = None


FEED = Stream(
    "GoQuant market data",
    "Trades, best prices, books, tickers and candles, live.",
    "/ws/market-data",
    8001,
    messages=(
        Connected, Ack, Pong, Error, TradeMessage, BboMessage, L2UpdateMessage, BookSnapshot,
        BookDelta, TickerMessage, CandleMessage, Heartbeat, TradesMissing,
    ),
    requests=(Subscribe, Unsubscribe, Resume, Ping),
    query={
        "channels": "by comma; left out: `trades`, `bbo` and `l2_updates`; empty: none yet",
        "symbols": "by comma; left out: all; empty: none yet",
    },
)  # fmt: skip
