"""What a user's program imports: clients of the order gateway and of the feed, and a book.

    from goquant import GatewayClient, MarketDataClient, OrderReader, FeedReader, OrderBook

Imports `protocol` alone, and `engine.core` for the book; no server comes in with it.
"""

from typing import TYPE_CHECKING

from goquant.client.answers import (
    AccountBalances,
    AccountFill,
    AccountPositions,
    AccountPreventedMatch,
    AmountOnWay,
    BatchItem,
    CanceledOrders,
    ChangeState,
    FeesState,
    FillPage,
    InstrumentState,
    LedgerEntry,
    LedgerPage,
    MoveState,
    OrderPage,
    OrderState,
    PositionState,
    PreventedMatchPage,
    Problem,
    Report,
    ShardBalances,
    ShardTransfer,
    SwitchState,
    SymbolFees,
    TimerState,
    TransferPage,
    TransferState,
    Update,
)
from goquant.client.book import ReaderBook
from goquant.client.errors import (
    AnswerError,
    GatewayError,
    GatewayUnreachable,
    MarketDataError,
    MarketDataUnreachable,
    Unreachable,
)
from goquant.client.feed_reader import FeedReader
from goquant.client.feed_stream import FeedRefused
from goquant.client.gateway import GatewayClient, SyncGatewayClient
from goquant.client.market_data import MarketDataClient, SyncMarketDataClient
from goquant.client.order_reader import ExchangeWentBack, OrderReader, Position
from goquant.client.prices import (
    BestPrices,
    Candle,
    CandlePage,
    OrderBookState,
    PublicTrade,
    Ticker,
    TradePage,
)
from goquant.own_packages import require_own_package

if TYPE_CHECKING:
    from engine.core import OrderBook
    from goquant.testing.launching import exchange

__all__ = [
    "AccountBalances",
    "AccountFill",
    "AccountPositions",
    "AccountPreventedMatch",
    "AmountOnWay",
    "AnswerError",
    "BatchItem",
    "BestPrices",
    "CanceledOrders",
    "Candle",
    "CandlePage",
    "ChangeState",
    "ExchangeWentBack",
    "FeedReader",
    "FeedRefused",
    "FeesState",
    "FillPage",
    "GatewayClient",
    "GatewayError",
    "GatewayUnreachable",
    "InstrumentState",
    "LedgerEntry",
    "LedgerPage",
    "MarketDataClient",
    "MarketDataError",
    "MarketDataUnreachable",
    "MoveState",
    "OrderBook",
    "OrderBookState",
    "OrderPage",
    "OrderReader",
    "OrderState",
    "Position",
    "PositionState",
    "PreventedMatchPage",
    "Problem",
    "PublicTrade",
    "ReaderBook",
    "Report",
    "ShardBalances",
    "ShardTransfer",
    "SwitchState",
    "SymbolFees",
    "SyncGatewayClient",
    "SyncMarketDataClient",
    "Ticker",
    "TimerState",
    "TradePage",
    "TransferPage",
    "TransferState",
    "Unreachable",
    "Update",
    "exchange",
]


def __getattr__(name: str) -> object:
    """Load what a client does not need when it is asked for: the book, and a whole exchange."""
    if name == "OrderBook":
        require_own_package("engine")
        from engine.core import OrderBook

        return OrderBook
    if name == "exchange":
        require_own_package("launcher")
        from goquant.testing.launching import exchange

        return exchange
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
