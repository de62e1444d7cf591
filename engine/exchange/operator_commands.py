"""Commands that decide which orders are taken from now on: halts, limits, a cleared queue."""

from engine.exchange.batch import Batch
from engine.exchange.entry import Entry
from engine.exchange.exchange import Exchange
from engine.exchange.levels import Level, find_level
from engine.exchange.replies import Outcome
from protocol.decimals import is_decimal
from protocol.enums import Reason
from protocol.refusal import Refusal


def halt(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Take only cancels for the instrument."""
    instrument = exchange.rules.find_instrument(entry.symbol, batch.sequence)
    exchange.rules.halt(instrument)
    return Outcome()


def resume(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """End the instrument's halt."""
    instrument = exchange.rules.find_instrument(entry.symbol, batch.sequence)
    exchange.rules.resume(instrument)
    return Outcome()


def configure(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Put other limits in force, and begin the level, if there is one; UnknownLevel if not here.

    If there are settings of the ledger, they come into force too.
    """
    level = exchange.level if entry.level is None else find_level(entry.level)
    if entry.ledger is not None:
        exchange.check_ledger(entry.ledger)
        level = max(level, Level.LEDGER)
    exchange.rules.configure(entry.limits)
    exchange.raise_level(level)
    if entry.ledger is not None:
        exchange.configure_ledger(entry.ledger, batch)
    return Outcome()


def clear_queue(exchange: Exchange, entry: Entry, _batch: Batch) -> Outcome:
    """Reject the new orders among the next `quantity` entries."""
    if entry.quantity is None or "." in entry.quantity or not is_decimal(entry.quantity):
        raise Refusal(Reason.QUANTITY_REQUIRED, "quantity", "say how many entries to clear")
    exchange.clear_queue(int(entry.quantity))
    return Outcome()
