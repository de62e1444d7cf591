"""Commands that decide which orders are taken from now on: phases, limits, a cleared queue."""

from engine.exchange.batch import Batch
from engine.exchange.exchange import Exchange
from engine.exchange.levels import Level, find_level
from engine.exchange.replies import Outcome
from protocol.commands import QueueEntry, check_advance
from protocol.decimals import is_decimal
from protocol.enums import Phase, Reason
from protocol.refusal import Refusal


def halt(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Take only cancels for the instrument."""
    instrument = exchange.rules.find_instrument(entry.symbol, batch.sequence)
    exchange.rules.set_phase(instrument, Phase.HALTED)
    return Outcome()


def resume(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Let the instrument trade again, whatever phase it is in."""
    instrument = exchange.rules.find_instrument(entry.symbol, batch.sequence)
    exchange.rules.set_phase(instrument, Phase.CONTINUOUS)
    return Outcome()


def set_phase(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Begin a phase of the instrument."""
    instrument = exchange.rules.find_instrument(entry.symbol, batch.sequence)
    if entry.phase is None:
        raise Refusal(Reason.INVALID_COMMAND, "phase", f"phase must be one of {', '.join(Phase)}")
    exchange.rules.set_phase(instrument, entry.phase)
    return Outcome()


def configure(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Put other limits in force, and begin the level, if there is one; UnknownLevel if not here.

    If there are settings of the ledger, they come into force too.
    """
    level = exchange.level if entry.level is None else find_level(entry.level)
    if entry.ledger is not None:
        exchange.check_ledger(entry.ledger)
        level = max(level, Level.LEDGER)
    exchange.rules.configure(entry.limits)
    exchange.raise_level(level, batch)
    if entry.ledger is not None:
        exchange.configure_ledger(entry.ledger, batch)
    return Outcome()


def advance(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Tell where a manual clock is now: the stamp of its commit has moved on already."""
    check_advance(entry.elapsed)
    if not exchange.is_clock_manual:
        raise Refusal(
            Reason.CLOCK_NOT_MANUAL, None, "only a clock that began as CLOCK=manual can be moved"
        )
    batch.is_clock_moved = True
    return Outcome(due=batch.timestamp_text)


def reset(_exchange: Exchange, _entry: QueueEntry, _batch: Batch) -> Outcome:
    """Refuse: where it is possible to begin anew, that is done before a batch is made."""
    raise Refusal(
        Reason.NOT_EPHEMERAL, None, "only an exchange that began as EPHEMERAL=on can begin anew"
    )


def clear_queue(exchange: Exchange, entry: QueueEntry, _batch: Batch) -> Outcome:
    """Reject the new orders among the next `quantity` entries."""
    if entry.quantity is None or "." in entry.quantity or not is_decimal(entry.quantity):
        raise Refusal(Reason.QUANTITY_REQUIRED, "quantity", "say how many entries to clear")
    exchange.clear_queue(int(entry.quantity))
    return Outcome()
