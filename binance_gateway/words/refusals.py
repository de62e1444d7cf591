"""What the engine refuses, in Binance's words."""

from collections.abc import Mapping

from binance_gateway.words import errors
from binance_gateway.words.errors import BinanceError, Fault
from protocol.enums import Reason

INSUFFICIENT_BALANCE = "Account has insufficient balance for requested action."
WOULD_TAKE = "Order would immediately match and take."
WOULD_TRIGGER = "Order would trigger immediately."
DUPLICATE = "Duplicate order sent."
UNSUPPORTED_COMBINATION = "Unsupported order combination"
ICEBERG_TOO_LARGE = "IcebergQty exceeds QTY."
NO_SYMBOL_LIQUIDITY = "Order book liquidity is less than symbol minimum quantity."
NO_LOT_LIQUIDITY = "Order book liquidity is less than LOT_SIZE filter minimum quantity."
BAD_RELATION = "The relationship of the prices for the orders is not correct."
NO_PEGGED_ORDERS = "Pegged orders are not supported for this symbol."

_ORDER_TEXTS: Mapping[Reason, str] = {
    Reason.INSUFFICIENT_BALANCE: INSUFFICIENT_BALANCE,
    Reason.WOULD_TRADE: WOULD_TAKE,
    Reason.DUPLICATE_ORDER: DUPLICATE,
    Reason.CLIENT_ORDER_ID_REUSED: DUPLICATE,
    Reason.CLIENT_ORDER_ID_OPEN: DUPLICATE,
    Reason.CLIENT_LIST_ID_OPEN: DUPLICATE,
    Reason.PRICE_RELATION: BAD_RELATION,
    Reason.ORDER_ID_COLLISION: DUPLICATE,
    Reason.TOO_MANY_OPEN_ORDERS: "Filter failure: EXCHANGE_MAX_NUM_ORDERS",
    Reason.PRICE_OUT_OF_BAND: "Filter failure: PERCENT_PRICE_BY_SIDE",
    Reason.NOTIONAL_OUT_OF_RANGE: "Filter failure: NOTIONAL",
    Reason.INVALID_ACCOUNT: "This action is disabled on this account.",
    Reason.TOO_MANY_ACCOUNTS: "This action is disabled on this account.",
    Reason.WOULD_TRIGGER: WOULD_TRIGGER,
    Reason.INSUFFICIENT_LIQUIDITY: NO_SYMBOL_LIQUIDITY,
    # too little for one lot at the smallest price
    Reason.INVALID_QUOTE_QUANTITY: NO_LOT_LIQUIDITY,
    # nobody has an amount that cannot be counted
    Reason.AMOUNT_OUT_OF_RANGE: INSUFFICIENT_BALANCE,
}
"""Texts of -2010."""
_FILTERS: Mapping[Reason, str] = {
    Reason.OFF_TICK: "PRICE_FILTER",
    Reason.PRICE_OUT_OF_RANGE: "PRICE_FILTER",
    Reason.OFF_LOT: "LOT_SIZE",
    Reason.QUANTITY_OUT_OF_RANGE: "LOT_SIZE",
}
"""Filters, which the engine judges again; its limits may have changed meanwhile."""
_FAULTS: Mapping[Reason, Fault] = {
    Reason.INSTRUMENT_HALTED: errors.MARKET_CLOSED,
    Reason.INSTRUMENT_CLOSED: errors.MARKET_CLOSED,
    Reason.UNKNOWN_ORDER: errors.CANCEL_REJECTED,
    Reason.ORDER_CLOSED: errors.CANCEL_REJECTED,
    Reason.UNKNOWN_LIST: errors.CANCEL_REJECTED,
    Reason.CANCEL_RESTRICTED: errors.CANCEL_RESTRICTED,
    Reason.TOO_LATE: errors.TIMEOUT,
    Reason.UNKNOWN_SYMBOL: errors.INVALID_SYMBOL,
    Reason.QUEUE_CLEARED: errors.DISCONNECTED,
    Reason.OVERLOADED: errors.OVERLOADED,
    Reason.QUEUE_UNAVAILABLE: errors.DISCONNECTED,
    Reason.ARCHIVE_UNAVAILABLE: errors.DISCONNECTED,
    Reason.NOT_IN_SYNC: errors.DISCONNECTED,
    Reason.NO_LEDGER: errors.UNSUPPORTED,
}


_AMEND_TEXTS: Mapping[Reason, str] = {
    Reason.QUANTITY_NOT_LOWER: "Order amend (quantity increase) is not supported.",
    Reason.NOTHING_TO_AMEND: "The requested action would change no state; rejecting.",
}
"""Texts of -2038."""


def translate_amend(reason: Reason) -> BinanceError:
    """Return the error of an amend that was refused for `reason`."""
    text = _AMEND_TEXTS.get(reason)
    return translate(reason) if text is None else errors.AMEND_REJECTED(text)


def translate(reason: Reason) -> BinanceError:
    """Return the error of a command that was refused for `reason`.

    A reason without a row is a fault of this gateway: it has sent what no client can ask for.
    """
    text = _ORDER_TEXTS.get(reason)
    if text is not None:
        return errors.ORDER_REJECTED(text)
    name = _FILTERS.get(reason)
    if name is not None:
        return errors.FILTER_FAILURE(name)
    return _FAULTS.get(reason, errors.UNKNOWN)()
