"""The matching core: `Matcher` for commands in and events out, `OrderBook` for one symbol.

The compiled core serves if it was built, else the plain-Python one, with a warning.
`ENGINE_CORE=cython` or `ENGINE_CORE=python` forces one; ImportError if that is not possible.
Imports nothing of ours.
"""

from .codes import (
    ALL_SYMBOLS,
    COMMAND_RECORD,
    EVENT_RECORD,
    FEE_UNIT,
    FEES_ACCOUNT,
    MAX_ACCOUNTS,
    MAX_AMOUNT,
    MAX_ASSETS,
    MAX_ORDER_ID,
    MAX_ORDERS,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_SYMBOLS,
    NO_SYMBOL,
    Command,
    Event,
    EventKind,
    EventRow,
    OpenOrder,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
    Terms,
)
from .implementation import IMPLEMENTATION, Matcher
from .order_book import OrderBook

__all__ = [
    "ALL_SYMBOLS",
    "COMMAND_RECORD",
    "EVENT_RECORD",
    "FEES_ACCOUNT",
    "FEE_UNIT",
    "IMPLEMENTATION",
    "MAX_ACCOUNTS",
    "MAX_AMOUNT",
    "MAX_ASSETS",
    "MAX_ORDERS",
    "MAX_ORDER_ID",
    "MAX_PRICE",
    "MAX_QUANTITY",
    "MAX_SYMBOLS",
    "NO_SYMBOL",
    "Command",
    "Event",
    "EventKind",
    "EventRow",
    "Matcher",
    "OpenOrder",
    "OrderBook",
    "OrderType",
    "Reason",
    "SelfTradePrevention",
    "Side",
    "Terms",
]
