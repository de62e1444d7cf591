"""Take a `replace`: cancel an order and enter another one, as one command."""

from typing import NamedTuple

from engine.exchange.batch import Batch
from engine.exchange.changes import check_cancel_id, check_open, check_restriction
from engine.exchange.exchange import Exchange
from engine.exchange.orders import Order
from engine.exchange.replies import Outcome
from engine.exchange.submission import check_id, check_name, make_order, make_unique_id
from protocol.commands import QueueEntry, Target, check_account, check_client_order_id
from protocol.enums import Reason, ReplaceMode
from protocol.refusal import Refusal

_FIELD = "replaced"


class _Canceled(NamedTuple):
    """The order to cancel, or why it cannot be."""

    order: Order | None
    refusal: Refusal | None = None


def replace(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Cancel one order and enter another, whose name is unique among the open ones alone.

    Raise Refusal, and change nothing, if the new order has a wrong form or breaks a rule, or if the
    other one cannot be canceled and the mode says to stop then. What the core refuses for its book
    or the funds is rejected after the cancel.
    """
    if entry.replaced is None:
        raise Refusal(Reason.INVALID_COMMAND, _FIELD, "a replace says which order it replaces")
    check_account(entry.account)
    name = check_client_order_id(entry.client_order_id or f"queue:{batch.sequence}")
    if entry.order_id is not None:
        raise Refusal(Reason.INVALID_ORDER_ID, "order_id", "a replace leaves the id to the engine")
    order_id = make_unique_id(exchange, entry.account, batch.sequence)
    check_id(exchange.orders.find(order_id))
    order = make_order(exchange, entry, order_id, name, batch.sequence)
    canceled, refusal = _find_canceled(exchange, entry, entry.replaced)
    if refusal is not None and entry.mode is ReplaceMode.STOP_ON_FAILURE:
        raise refusal
    cancel_id = check_cancel_id(entry.replaced.cancel_id)
    if canceled is None or canceled.client_order_id != name:
        check_name(exchange, entry.account, name, True)
    exchange.check_new(order, entry.quantity or "", leaving=0 if canceled is None else 1)
    exchange.replace(canceled, cancel_id, order, batch)
    why = None
    if order.reason is Reason.INSUFFICIENT_BALANCE:
        why = exchange.explain_shortfall(order)
    return Outcome(
        order,
        None,
        order.reason,
        why,
        canceled_order=canceled,
        cancel_reason=None if refusal is None else refusal.code,
    )


def _find_canceled(exchange: Exchange, entry: QueueEntry, target: Target) -> _Canceled:
    try:
        order = exchange.find_order(
            entry.account, target.order_id, target.number, target.client_order_id
        )
        if order is not None and order.instrument.symbol != entry.symbol:
            order = None
        order = check_open(order, _FIELD)
        check_restriction(order, target.restriction)
    except Refusal as refusal:
        refusal.field = _FIELD
        return _Canceled(None, refusal)
    return _Canceled(order)
