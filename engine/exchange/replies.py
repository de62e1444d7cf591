"""Answer the gateway requests that wait for a reply."""

import msgspec

from engine.exchange.batch import Batch
from engine.exchange.event_text import NO_TRADE, report_text
from engine.exchange.orders import Order
from protocol import codec
from protocol.enums import Reason
from protocol.events import Balance, ExecutionReport, Fill, PreventedByTaker, Reply
from protocol.refusal import Refusal

MAX_FILLS = 10_000
"""Most fills of one reply. With more it has none: a worker's messages must not outgrow its
connection."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of a command: the order that it was about, its report, or why there is neither.

    `canceled_order` is what a replace canceled, `cancel_reason` why it could not.
    `canceled` is how many orders a cancel_all canceled, `due` when a cancel_after will act,
    `balance` what a credit, debit or transfer led to, `transfer` a transfer's number, `orders` are
    those of a list.
    """

    order: Order | None = None
    report: ExecutionReport | None = None
    reason: Reason | None = None
    refusal: Refusal | None = None
    is_duplicate: bool = False
    canceled: int | None = None
    due: str | None = None
    balance: Balance | None = None
    canceled_order: Order | None = None
    cancel_reason: Reason | None = None
    orders: tuple[Order, ...] = ()
    list_id: int | None = None
    transfer: int | None = None


def to_reply(request_id: str, outcome: Outcome, batch: Batch) -> Reply:
    """Make the answer to the request that the command in hand came with."""
    order, refusal = outcome.order, outcome.refusal
    report = outcome.report
    if order is not None and report is None:
        report = _report_order(order, batch)
    first = outcome.orders[0] if outcome.orders else order
    return Reply(
        request_id=request_id,
        sequence=batch.sequence,
        status=report.status if report else None,
        reason=outcome.reason,
        detail=refusal.detail if refusal else None,
        duplicate=outcome.is_duplicate,
        order=report,
        fills=_collect_fills(first, batch) if first else [],
        prevented_matches=_collect_prevented(first, batch) if first else [],
        field=refusal.field if refusal else None,
        nearest=refusal.nearest if refusal else None,
        step=refusal.step if refusal else None,
        canceled=outcome.canceled,
        due=outcome.due,
        balance=outcome.balance,
        canceled_order=_report_order(outcome.canceled_order, batch)
        if outcome.canceled_order
        else None,
        cancel_reason=outcome.cancel_reason,
        orders=[_report_order(each, batch) for each in outcome.orders],
        list_id=outcome.list_id,
        transfer=outcome.transfer,
    )


def answer_order(
    order: Order, report: str | bytes, shortfall: Refusal | None, request_id: str, batch: Batch
) -> Reply:
    """Make the answer to a command that is about one order, and was not refused.

    `report` is of the order's state now, `shortfall` tells what a new order's account lacks.
    """
    outcome = Outcome(order, codec.decode_report(report), order.reason, shortfall)
    return to_reply(request_id, outcome, batch)


def _report_order(order: Order, batch: Batch) -> ExecutionReport:
    sequence, timestamp = batch.sequence, batch.timestamp_text
    text = report_text(order, NO_TRADE, sequence, timestamp, batch.tells_prevention)
    return codec.decode_report(text)


def _collect_prevented(order: Order, batch: Batch) -> list[PreventedByTaker]:
    if len(batch.prevented) > MAX_FILLS:
        return []
    price, quantity = order.instrument.ticks_to_price, order.instrument.lots_to_quantity
    return [
        PreventedByTaker(
            match_id,
            maker,
            price(ticks),
            quantity(taker_lots) if taker_lots else None,
            quantity(maker_lots) if maker_lots else None,
        )
        for owner, match_id, maker, ticks, taker_lots, maker_lots in batch.prevented
        if owner == order.order_id
    ]


def _collect_fills(order: Order, batch: Batch) -> list[Fill]:
    if len(batch.fills) > 2 * MAX_FILLS:
        return []
    return [codec.decode_fill(fill) for owner, fill in batch.fills if owner == order.order_id]
