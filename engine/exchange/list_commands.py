"""Take a `new_list` or a `cancel_list`: orders that hang on one another, as one command."""

from dataclasses import dataclass

from engine.exchange.batch import Batch
from engine.exchange.changes import check_cancel_id
from engine.exchange.exchange import Exchange
from engine.exchange.order_lists import OrderList
from engine.exchange.orders import Order
from engine.exchange.replies import Outcome
from engine.exchange.submission import check_id, check_name, make_order, make_unique_id
from protocol.commands import QueueEntry, check_account, check_client_order_id
from protocol.enums import ListType, Reason
from protocol.order_lists import (
    BOUGHT_TYPES,
    ListOrder,
    check_client_list_id,
    check_list_shape,
    has_pending,
    name_field,
    read_list_orders,
    read_list_type,
)
from protocol.refusal import Refusal


@dataclass(frozen=True)
class _Draft:
    """A list as it was sent."""

    list_type: ListType
    name: str
    orders: list[ListOrder]


def new_list(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Take a list, as a whole or not at all; raise Refusal with the field of the order at fault."""
    check_account(entry.account)
    draft = _read_draft(entry, batch.sequence)
    if exchange.orders.lists.find(entry.account, None, draft.name) is not None:
        detail = "an open order list of the account has this name"
        raise Refusal(Reason.CLIENT_LIST_ID_OPEN, "client_list_id", detail)
    orders: list[Order] = []
    for place in range(len(draft.orders)):
        try:
            orders.append(_make_order(exchange, entry, draft, place, batch.sequence))
            _check_order(exchange, draft, orders)
        except Refusal as refusal:
            refusal.field = name_field(place, refusal.field)
            raise
    order_list = exchange.enter_list(draft.list_type, draft.name, orders, batch)
    return Outcome(orders=tuple(orders), list_id=order_list.list_id)


def cancel_list(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Cancel all orders of a list that are open."""
    order_list = _find_list(exchange, entry)
    cancel_id = check_cancel_id(entry.cancel_id)
    orders = [exchange.orders.find(order_id) for order_id in order_list.order_ids]
    known = tuple(order for order in orders if order is not None)
    open_order = next(order for order in known if not order.is_closed)
    exchange.cancel(open_order, cancel_id, batch)
    return Outcome(orders=known, list_id=order_list.list_id)


def _read_draft(entry: QueueEntry, sequence: int) -> _Draft:
    list_type = read_list_type(entry.list_type)
    orders = read_list_orders(list_type, entry.orders)
    check_list_shape(list_type, orders)
    name = f"queue:{sequence}" if entry.client_list_id is None else entry.client_list_id
    return _Draft(list_type, check_client_list_id(name), orders)


def _make_order(
    exchange: Exchange, entry: QueueEntry, draft: _Draft, place: int, sequence: int
) -> Order:
    """Make one order of the list; its name is unique among the open ones alone."""
    said, is_pending = draft.orders[place], place > 0 and has_pending(draft.list_type)
    is_bought = is_pending and draft.list_type in BOUGHT_TYPES
    name = check_client_order_id(said.client_order_id or f"queue:{sequence}:{place}")
    check_name(exchange, entry.account, name, True)
    order_id = make_unique_id(exchange, entry.account, f"{sequence}:{place}")
    check_id(exchange.orders.find(order_id))
    order = make_order(
        exchange,
        _to_entry(entry, said, draft.orders[0].quantity if is_bought else said.quantity),
        order_id,
        name,
        sequence,
    )
    order.is_pending = is_pending
    return order


def _to_entry(entry: QueueEntry, said: ListOrder, quantity: str | None) -> QueueEntry:
    """Make the entry that an order of the list would have by itself."""
    return QueueEntry(
        symbol=entry.symbol,
        account=entry.account,
        side=said.side,
        order_type=said.order_type,
        quantity=quantity,
        price=said.price,
        stop_price=said.stop_price,
        self_trade_prevention=said.self_trade_prevention,
        time_in_force=said.time_in_force,
        expires_at=said.expires_at,
        display_quantity=said.display_quantity,
        reject_if_triggered=said.reject_if_triggered,
        trailing_offset=said.trailing_offset,
        trailing_offset_type=said.trailing_offset_type,
        activation_price=said.activation_price,
    )


def _check_order(exchange: Exchange, draft: _Draft, orders: list[Order]) -> None:
    """Raise Refusal if the last of the orders cannot be taken beside those before it."""
    *before, order = orders
    if any(other.client_order_id == order.client_order_id for other in before):
        detail = "two orders of the list have this name"
        raise Refusal(Reason.CLIENT_ORDER_ID_OPEN, "client_order_id", detail)
    quantity = draft.orders[len(before)].quantity or draft.orders[0].quantity
    exchange.check_new(order, quantity or "", leaving=-len(before))


def _find_list(exchange: Exchange, entry: QueueEntry) -> OrderList:
    list_id = entry.list_id
    if list_id is not None and (not isinstance(list_id, int) or isinstance(list_id, bool)):
        raise Refusal(Reason.INVALID_TYPE, "list_id", "list_id must be a whole number")
    name = None if entry.client_list_id is None else check_client_list_id(entry.client_list_id)
    if list_id is None and name is None:
        raise Refusal(Reason.MISSING_FIELD, "list_id", "give a list_id or a client_list_id")
    found = exchange.orders.lists.find(entry.account, list_id, name)
    if found is None:
        field = "client_list_id" if list_id is None else "list_id"
        raise Refusal(Reason.UNKNOWN_LIST, field, "the account has no such open order list")
    return found
