"""Answer the gateway requests that wait for a reply."""

import msgspec

from engine.exchange.batch import Batch
from engine.exchange.entry import Entry
from engine.exchange.event_text import NO_TRADE, report_text
from engine.exchange.orders import Order
from protocol import codec
from protocol.enums import Reason
from protocol.events import Balance, ExecutionReport, Fill, Reply
from protocol.refusal import Refusal

MAX_FILLS = 10_000
"""Most fills of one reply. With more it has none: a worker's messages must not outgrow its
connection."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of a command: the order that it was about, its reject, or why there is neither.

    `canceled` is how many orders a cancel_all canceled, `due` when a cancel_after will act,
    `balance` what a credit or debit led to.
    """

    order: Order | None = None
    report: ExecutionReport | None = None
    reason: Reason | None = None
    refusal: Refusal | None = None
    is_duplicate: bool = False
    canceled: int | None = None
    due: str | None = None
    balance: Balance | None = None


def to_reply(entry: Entry, outcome: Outcome, batch: Batch) -> Reply:
    """Make the answer to `entry`, the command in hand."""
    order, refusal = outcome.order, outcome.refusal
    report = outcome.report if order is None else _report_order(order, batch)
    return Reply(
        request_id=entry.request_id or "",
        sequence=batch.sequence,
        status=report.status if report else None,
        reason=outcome.reason,
        detail=refusal.detail if refusal else None,
        duplicate=outcome.is_duplicate,
        order=report,
        fills=_collect_fills(order, batch) if order else [],
        field=refusal.field if refusal else None,
        nearest=refusal.nearest if refusal else None,
        step=refusal.step if refusal else None,
        canceled=outcome.canceled,
        due=outcome.due,
        balance=outcome.balance,
    )


def _report_order(order: Order, batch: Batch) -> ExecutionReport:
    return codec.decode_report(report_text(order, NO_TRADE, batch.sequence, batch.timestamp_text))


def _collect_fills(order: Order, batch: Batch) -> list[Fill]:
    if len(batch.fills) > 2 * MAX_FILLS:
        return []
    return [codec.decode_fill(fill) for owner, fill in batch.fills if owner == order.order_id]
