"""What each type of order takes: the table of types and their parameters."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from binance_gateway.words import errors
from binance_gateway.words.enums import TimeInForce, Type
from binance_gateway.words.refusals import (
    NO_PEGGED_ORDERS,
    UNSUPPORTED_COMBINATION,
)


class Rule(NamedTuple):
    """`needs` must be sent, `takes` may be."""

    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()


RULES: Mapping[Type, Rule] = {
    Type.LIMIT: Rule(("timeInForce", "quantity", "price"), ("icebergQty",)),
    Type.LIMIT_MAKER: Rule(("quantity", "price"), ("icebergQty",)),
    Type.MARKET: Rule((), ("quantity", "quoteOrderQty")),
    Type.STOP_LOSS: Rule(("quantity",), ("stopPrice", "trailingDelta")),
    Type.TAKE_PROFIT: Rule(("quantity",), ("stopPrice", "trailingDelta")),
    Type.STOP_LOSS_LIMIT: Rule(
        ("timeInForce", "quantity", "price"), ("stopPrice", "trailingDelta", "icebergQty")
    ),
    Type.TAKE_PROFIT_LIMIT: Rule(
        ("timeInForce", "quantity", "price"), ("stopPrice", "trailingDelta", "icebergQty")
    ),
}
_JUDGED = (
    "timeInForce", "quantity", "quoteOrderQty", "price", "stopPrice", "trailingDelta", "icebergQty",
)  # fmt: skip
_REFUSED = {
    kind: tuple(name for name in _JUDGED if name not in rule.needs + rule.takes)
    for kind, rule in RULES.items()
}
_LATER = {
    "pegPriceType": NO_PEGGED_ORDERS,
    "pegOffsetType": NO_PEGGED_ORDERS,
    "pegOffsetValue": NO_PEGGED_ORDERS,
}
"""What no order can have yet, and what that is told."""
WAITING = frozenset(
    {Type.STOP_LOSS, Type.STOP_LOSS_LIMIT, Type.TAKE_PROFIT, Type.TAKE_PROFIT_LIMIT}
)
"""Types that wait for a price."""
_GTC, _MARKET = TimeInForce.GTC, Type.MARKET  # a name of a class takes long to find
_MIN_STRATEGY_TYPE = 1_000_000


def check_parameters(values: Mapping[str, Any], prefix: str = "") -> None:
    """Raise BinanceError if an order has too few parameters for its type, or too many.

    The names of an order's parameters begin with `prefix`, if it is in a list.
    """
    kind = values["type"]
    for name in RULES[kind].needs:
        if values[name] is None:
            raise errors.MISSING_PARAMETER(add_prefix(prefix, name))
    for name in _REFUSED[kind]:
        if values[name] is not None and not _is_harmless(name, values):
            raise errors.NOT_REQUIRED(add_prefix(prefix, name))
    _check_choices(values, prefix)
    _check_supported(values)
    strategy = values["strategyType"]
    if strategy is not None and strategy < _MIN_STRATEGY_TYPE:
        raise errors.STRATEGY_TYPE_TOO_SMALL()


def _check_supported(values: Mapping[str, Any]) -> None:
    for name, text in _LATER.items():
        if values[name] is not None:
            raise errors.ORDER_REJECTED(text)


def _is_harmless(name: str, values: Mapping[str, Any]) -> bool:
    """Whether it says what is so anyway: several clients send GTC with every type."""
    return name == "timeInForce" and values[name] is _GTC


def add_prefix(prefix: str, name: str) -> str:
    """Return the name of a parameter of an order in a list: `price` is `abovePrice`."""
    return prefix + name[0].upper() + name[1:] if prefix else name


def _check_choices(values: Mapping[str, Any], prefix: str) -> None:
    kind = values["type"]
    if kind is _MARKET:
        if values["quantity"] is None and values["quoteOrderQty"] is None:
            raise errors.MISSING_PARAMETER(add_prefix(prefix, "quantity"))
        if values["quantity"] is not None and values["quoteOrderQty"] is not None:
            raise errors.NOT_REQUIRED("quoteOrderQty")
    if values["icebergQty"] is not None and values["timeInForce"] not in (None, _GTC):
        raise errors.ORDER_REJECTED(UNSUPPORTED_COMBINATION)
    if kind in WAITING and values["stopPrice"] is None and values["trailingDelta"] is None:
        raise errors.MISSING_PARAMETER(add_prefix(prefix, "stopPrice"))
