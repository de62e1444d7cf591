"""Run one batch of the list: from entries to commands to all that they cause.

What most entries are goes the short way (`path.pyx`), if that is compiled; all others, and those
with which anything is wrong, are decoded and run here.

A function of state, entries and stamp: it reads no clock, draws no id and does no I/O, so that the
journal's commands lead to the same state and the same messages again.
"""

from collections.abc import Callable, Sequence

from engine.exchange.batch import MAX_BATCH_SIZE, Batch
from engine.exchange.changes import (
    amend,
    barrier,
    cancel,
    cancel_after,
    cancel_all,
    expire_timers,
)
from engine.exchange.entries import FIELDS_SINCE, Malformed, Unreadable, read_entry
from engine.exchange.exchange import Exchange
from engine.exchange.levels import Level, UnknownLevel
from engine.exchange.list_commands import cancel_list, new_list
from engine.exchange.money_commands import credit, debit, open_account, set_fees
from engine.exchange.operator_commands import (
    advance,
    clear_queue,
    configure,
    halt,
    reset,
    resume,
    set_phase,
)
from engine.exchange.own_entries import make_timer_entry
from engine.exchange.rejects import to_command_rejected, to_dead_report
from engine.exchange.replacement import replace
from engine.exchange.replies import Outcome, to_reply
from engine.exchange.submission import submit
from engine.exchange.transfer_commands import close_transfers, receive_transfer, transfer
from engine.order_path.implementation import open_path
from protocol import codec
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Reason
from protocol.refusal import Refusal
from protocol.timestamps import MOMENT_RULE, parse_timestamp

_ORDERS, _CONDITIONAL = Level.ORDERS, Level.CONDITIONAL
_CONDITIONAL_COMMANDS = frozenset(
    {
        *(CommandType.NEW_LIST, CommandType.CANCEL_LIST),
        *(CommandType.TRANSFER, CommandType.RECEIVE_TRANSFER, CommandType.CLOSE_TRANSFERS),
    }
)
_QUIET_COMMANDS = frozenset({CommandType.EXPIRE_TIMERS, CommandType.ADVANCE})
_ORDERS_COMMANDS = frozenset({CommandType.REPLACE, CommandType.BARRIER, CommandType.SET_PHASE})
"""Commands that began with the levels of these names."""
_DEFAULTS = QueueEntry()


class HandlingFailed(Exception):
    """Handling an entry raised in our own code: the state in memory can no longer be trusted."""

    def __init__(self, entry: bytes) -> None:
        super().__init__(f"cannot handle {entry[:200]!r}")
        self.entry = entry


class Handler:
    """Runs the entries of the list on an exchange, the short way as far as that goes."""

    def __init__(self, exchange: Exchange, *, is_short: bool = True) -> None:
        self.exchange = exchange
        self._path = exchange.short = open_path(exchange) if is_short else None

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
        none if more orders end now than one commit can hold, which then has a command of its own.
        Those in `poisonous` are rejected without a try. Raises HandlingFailed: then only recovery
        leads on.
        """
        exchange = self.exchange
        batch = exchange.begin_batch(now, elapsed)
        is_own = max_size is not None and exchange.is_crowded() and not _is_quiet(entries[0])
        waiting = [_PAUSE] if is_own else list(entries)
        is_ending = exchange.expiries.is_due(batch.timestamp)
        while len(batch.taken) < len(waiting):
            if not (is_ending or poisonous):
                self._run_plain(waiting, batch, max_size)
            if len(batch.taken) < len(waiting) and not _is_full(batch, max_size):
                self._take(waiting[len(batch.taken)], batch, is_ending, poisonous)
                is_ending = False
            if _is_full(batch, max_size):
                break
        if is_own:
            batch.taken.clear()  # it does not stand in the list
        exchange.finish_batch(batch)
        return batch

    def _run_plain(self, entries: list[bytes], batch: Batch, max_size: int | None) -> None:
        """Run the next entries as far as the short way takes them."""
        if self._path is None:
            return
        try:
            self._path.run(entries, len(batch.taken), batch, max_size)
        except Exception as error:
            raise HandlingFailed(entries[self._path.place]) from error

    def _take(
        self, entry: bytes, batch: Batch, is_ending: bool, poisonous: frozenset[bytes]
    ) -> None:
        """Take the next entry; if it is the first, what ends by itself may end before it."""
        batch.take(entry)
        try:
            if is_ending:
                self._expire_orders(entry, batch)
            self._handle_entry(entry, batch, bool(poisonous) and entry in poisonous)
        except Exception as error:
            raise HandlingFailed(entry) from error

    def _expire_orders(self, first: bytes, batch: Batch) -> None:
        """End the orders whose time is over; all of them, if the first command can trade."""
        is_bounded = self.exchange.level >= _CONDITIONAL and _is_quiet(first)
        self.exchange.expire_orders(batch, MAX_BATCH_SIZE if is_bounded else None)

    def _handle_entry(self, raw: bytes, batch: Batch, is_poisonous: bool) -> None:
        exchange = self.exchange
        exchange.count_entry()
        if is_poisonous:
            _set_aside(raw, Reason.INTERNAL_ERROR, "its handling failed", batch)
            return
        try:
            entry = read_entry(raw, exchange.level)
            outcome = _run(exchange, entry, batch)
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
        if outcome.refusal is not None:  # what it remembers leads back here: garbage in a circle
            outcome.refusal.__traceback__ = outcome.refusal.__context__ = None
        if entry.reply_to and entry.request_id:
            batch.add_reply(entry.reply_to, to_reply(entry.request_id, outcome, batch))


def _is_full(batch: Batch, max_size: int | None) -> bool:
    return max_size is not None and len(batch.taken) > 0 and batch.measure() >= max_size


def _is_quiet(raw: bytes) -> bool:
    """Whether an entry only lets time pass: nothing trades before the commit that follows."""
    if not any(command.encode() in raw for command in _QUIET_COMMANDS):
        return False
    try:
        return read_entry(raw).command in _QUIET_COMMANDS
    except (Malformed, Unreadable):
        return False


def _run(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    if exchange.level < _CONDITIONAL:
        _take_as_before(entry, exchange.level)
    if entry.valid_until is not None:
        _check_time(entry.valid_until, batch)
    return _COMMANDS[entry.command](exchange, entry, batch)


def _refuse(exchange: Exchange, entry: QueueEntry, refusal: Refusal, batch: Batch) -> Outcome:
    name = _find_name(exchange, entry)
    batch.add_reject(to_command_rejected(entry, refusal, batch, name), refusal.code)
    return Outcome(reason=refusal.code, refusal=refusal)


def _find_name(exchange: Exchange, entry: QueueEntry) -> str | None:
    """Find the client order id of the order that `entry` names; None if it is not the account's."""
    try:
        order = exchange.find_order(
            entry.account, entry.order_id, entry.number, entry.client_order_id
        )
    except Refusal:
        return None
    return None if order is None else order.client_order_id


