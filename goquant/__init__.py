"""What a user's program imports: clients of the order gateway and of the feed, and a book.

    from goquant import GatewayClient, OrderReader, FeedReader, OrderBook

Knows `protocol` alone, and `engine.core` for the book; no server comes in with it.
"""

from typing import TYPE_CHECKING

from goquant.client.feed_reader import FeedReader
from goquant.client.gateway import GatewayClient
from goquant.client.order_reader import OrderReader

if TYPE_CHECKING:
    from engine.core import OrderBook

__all__ = ["FeedReader", "GatewayClient", "OrderBook", "OrderReader"]


def __getattr__(name: str) -> object:
    """Load the book when it is asked for: a client needs no compiled core."""
    if name == "OrderBook":
        from engine.core import OrderBook

        return OrderBook
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
