"""Order lists: the command that enters one, and its shapes."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import to_builtins

from archive.records import OrderRecord
from binance_gateway.account.client_order_ids import make_client_order_id
from binance_gateway.account.new_orders import make_entry
from binance_gateway.account.orders import (
    NO_PAST,
    Order,
    Past,
    Shape,
    find_client_list_id,
    find_list_id,
    find_number,
    find_working_since,
    make_amended,
    make_cancel,
)
from binance_gateway.words.enums import name_contingency
from binance_gateway.words.symbols import Symbol
from binance_gateway.words.times import TimeUnit
from protocol.commands import QueueEntry
from protocol.enums import OPEN_STATUSES, CommandType, ListType, Status
from protocol.events import ExecutionReport
from protocol.order_lists import BOUGHT_TYPES, ListOrder, has_pending
from protocol.timestamps import parse_timestamp

_FIELDS = ListOrder.__struct_fields__
_STATUS_FIELDS = (
    "orderListId", "contingencyType", "listOrderStatus", "listClientOrderId", "symbol", "orders",
)  # fmt: skip
_STARTED, _DONE = ("EXEC_STARTED", "EXECUTING"), ("ALL_DONE", "ALL_DONE")


def make_list_entry(
    list_type: ListType, name: str | None, orders: Sequence[Mapping[str, Any]], symbol: Symbol
) -> QueueEntry:
    """Return the entry of a list whose orders have been checked."""
    entries = [make_entry(values, symbol) for values in orders]
    return QueueEntry(
        command=CommandType.NEW_LIST,
        symbol=symbol.instrument.symbol,
        list_type=list_type.value,
        client_list_id=name or make_client_order_id(),
        orders=[
            _make_order(entry, list_type, is_pending=place > 0 and has_pending(list_type))
            for place, entry in enumerate(entries)
        ],
    )


def _make_order(entry: QueueEntry, list_type: ListType, *, is_pending: bool) -> dict[str, Any]:
    """Return what the entry of an order says of it; a pending one looks at no price before."""
    order = ListOrder(**{name: getattr(entry, name) for name in _FIELDS})
    said: dict[str, Any] = to_builtins(order)
    if is_pending:
        said.pop("reject_if_triggered", None)
        if list_type in BOUGHT_TYPES:
            said.pop("quantity", None)
    return said


def is_done(orders: Sequence[Order]) -> bool:
    """Whether every order of a list has ended."""
    return not any(order.status in OPEN_STATUSES for order in orders)


def answer_amend(
    order: ExecutionReport, known: Sequence[OrderRecord], symbol: Symbol, unit: TimeUnit
) -> Shape:
    """Return the answer to an amend; `known` are the order's record and those of its list."""
    own = [each for each in known if each.order_id == order.order_id]
    answer = make_amended(order, find_working_since(own[0]) if own else None, symbol, unit)
    if not order.list or not own:
        return answer
    its_list = describe_list(known, symbol, 0)
    return answer | {"listStatus": {name: its_list[name] for name in _STATUS_FIELDS}}


def describe_canceled(
    orders: Sequence[ExecutionReport], symbol: Symbol, unit: TimeUnit, past: Mapping[str, Past]
) -> Shape:
    """Return a list that a cancel has just ended, with what it has canceled; `past` is by id.

    The report of one order alone has the cancel's id, which is that of all.
    """
    moment = unit.of(parse_timestamp(orders[0].timestamp))
    cancel_id = next((order.cancel_id for order in orders if order.cancel_id), "")
    return describe_list(orders, symbol, moment) | {
        "orderReports": [
            make_cancel(order, symbol, unit, past.get(order.order_id, NO_PAST))
            | {"clientOrderId": cancel_id}
            for order in orders
            if order.status is Status.CANCELED
        ]
    }


def describe_list(orders: Sequence[Order], symbol: Symbol, moment: int) -> Shape:
    """Return a list, of which these are all orders, as at the moment, in the client's unit."""
    first = orders[0]
    kind, status = _DONE if is_done(orders) else _STARTED
    return {
        "orderListId": find_list_id(first),
        "contingencyType": name_contingency(first.list.list_type) if first.list else "",
        "listStatusType": kind,
        "listOrderStatus": status,
        "listClientOrderId": find_client_list_id(first),
        "transactionTime": moment,
        "symbol": symbol.name,
        "orders": [
            {
                "symbol": symbol.name,
                "orderId": find_number(order),
                "clientOrderId": order.client_order_id or "",
            }
            for order in orders
        ],
    }