def _take_as_before(entry: QueueEntry, level: Level) -> None:
    """Take an entry as one was taken at an older level."""
    for began, names in FIELDS_SINCE.items():
        for name in names if began > level else ():
            setattr(entry, name, getattr(_DEFAULTS, name))
    is_unknown = entry.command in _CONDITIONAL_COMMANDS
    if is_unknown or (level < _ORDERS and entry.command in _ORDERS_COMMANDS):
        raise _to_unknown(entry)


def _to_unknown(entry: QueueEntry) -> Refusal:
    detail = f"there is no command {entry.command} yet"
    return Refusal(Reason.INVALID_COMMAND, "command", detail)


def _check_time(valid_until: str, batch: Batch) -> None:
    """Raise Refusal if an entry may not be taken any more."""
    try:
        last = parse_timestamp(valid_until)
    except ValueError:
        detail = f"valid_until must be {MOMENT_RULE}"
        raise Refusal(Reason.INVALID_COMMAND, "valid_until", detail) from None
    if batch.timestamp > last:
        raise Refusal(Reason.TOO_LATE, "valid_until", f"it is {batch.timestamp_text} by now")


def _set_aside(raw: bytes, reason: Reason, detail: str, batch: Batch) -> None:
    """Move an entry that cannot be used to the dead ones; journal the reason in its place."""
    command = QueueEntry(command=CommandType.DEAD, reason=reason, detail=detail)
    batch.set_aside(codec.encode(command), raw, reason, detail)
    batch.add_reject(to_dead_report(reason, detail, batch), reason)


def _stay_dead(_exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Repeat the reject of an entry that was set aside when the journal was written."""
    reason = entry.reason or Reason.UNREADABLE_ENTRY
    batch.add_reject(to_dead_report(reason, entry.detail, batch), reason)
    return Outcome()


_PAUSE = make_timer_entry(0)
"""A command that lets orders end, and no timer ring: the entries that wait may renew those."""
_COMMANDS: dict[CommandType, Callable[[Exchange, QueueEntry, Batch], Outcome]] = {
    CommandType.NEW: submit,
    CommandType.CANCEL: cancel,
    CommandType.AMEND: amend,
    CommandType.REPLACE: replace,
    CommandType.NEW_LIST: new_list,
    CommandType.CANCEL_LIST: cancel_list,
    CommandType.BARRIER: barrier,
    CommandType.CANCEL_ALL: cancel_all,
    CommandType.CANCEL_AFTER: cancel_after,
    CommandType.EXPIRE_TIMERS: expire_timers,
    CommandType.OPEN_ACCOUNT: open_account,
    CommandType.CREDIT: credit,
    CommandType.DEBIT: debit,
    CommandType.TRANSFER: transfer,
    CommandType.RECEIVE_TRANSFER: receive_transfer,
    CommandType.CLOSE_TRANSFERS: close_transfers,
    CommandType.SET_FEES: set_fees,
    CommandType.HALT: halt,
    CommandType.RESUME: resume,
    CommandType.SET_PHASE: set_phase,
    CommandType.CONFIGURE: configure,
    CommandType.CLEAR_QUEUE: clear_queue,
    CommandType.ADVANCE: advance,
    CommandType.RESET: reset,
    CommandType.DEAD: _stay_dead,
}
