"""Run one batch of the list: from entries to commands to all that they cause.

A function of state, entries and stamp: it reads no clock, draws no id and does no I/O, so that the
journal's commands lead to the same state and the same messages again. Compiled if there is a
compiler (`handler.pxd` has the types).
"""

from collections.abc import Callable, Sequence

from engine.exchange.batch import MAX_BATCH_SIZE, Batch
from engine.exchange.changes import amend, cancel, cancel_after, cancel_all, expire_timers
from engine.exchange.entries import Malformed, Unreadable, read_entry
from engine.exchange.entry import Entry
from engine.exchange.exchange import Exchange
from engine.exchange.levels import UnknownLevel
from engine.exchange.money_commands import credit, debit, open_account, set_fees
from engine.exchange.operator_commands import clear_queue, configure, halt, resume
from engine.exchange.rejects import to_command_rejected, to_dead_report
from engine.exchange.replies import Outcome, to_reply
from engine.exchange.submission import submit
from protocol import codec
from protocol.commands import QueueEntry, parse_order_id
from protocol.enums import CommandType, Reason
from protocol.refusal import Refusal


class HandlingFailed(Exception):
    """Handling an entry raised in our own code: the state in memory can no longer be trusted."""

    def __init__(self, entry: bytes) -> None:
        super().__init__(f"cannot handle {entry[:200]!r}")
        self.entry = entry


class Handler:
    """Runs the entries of the list on an exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def handle(
        self,
        entries: Sequence[bytes],
        now: int,
        elapsed: int | None,
        poisonous: frozenset[bytes] = frozenset(),
        max_size: int | None = MAX_BATCH_SIZE,
    ) -> Batch:
        """Run `entries`, and return all that they lead to.

        They are taken at `now`, `elapsed` after the commit before, both in microseconds; None if
        the journal is too old to say.

        Takes as many of them as one commit can hold (all if `max_size` is None), but at least one;
        those in `poisonous` are rejected without a try. Raises HandlingFailed: then only recovery
        leads on.
        """
        batch = self.exchange.begin_batch(now, elapsed)
        for entry in entries:
            batch.take(entry)
            try:
                self._handle_entry(entry, batch, bool(poisonous) and entry in poisonous)
            except Exception as error:
                raise HandlingFailed(entry) from error
            if max_size is not None and batch.measure() >= max_size:
                break
        self.exchange.finish_batch(batch)
        return batch

    def _handle_entry(self, raw: bytes, batch: Batch, is_poisonous: bool) -> None:
        exchange = self.exchange
        exchange.count_entry()
        if is_poisonous:
            _set_aside(raw, Reason.INTERNAL_ERROR, "its handling failed", batch)
            return
        try:
            entry = read_entry(raw)
            outcome = _COMMANDS[entry.command](exchange, entry, batch)
        except Unreadable as unreadable:
            _set_aside(raw, Reason.UNREADABLE_ENTRY, str(unreadable), batch)
            return
        except UnknownLevel as unknown:
            # journaled as a `configure`, it would begin the level in the replay of a later version
            _set_aside(raw, Reason.INVALID_COMMAND, str(unknown), batch)
            return
        except Malformed as malformed:
            entry = malformed.entry
            outcome = _refuse(exchange, entry, malformed, batch)
        except Refusal as refusal:
            outcome = _refuse(exchange, entry, refusal, batch)
        if entry.reply_to and entry.request_id:
            batch.add_reply(entry.reply_to, to_reply(entry, outcome, batch))


def _refuse(exchange: Exchange, entry: Entry, refusal: Refusal, batch: Batch) -> Outcome:
    name = _find_name(exchange, entry)
    batch.add_reject(to_command_rejected(entry, refusal, batch, name), refusal.code)
    return Outcome(reason=refusal.code, refusal=refusal)


def _find_name(exchange: Exchange, entry: Entry) -> str | None:
    """Find the client order id of the order that `entry` names; None if it is not the account's."""
    try:
        order = exchange.orders.find(parse_order_id(entry.order_id))
    except Refusal:
        return None
    if order is None or order.account != entry.account:
        return None
    return order.client_order_id


def _set_aside(raw: bytes, reason: Reason, detail: str, batch: Batch) -> None:
    """Move an entry that cannot be used to the dead ones; journal the reason in its place."""
    command = QueueEntry(command=CommandType.DEAD, reason=reason, detail=detail)
    batch.set_aside(codec.encode(command), raw, reason, detail)
    batch.add_reject(to_dead_report(reason, detail, batch), reason)


def _stay_dead(_exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Repeat the reject of an entry that was set aside when the journal was written."""
    reason = entry.reason or Reason.UNREADABLE_ENTRY
    batch.add_reject(to_dead_report(reason, entry.detail, batch), reason)
    return Outcome()


_COMMANDS: dict[CommandType, Callable[[Exchange, Entry, Batch], Outcome]] = {
    CommandType.NEW: submit,
    CommandType.CANCEL: cancel,
    CommandType.AMEND: amend,
    CommandType.CANCEL_ALL: cancel_all,
    CommandType.CANCEL_AFTER: cancel_after,
    CommandType.EXPIRE_TIMERS: expire_timers,
    CommandType.OPEN_ACCOUNT: open_account,
    CommandType.CREDIT: credit,
    CommandType.DEBIT: debit,
    CommandType.SET_FEES: set_fees,
    CommandType.HALT: halt,
    CommandType.RESUME: resume,
    CommandType.CONFIGURE: configure,
    CommandType.CLEAR_QUEUE: clear_queue,
    CommandType.DEAD: _stay_dead,
}
