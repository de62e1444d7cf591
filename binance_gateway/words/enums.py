"""Every word of an order, and ours for it."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import UnsetType

from binance_gateway.words import errors
from binance_gateway.words.errors import Fault
from protocol.enums import (
    CancelRestriction,
    ListType,
    OrderType,
    Reason,
    ReplaceMode,
    SelfTradePrevention,
    Side,
    Status,
)
from protocol.enums import TimeInForce as NativeTimeInForce

SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
SIDE_NAMES: Mapping[str, str] = {side: name for name, side in SIDES.items()}


class Type(StrEnum):
    """Order types; those after MARKET wait for a stop price."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"


class TimeInForce(StrEnum):
    """How long an order with a price stays."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


NATIVE_TYPES = {
    (Type.LIMIT, TimeInForce.GTC): OrderType.LIMIT,
    (Type.LIMIT, TimeInForce.IOC): OrderType.IOC,
    (Type.LIMIT, TimeInForce.FOK): OrderType.FOK,
    (Type.LIMIT_MAKER, TimeInForce.GTC): OrderType.POST_ONLY,
    (Type.MARKET, TimeInForce.GTC): OrderType.MARKET,
    (Type.STOP_LOSS, TimeInForce.GTC): OrderType.STOP_LOSS,
    (Type.STOP_LOSS_LIMIT, TimeInForce.GTC): OrderType.STOP_LIMIT,
    (Type.TAKE_PROFIT, TimeInForce.GTC): OrderType.TAKE_PROFIT,
    (Type.TAKE_PROFIT_LIMIT, TimeInForce.GTC): OrderType.TAKE_PROFIT_LIMIT,
}
"""Ours for a type and a time in force; where there is none, the latter counts after the trigger."""
NAMES_OF_TYPES: Mapping[str, tuple[Type, TimeInForce]] = {
    native: names for names, native in NATIVE_TYPES.items()
}
"""Type and time in force of ours."""
NATIVE_TIMES_IN_FORCE = {
    TimeInForce.GTC: NativeTimeInForce.GTC,
    TimeInForce.IOC: NativeTimeInForce.IOC,
    TimeInForce.FOK: NativeTimeInForce.FOK,
}
_TIMES_IN_FORCE: Mapping[str, str] = {
    **{native: name for name, native in NATIVE_TIMES_IN_FORCE.items()},
    NativeTimeInForce.GTD: TimeInForce.GTC,
    NativeTimeInForce.DAY: TimeInForce.GTC,
}
"""One that ends at a time is one that stays, here."""


def name_time_in_force(given: str | UnsetType | None, of_type: str) -> str:
    """Return the word for what an order was given; without that, the one of its type."""
    return _TIMES_IN_FORCE[given] if given else of_type


PENDING = "PENDING_NEW"
STATUSES: Mapping[str, str] = {
    Status.OPEN: "NEW",
    Status.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    Status.FILLED: "FILLED",
    Status.CANCELED: "CANCELED",
    Status.EXPIRED: "EXPIRED",
    Status.REJECTED: "REJECTED",
}
ENDS_BY_REASON: Mapping[str, str] = {
    Reason.SELF_TRADE_PREVENTION: "EXPIRED_IN_MATCH",
    Reason.AMENDED_BELOW_FILLED: "EXPIRED",
}
"""The status of an order that was canceled for a reason of ours which has another word here."""
EXPIRY_REASONS: Mapping[str, str] = {
    Reason.IOC_REMAINDER: "UNFILLED_IOC_QUANTITY_EXPIRED",
    Reason.FOK_NOT_FILLABLE: "UNFILLED_FOK_ORDER_EXPIRED",
    Reason.MARKET_REMAINDER: "INSUFFICIENT_LIQUIDITY",
    Reason.INSUFFICIENT_BALANCE: "REJECTED",
    Reason.PRICE_OUT_OF_BAND: "REJECTED",
    Reason.WOULD_TRADE: "REJECTED",
    Reason.OCO_TRIGGER: "OCO_TRIGGER",
    Reason.LIST_ENDED: "OTO_PHASE_ONE_EXPIRED",
}

NO_PREVENTION = "NONE"
PREVENTIONS = {
    NO_PREVENTION: SelfTradePrevention.NONE,
    "EXPIRE_TAKER": SelfTradePrevention.CANCEL_TAKER,
    "EXPIRE_MAKER": SelfTradePrevention.CANCEL_MAKER,
    "EXPIRE_BOTH": SelfTradePrevention.CANCEL_BOTH,
    "DECREMENT": SelfTradePrevention.DECREMENT,
    "TRANSFER": SelfTradePrevention.DECREMENT,
}
_PREVENTION_NAMES: Mapping[str, str] = {
    native: name for name, native in PREVENTIONS.items() if name != "TRANSFER"
}


def name_prevention(mode: str | UnsetType | None) -> str:
    """Return the word for an order's mode; what was TRANSFER, on one account, is DECREMENT."""
    return _PREVENTION_NAMES[mode] if mode else NO_PREVENTION


def name_contingency(list_type: str) -> str:
    """Return the word for how the orders of a list hang on one another."""
    return "OCO" if list_type == ListType.OCO else "OTO"


class ResponseType(StrEnum):
    """How much an answer tells of a new order."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


REPLACE_MODES = {
    "STOP_ON_FAILURE": ReplaceMode.STOP_ON_FAILURE,
    "ALLOW_FAILURE": ReplaceMode.ALLOW_FAILURE,
}
RESTRICTIONS = {
    "ONLY_NEW": CancelRestriction.ONLY_NEW,
    "ONLY_PARTIALLY_FILLED": CancelRestriction.ONLY_PARTIALLY_FILLED,
}


class RateLimitMode(StrEnum):
    """What a cancel-replace does if there are too many orders."""

    DO_NOTHING = "DO_NOTHING"
    CANCEL_ONLY = "CANCEL_ONLY"


class PegPriceType(StrEnum):
    """To which price an order is pegged; no order of ours can be."""

    PRIMARY_PEG = "PRIMARY_PEG"
    MARKET_PEG = "MARKET_PEG"


class PegOffsetType(StrEnum):
    """In what the distance from that price is counted."""

    PRICE_LEVEL = "PRICE_LEVEL"


class SymbolStatus(StrEnum):
    """Whether a symbol trades; none of ours is ever BREAK."""

    TRADING = "TRADING"
    HALT = "HALT"
    BREAK = "BREAK"


class TickerType(StrEnum):
    """How much a ticker tells."""

    FULL = "FULL"
    MINI = "MINI"


FAULTS: dict[str, Fault] = {
    "side": errors.INVALID_SIDE,
    "type": errors.INVALID_ORDER_TYPE,
    "timeInForce": errors.INVALID_TIME_IN_FORCE,
    "interval": errors.INVALID_INTERVAL,
    "symbolStatus": errors.INVALID_SYMBOL_STATUS,
    "cancelRestrictions": errors.INVALID_RESTRICTIONS,
    "pegPriceType": errors.INVALID_PEG_PRICE_TYPE,
    "pegOffsetType": errors.INVALID_PEG_OFFSET_TYPE,
}
"""What a wrong word of a parameter is answered with, unless it is INVALID_VALUE."""
