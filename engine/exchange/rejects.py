"""Make reports about what was refused, from nothing but what the entry gave."""

from msgspec import UNSET

from engine.exchange.batch import Batch
from protocol.commands import QueueEntry
from protocol.decimals import Increment, is_decimal
from protocol.enums import Reason, Status
from protocol.events import CommandRejected, ExecutionReport
from protocol.instrument import MAX_STEPS, Instrument
from protocol.refusal import Refusal

_NOTHING = "0"


def to_rejected_report(
    entry: QueueEntry,
    order_id: int,
    client_order_id: str,
    instrument: Instrument | None,
    refusal: Refusal,
    batch: Batch,
    execution_number: int,
) -> ExecutionReport:
    """Make the only report of an order that was refused for its form; it echoes the order's values.

    Values on the instrument's grid are written with its decimal places; others, and all if
    `instrument` is None, are echoed as they came. `execution_number` is 0 before its level.
    """
    tick, lot = (instrument.tick, instrument.lot) if instrument else (None, None)
    nothing = lot.to_text(0) if lot else _NOTHING
    return ExecutionReport(
        order_id=str(order_id),
        number=None if execution_number else UNSET,
        execution_number=execution_number or UNSET,
        client_order_id=client_order_id,
        account=entry.account,
        symbol=entry.symbol,
        side=entry.side,
        order_type=entry.order_type,
        price=echo(entry.price, tick),
        stop_price=echo(entry.stop_price, tick),
        triggered=None,
        quantity=echo(entry.quantity, lot),
        filled_quantity=nothing,
        remaining_quantity=nothing,
        filled_notional=instrument.no_notional if instrument else _NOTHING,
        average_price=None,
        status=Status.REJECTED,
        reason=refusal.code,
        last_trade=None,
        sequence=batch.sequence,
        timestamp=batch.timestamp_text,
    )


def to_command_rejected(
    entry: QueueEntry, refusal: Refusal, batch: Batch, known_name: str | None = None
) -> CommandRejected:
    """Make the report of a command that changed nothing.

    `known_name` is the client order id of the order that the command names, if the account has it.
    """
    return CommandRejected(
        order_id=entry.order_id,
        client_order_id=entry.client_order_id or known_name,
        account=entry.account,
        command=entry.command,
        reason=refusal.code,
        detail=refusal.detail,
        sequence=batch.sequence,
        timestamp=batch.timestamp_text,
    )


def to_dead_report(reason: Reason, detail: str | None, batch: Batch) -> CommandRejected:
    """Make the report of an entry of which nothing can be used."""
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


def echo(text: str | None, step: Increment | None) -> str | None:
    """Return a value as a reject tells it; None if it is no decimal."""
    if text is None or not is_decimal(text):
        return None
    if step is None:
        return text
    steps, remainder = step.to_steps(text)
    return text if remainder or steps > MAX_STEPS else step.to_text(steps)
