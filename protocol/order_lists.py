"""What a `new_list` says, and the rules that make its orders a list of its type.

Field names tell the place of an order: `orders[1].price`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from protocol.commands import is_identifier
from protocol.enums import (
    LIST_SIZES,
    ListType,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
)
from protocol.refusal import Refusal

BOUGHT_TYPES = frozenset({ListType.OPO, ListType.OPOCO})
"""Types whose pending orders sell what the working one has bought."""
WITH_LEGS = frozenset({ListType.OCO, ListType.OTOCO, ListType.OPOCO})
"""Types whose last two orders are the legs of an OCO."""
WORKING_TYPES = frozenset({OrderType.LIMIT, OrderType.IOC, OrderType.FOK, OrderType.POST_ONLY})
PROFIT_TYPES = frozenset({OrderType.POST_ONLY, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT})
LOSS_TYPES = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LIMIT})
_LIST_TYPES = {word.value: word for word in ListType}


class ListOrder(msgspec.Struct, omit_defaults=True, frozen=True, gc=False):
    """An order of a list: what a `new` says of it, without account, symbol and id."""

    side: Side
    order_type: OrderType
    quantity: str | None = None
    price: str | None = None
    stop_price: str | None = None
    client_order_id: str | None = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE
    time_in_force: Any = None
    expires_at: Any = None
    display_quantity: Any = None
    reject_if_triggered: Any = False
    trailing_offset: Any = None
    trailing_offset_type: Any = None
    activation_price: Any = None
    strategy: Any = None

    @property
    def quote_quantity(self) -> None:
        """An order of a list names no amount."""


def name_field(place: int, field: str | None = None) -> str:
    """Return how a field of the list's n-th order is called, the first being 0."""
    return f"orders[{place}]" if field is None else f"orders[{place}].{field}"


def has_pending(list_type: ListType) -> bool:
    """Whether all orders of a list but the first wait for that one."""
    return list_type is not ListType.OCO


def find_partner(list_type: ListType, order_ids: Sequence[int], order_id: int) -> int | None:
    """Return the id of the other leg of an OCO; None if the order is no such leg."""
    if list_type not in WITH_LEGS or order_id not in order_ids[-2:]:
        return None
    first, second = order_ids[-2:]
    return second if order_id == first else first


def read_list_type(word: object) -> ListType:
    """Return the type of a list; raise Refusal if it is none."""
    list_type = _LIST_TYPES.get(word) if isinstance(word, str) else None
    if list_type is None:
        detail = f"list_type must be one of {', '.join(_LIST_TYPES)}"
        raise Refusal(Reason.INVALID_LIST, "list_type", detail)
    return list_type


def read_list_orders(list_type: ListType, orders: object) -> list[ListOrder]:
    """Return the orders of a list; raise Refusal unless they are as many as it has."""
    size = LIST_SIZES[list_type]
    if not isinstance(orders, list) or len(orders) != size:
        detail = f"a list of type {list_type} has {size} orders"
        raise Refusal(Reason.INVALID_LIST, "orders", detail)
    return [_read_order(place, order) for place, order in enumerate(orders)]


def _read_order(place: int, order: object) -> ListOrder:
    try:
        return msgspec.convert(order, ListOrder)
    except msgspec.ValidationError as error:
        raise Refusal(Reason.INVALID_TYPE, name_field(place), str(error)) from None


def check_client_list_id(text: object) -> str:
    """Return `text`; raise Refusal if it is not a usable name of a list."""
    if not isinstance(text, str) or not is_identifier(text):
        raise Refusal(
            Reason.INVALID_CLIENT_LIST_ID,
            "client_list_id",
            "client_list_id must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -",
        )
    return text


def check_list_shape(list_type: ListType, orders: Sequence[ListOrder]) -> None:
    """Raise Refusal unless the orders make a list of the type; their own forms do not count."""
    if has_pending(list_type):
        _check_working(list_type, orders)
    if list_type in WITH_LEGS:
        _check_legs(len(orders) - 2, *orders[-2:])


def _check_working(list_type: ListType, orders: Sequence[ListOrder]) -> None:
    """Check the order on which the others wait, and what they leave to it."""
    working, *pending = orders
    if working.order_type not in WORKING_TYPES:
        words = ", ".join(each for each in OrderType if each in WORKING_TYPES)
        detail = f"the first order, on which the others wait, is one of {words}"
        raise Refusal(Reason.INVALID_LIST, name_field(0, "order_type"), detail)
    is_bought = list_type in BOUGHT_TYPES
    if is_bought and working.side is not Side.BUY:
        detail = f"the first order of a list of type {list_type} buys"
        raise Refusal(Reason.INVALID_LIST, name_field(0, "side"), detail)
    for place, order in enumerate(pending, 1):
        if order.reject_if_triggered:
            detail = "a pending order looks at no price before it comes in"
            field = name_field(place, "reject_if_triggered")
            raise Refusal(Reason.REJECT_IF_TRIGGERED_FORBIDDEN, field, detail)
        if is_bought and order.side is not Side.SELL:
            detail = f"the pending orders of a list of type {list_type} sell"
            raise Refusal(Reason.INVALID_LIST, name_field(place, "side"), detail)
        if is_bought and order.quantity is not None:
            detail = "its quantity is what the first order has bought"
            raise Refusal(Reason.INVALID_LIST, name_field(place, "quantity"), detail)


def _check_legs(place: int, first: ListOrder, second: ListOrder) -> None:
    """Check the legs of an OCO: one with profit, one against loss, of one side and quantity."""
    types = first.order_type, second.order_type
    is_pair = any(
        profit in PROFIT_TYPES and loss in LOSS_TYPES for profit, loss in (types, types[::-1])
    )
    if not is_pair:
        profits = ", ".join(each for each in OrderType if each in PROFIT_TYPES)
        losses = ", ".join(each for each in OrderType if each in LOSS_TYPES)
        detail = f"of the two legs one is {profits}, the other {losses}"
        raise Refusal(Reason.INVALID_LIST, name_field(place + 1, "order_type"), detail)
    if first.side is not second.side:
        raise Refusal(Reason.INVALID_LIST, name_field(place + 1, "side"), "both legs have one side")
