"""Queue entries made from what a client asked for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from order_gateway.admission.request_context import RequestContext
from order_gateway.queueing.client_order_ids import make_client_order_ids
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import (
    AmendRequest,
    FeesRequest,
    MoveRequest,
    OrderListRequest,
    TransferRequest,
)
from protocol.commands import QueueEntry, Target, derive_order_id
from protocol.enums import CancelRestriction, CommandType, ReplaceMode
from protocol.order_lists import ListOrder
from protocol.timestamps import format_timestamp


class OrderName(NamedTuple):
    """An order that exists, by what the client named it by.

    With `client_order_id`, `order_id` is the one that follows from it; it is None with `number`.
    """

    order_id: int | None
    client_order_id: str | None = None
    number: int | None = None


class Stamp(NamedTuple):
    """What the entries of one request have in common.

    `id_key` makes order ids; `valid_until`, in microseconds, is for orders whose repeat the engine
    would not know.
    """

    id_key: bytes
    received_at: str
    valid_until: int


def make_orders(
    request: RequestContext, orders: Sequence[OrderBody], stamp: Stamp
) -> Iterator[QueueEntry]:
    """Yield the entries of new orders of the request's account.

    A missing client order id is made from the request's signature, so that a replayed request makes
    no second order, or at random if there is none.
    """
    names = make_client_order_ids(request)
    for order in orders:
        yield make_order(request.account, order, order.client_order_id or next(names), stamp)


def make_order(account: str, order: OrderBody, client_order_id: str, stamp: Stamp) -> QueueEntry:
    """Return the entry of a new order."""
    entry = make_new(order)
    entry.client_order_id = client_order_id
    entry.account = account
    entry.received_at = stamp.received_at
    if order.unique is None:
        entry.order_id = str(derive_order_id(stamp.id_key, account, client_order_id))
    else:
        entry.unique = order.unique
        entry.valid_until = format_timestamp(stamp.valid_until)
    return entry


def make_new(order: OrderBody) -> QueueEntry:
    """Return the entry of a new order, which does not say yet whose it is and what it is called."""
    return QueueEntry(
        symbol=order.symbol,
        side=order.side,
        order_type=order.order_type,
        quantity=order.quantity,
        price=order.price,
        stop_price=order.stop_price,
        self_trade_prevention=order.self_trade_prevention,
        time_in_force=order.time_in_force,
        expires_at=order.expires_at,
        display_quantity=order.display_quantity,
        quote_quantity=order.quote_quantity,
        reject_if_triggered=order.reject_if_triggered,
        trailing_offset=order.trailing_offset,
        trailing_offset_type=order.trailing_offset_type,
        activation_price=order.activation_price,
    )


def make_replace(
    request: RequestContext, order: OrderBody, replaced: Target, mode: ReplaceMode
) -> QueueEntry:
    """Return the entry of a replace, whose order has a name that is unique among the open ones."""
    entry = make_new(order)
    entry.command = CommandType.REPLACE
    entry.client_order_id = order.client_order_id or next(make_client_order_ids(request))
    entry.replaced = replaced
    entry.mode = mode
    return entry


def make_list(
    request: RequestContext, asked: OrderListRequest, orders: Sequence[ListOrder]
) -> QueueEntry:
    """Return the entry of an order list, all of whose names are unique among the open ones."""
    names = make_client_order_ids(request)
    return QueueEntry(
        command=CommandType.NEW_LIST,
        symbol=asked.symbol,
        list_type=asked.list_type,
        client_list_id=asked.client_list_id or next(names),
        orders=[
            replace(order, client_order_id=order.client_order_id or next(names)) for order in orders
        ],
    )


def make_list_cancel(
    list_id: int | None, client_list_id: str | None, cancel_id: str | None
) -> QueueEntry:
    """Return the entry of the cancel of a list."""
    return QueueEntry(
        command=CommandType.CANCEL_LIST,
        list_id=list_id,
        client_list_id=client_list_id,
        cancel_id=cancel_id,
    )


def make_cancel(
    order: OrderName,
    restriction: CancelRestriction | None = None,
    cancel_id: str | None = None,
) -> QueueEntry:
    """Return the entry of a cancel."""
    entry = _make_change(CommandType.CANCEL, order)
    entry.restriction = restriction
    entry.cancel_id = cancel_id
    return entry


def make_amend(order: OrderName, amendment: AmendRequest) -> QueueEntry:
    """Return the entry of an amend."""
    entry = _make_change(CommandType.AMEND, order)
    entry.quantity = amendment.quantity
    entry.price = amendment.price
    entry.stop_price = amendment.stop_price
    entry.new_client_order_id = amendment.client_order_id
    entry.only_lower = amendment.only_lower
    return entry


def make_transfer(command: CommandType, transfer: TransferRequest) -> QueueEntry:
    """Return the entry of a credit or debit."""
    return QueueEntry(
        command=command,
        account=transfer.account,
        asset=transfer.asset,
        amount=transfer.amount,
        id=transfer.id,
    )


def make_move(move: MoveRequest) -> QueueEntry:
    """Return the entry of a transfer to another shard."""
    return QueueEntry(
        command=CommandType.TRANSFER,
        asset=move.asset,
        amount=move.amount,
        id=move.id,
        shard=move.target,
    )


def make_fees(fees: FeesRequest) -> QueueEntry:
    """Return the entry of a `set_fees`."""
    return QueueEntry(
        command=CommandType.SET_FEES,
        account=fees.account,
        symbol=fees.symbol,
        maker=fees.maker,
        taker=fees.taker,
    )


def make_advance(microseconds: int) -> QueueEntry:
    """Return the entry of a move of the exchange's clock, which is nobody's own."""
    return QueueEntry(command=CommandType.ADVANCE, elapsed=microseconds)


def _make_change(command: CommandType, order: OrderName) -> QueueEntry:
    return QueueEntry(
        command=command,
        order_id=None if order.order_id is None else str(order.order_id),
        client_order_id=order.client_order_id,
        number=order.number,
    )
