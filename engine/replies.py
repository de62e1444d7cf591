"""Answers to gateway requests that wait."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.batch import Batch
from engine.orders import Order
from protocol.commands import QueueEntry
from protocol.enums import Reason
from protocol.events import ExecutionReport, Fill, PrivateEvent, Reply
from protocol.refusal import Refusal


class Outcome(NamedTuple):
    """What became of a command: the order it was about, or its reject, or why there is neither.

    `canceled`: how many orders a cancel_all took off; `due`: when a cancel_after will act.
    """

    order: Order | None = None
    report: ExecutionReport | None = None
    reason: Reason | None = None
    refusal: Refusal | None = None
    is_duplicate: bool = False
    canceled: int | None = None
    due: str | None = None


def to_reply(
    entry: QueueEntry, outcome: Outcome, batch: Batch, reports: Sequence[PrivateEvent]
) -> Reply:
    """The answer to `entry`; `reports` are those that its handling made."""
    report, refusal = outcome.report, outcome.refusal
    if outcome.order is not None:
        report = outcome.order.to_report(batch.sequence, batch.timestamp_text)
    return Reply(
        request_id=entry.request_id or "",
        sequence=batch.sequence,
        status=report.status if report else None,
        reason=outcome.reason,
        detail=refusal.detail if refusal else None,
        duplicate=outcome.is_duplicate,
        order=report,
        fills=_collect_fills(report, reports) if report else [],
        field=refusal.field if refusal else None,
        nearest=refusal.nearest if refusal else None,
        step=refusal.step if refusal else None,
        canceled=outcome.canceled,
        due=outcome.due,
    )


def _collect_fills(order: ExecutionReport, reports: Sequence[PrivateEvent]) -> list[Fill]:
    return [
        report.last_trade
        for report in reports
        if isinstance(report, ExecutionReport)
        and report.last_trade is not None
        and report.order_id == order.order_id
    ]
