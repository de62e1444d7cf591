"""The parameters of an order in a list, whose names begin with what the order is there."""

from collections.abc import Mapping
from typing import Any

from binance_gateway.calls.order_parameters import NEW_ORDER
from binance_gateway.calls.parameters import (
    AMOUNT,
    PREVENTION,
    SYMBOL,
    Parameter,
    mandatory,
    read_client_order_id,
    read_key,
    read_word,
)
from binance_gateway.words.enums import SIDES, ResponseType
from binance_gateway.words.order_rules import add_prefix

LIST_NAME = Parameter("listClientOrderId", read_client_order_id)
LIST_COMMON = (
    SYMBOL,
    LIST_NAME,
    Parameter("newOrderRespType", read_word(ResponseType), default=ResponseType.RESULT),
    PREVENTION,
)
_COMMON = frozenset({"symbol", "side", "quantity", "quoteOrderQty", "newOrderRespType"})
_OWN = tuple(each for each in NEW_ORDER if each.name not in _COMMON and each is not PREVENTION)
_NAMES = {each.name: each.name for each in _OWN} | {"newClientOrderId": "clientOrderId"}


def leg(prefix: str) -> tuple[Parameter, ...]:
    """Return the parameters of an order of which others tell side and quantity."""
    return tuple(
        Parameter(add_prefix(prefix, _NAMES[each.name]), each.read, each.is_mandatory)
        for each in _OWN
    )


def side(name: str) -> Parameter:
    """Return the parameter for a side."""
    return mandatory(name, read_key(SIDES))


def quantity(name: str) -> Parameter:
    """Return the parameter for a quantity."""
    return mandatory(name, AMOUNT)


def take_order(
    values: Mapping[str, Any], prefix: str, its_side: Any, amount: int
) -> dict[str, Any]:
    """Return the values of an order in a list, as those of a single order are called."""
    own = {each.name: values[add_prefix(prefix, _NAMES[each.name])] for each in _OWN}
    return own | {
        "side": its_side,
        "quantity": amount,
        "quoteOrderQty": None,
        "selfTradePreventionMode": values["selfTradePreventionMode"],
    }
