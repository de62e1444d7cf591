"""A reader that follows the whole journal as it grows, and remembers what it said."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from redis import Redis, RedisError

from benchmark.chaos.told import Change
from cluster.address import is_cluster
from engine.audit.record import Record
from engine.exchange.entries import Malformed, Unreadable, read_entry
from engine.storage.journal import JournalDamaged, read_journal
from engine.storage.redis_client import connect_redis
from protocol import channels, codec
from protocol.commands import QueueEntry
from protocol.enums import OPEN_STATUSES, CommandType, Reason, Status
from protocol.events import CommandRejected, ExecutionReport, Trade
from protocol.journal import JournalEntry

_PAUSE_SECONDS = 0.1


class Witness:
    """What the journal has said of commands, orders and trades."""

    def __init__(self, redis_url: str) -> None:
        self.sequence = 0
        self.gap: str | None = None
        """Why the journal could not be read on; what follows is unknown."""
        self.states: dict[str, tuple[str, str]] = {}
        """Order id → the last reported status and filled quantity."""
        self.trades: dict[tuple[str, int], Trade] = {}
        """By symbol and trade id."""
        self.changes: Counter[Change] = Counter()
        """The commands other than new orders."""
        self.amended: set[tuple[str, str]] = set()
        """Order and timestamp of each report that an amend led to."""
        self.numbers: dict[int, str] = {}
        """The id of each accepted order, by number."""
        self.accepted: Counter[tuple[str, str | None]] = Counter()
        """How many orders were accepted under an account's name."""
        self.duplicates = 0
        self._redis_url = redis_url
        self._hashes: dict[int, bytes] = {}
        self._opened: Counter[str] = Counter()
        self._overfilled: set[str] = set()
        self._repeated_trades = 0

    @property
    def twice(self) -> int:
        """Orders opened twice or filled beyond their quantity, and trades that came twice."""
        opened_twice = sum(count > 1 for count in self._opened.values())
        return opened_twice + len(self._overfilled) + self._repeated_trades

    def is_closed(self, order_id: str) -> bool:
        """Return whether the order has ended; one that the journal does not have has not."""
        return order_id in self.states and self.states[order_id][0] not in OPEN_STATUSES

    async def run(self) -> None:
        """Keep reading until canceled."""
        while True:
            await asyncio.to_thread(self.catch_up)
            await asyncio.sleep(_PAUSE_SECONDS)

    def catch_up(self) -> None:
        """Read what is new; if Redis is away, leave the rest for another time."""
        with suppress(RedisError), connect_redis(self._redis_url) as client:
            try:
                confirmed = self._read_confirmed(client)
                for entry in read_journal(client, self.sequence):
                    if confirmed is not None and entry.sequence > confirmed:
                        return
                    self._read(entry)
            except JournalDamaged as damage:
                self.gap = self.gap or str(damage)

    def _read_confirmed(self, client: Redis) -> int | None:
        """Read up to which sequence the journal may be read on a cluster; None on one Redis."""
        if not is_cluster(self._redis_url):
            return None
        return int(client.hget(channels.STATE, channels.STATE_CONFIRMED) or 0)

    def count_changed(self, history: Record) -> int:
        """Count commits that differ in the journal now from what was read."""
        start = history.journal_start
        return sum(
            self._hashes.get(entry.sequence) != entry.state_hash
            for entry in history.read_entries(start)
        )

    def _read(self, entry: JournalEntry) -> None:
        commands = _list_commands(entry)
        for command in commands.values():
            if command.command not in (CommandType.NEW, CommandType.DEAD):
                self.changes[Change(command.command, command.account, command.order_id)] += 1
        last = 0
        for event in _list_events(entry):
            if isinstance(event, ExecutionReport):
                cause = commands.get(event.sequence)
                self._read_report(event, cause, is_first=event.sequence != last)
                last = event.sequence
            elif isinstance(event, CommandRejected):
                self.duplicates += event.reason is Reason.DUPLICATE_ORDER
            elif isinstance(event, Trade):
                self._repeated_trades += (event.symbol, event.trade_id) in self.trades
                self.trades[event.symbol, event.trade_id] = event
        self._hashes[entry.sequence] = entry.state_hash
        self.sequence = entry.sequence

    def _read_report(
        self, report: ExecutionReport, command: QueueEntry | None, *, is_first: bool
    ) -> None:
        if report.number and report.number not in self.numbers:
            self.numbers[report.number] = report.order_id
            self.accepted[report.account, report.client_order_id] += 1
        if command is not None and command.order_id == report.order_id:
            is_new = command.command is CommandType.NEW and is_first
            self._opened[report.order_id] += is_new and report.status is not Status.REJECTED
            if command.command is CommandType.AMEND:
                self.amended.add((report.order_id, report.timestamp))
        self.states[report.order_id] = (report.status.value, report.filled_quantity)
        if float(report.filled_quantity) > float(report.quantity or "0"):
            self._overfilled.add(report.order_id)


def _list_commands(entry: JournalEntry) -> dict[int, QueueEntry]:
    """List the commands that can be read, by sequence."""
    commands = {}
    for sequence, raw in enumerate(codec.split_entries(entry.commands), entry.previous + 1):
        with suppress(Malformed, Unreadable):
            commands[sequence] = read_entry(raw)
    return commands


def _list_events(entry: JournalEntry) -> Iterator[object]:
    for channel in (channels.EXECUTION_REPORTS, channels.TRADE_EVENTS):
        if channel in entry.messages:
            yield from codec.decode_message(entry.messages[channel]).events
