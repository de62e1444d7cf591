"""Queue entries made from what a client asked for."""

from collections.abc import Sequence
from typing import NamedTuple

from order_gateway.admission.request_context import RequestContext
from order_gateway.queueing.client_order_ids import make_client_order_ids
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import AmendRequest, FeesRequest, TransferRequest
from protocol.commands import QueueEntry, derive_order_id
from protocol.enums import CommandType
from protocol.timestamps import format_timestamp, now_in_microseconds


class OrderName(NamedTuple):
    """An order that exists; `client_order_id` is set if the client named the order by it."""

    order_id: int
    client_order_id: str | None = None


def format_now() -> str:
    """Return the time as an entry's `received_at`."""
    return format_timestamp(now_in_microseconds())


def make_orders(
    request: RequestContext, orders: Sequence[OrderBody], id_key: bytes
) -> list[QueueEntry]:
    """Return the entries of new orders of the request's account.

    A missing client order id is made from the request's signature, so that a replayed request makes
    no second order, or at random if there is none.
    """
    account, received_at = request.account, format_now()
    client_order_ids = make_client_order_ids(request)
    entries = []
    for order in orders:
        client_order_id = order.client_order_id or next(client_order_ids)
        entries.append(
            QueueEntry(
                symbol=order.symbol,
                side=order.side,
                order_type=order.order_type,
                quantity=order.quantity,
                price=order.price,
                stop_price=order.stop_price,
                order_id=str(derive_order_id(id_key, account, client_order_id)),
                client_order_id=client_order_id,
                account=account,
                self_trade_prevention=order.self_trade_prevention,
                received_at=received_at,
            )
        )
    return entries


def make_cancel(order: OrderName) -> QueueEntry:
    """Return the entry of a cancel."""
    return _make_change(CommandType.CANCEL, order)


def make_amend(order: OrderName, amendment: AmendRequest) -> QueueEntry:
    """Return the entry of an amend."""
    entry = _make_change(CommandType.AMEND, order)
    entry.quantity = amendment.quantity
    entry.price = amendment.price
    entry.stop_price = amendment.stop_price
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


def make_fees(fees: FeesRequest) -> QueueEntry:
    """Return the entry of a `set_fees`."""
    return QueueEntry(
        command=CommandType.SET_FEES,
        account=fees.account,
        symbol=fees.symbol,
        maker=fees.maker,
        taker=fees.taker,
    )


def _make_change(command: CommandType, order: OrderName) -> QueueEntry:
    return QueueEntry(
        command=command,
        order_id=str(order.order_id),
        client_order_id=order.client_order_id,
    )
