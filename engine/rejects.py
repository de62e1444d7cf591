"""Reports about what was not done: they have to make do with what the entry gave."""

from engine.batch import Batch
from protocol.commands import QueueEntry
from protocol.decimals import is_decimal
from protocol.enums import Reason, Status
from protocol.events import CommandRejected, ExecutionReport
from protocol.refusal import Refusal

_NOTHING = "0"


def to_rejected_report(
    entry: QueueEntry, order_id: int, client_order_id: str, refusal: Refusal, batch: Batch
) -> ExecutionReport:
    """The only report of an order that was refused before the core saw it; echoes its values."""
    return ExecutionReport(
        order_id=str(order_id),
        client_order_id=client_order_id,
        account=entry.account,
        symbol=entry.symbol,
        side=entry.side,
        order_type=entry.order_type,
        price=_echo(entry.price),
        stop_price=_echo(entry.stop_price),
        triggered=None,
        quantity=_echo(entry.quantity),
        filled_quantity=_NOTHING,
        remaining_quantity=_NOTHING,
        filled_notional=_NOTHING,
        average_price=None,
        status=Status.REJECTED,
        reason=refusal.code,
        last_trade=None,
        sequence=batch.sequence,
        timestamp=batch.timestamp_text,
    )


def to_command_rejected(entry: QueueEntry, refusal: Refusal, batch: Batch) -> CommandRejected:
    """The report of a command that changed nothing."""
    return CommandRejected(
        order_id=entry.order_id,
        client_order_id=entry.client_order_id,
        account=entry.account,
        command=entry.command,
        reason=refusal.code,
        detail=refusal.detail,
        sequence=batch.sequence,
        timestamp=batch.timestamp_text,
    )


def to_dead_report(reason: Reason, detail: str | None, batch: Batch) -> CommandRejected:
    """The report of an entry of which nothing can be used."""
    return CommandRejected(
        order_id=None,
        client_order_id=None,
        account=None,
        command=None,
        reason=reason,
        detail=detail,
        sequence=batch.sequence,
        timestamp=batch.timestamp_text,
    )


def _echo(text: str | None) -> str | None:
    return text if text is not None and is_decimal(text) else None
