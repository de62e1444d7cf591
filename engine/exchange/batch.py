"""Gather what a batch of commands leads to, for one commit."""

from collections.abc import Callable, Mapping

from engine.exchange.event_text import put_bbo, put_delta, write_levels
from engine.exchange.json_buffer import JsonBuffer
from protocol import channels, codec
from protocol.commands import MAX_ENTRY_BYTES
from protocol.enums import Reason
from protocol.events import DeadEntry, PrivateEvent, Reply, ReplyMessage
from protocol.instrument import Instrument
from protocol.journal import JournalEntry
from protocol.timestamps import format_timestamp

MAX_BATCH_SIZE = 20_000
"""Most commands and reports of one commit, so that it cannot outlast the lease. The command that
crosses it is still taken whole."""


class BookChanges:
    """The levels of one symbol that a batch changed: price in ticks → quantity in lots."""

    def __init__(self, instrument: Instrument, first_update_id: int) -> None:
        self.instrument = instrument
        self.first_update_id = first_update_id
        self.last_update_id = first_update_id
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}


class Batch:
    """The commands of one commit and everything that they cause.

    `previous` is the sequence before it, `timestamp` the engine's stamp of all its commands and
    `elapsed` the time since the commit before (None in old journals), both in microseconds,
    `last_published` each channel's last sequence so far.
    """

    def __init__(
        self,
        previous: int,
        timestamp: int,
        elapsed: int | None,
        last_published: Mapping[str, int],
    ) -> None:
        self.previous = previous
        self.sequence = previous
        self.timestamp = timestamp
        self.elapsed = elapsed
        self.timestamp_text = format_timestamp(timestamp)
        self.state_hash = 0
        self.taken: list[bytes] = []
        self.commands: list[bytes] = []
        self.dead: list[bytes] = []
        self.trades = JsonBuffer()
        self.reports = JsonBuffer()
        self.rejects: list[Reason] = []
        self.bbos = JsonBuffer()
        self.changes: dict[int, BookChanges] = {}
        self.fills: list[tuple[int, str]] = []
        """Order id and fill, of the command in hand."""
        self.prevented: list[tuple[int, int, int, int, int, int]] = []
        """Of the command in hand: the taker's order id, the prevented match's id, the maker's
        number, the price, what the taker and what the maker lost."""
        self.messages: dict[str, bytes] = {}
        """Channel → what is published there, once the batch is finished."""
        self.is_clock_moved = False
        """Whether an `advance` begins it."""
        self.tells_prevention = False
        """Whether reports tell the mode of self-trade prevention."""
        self._taken_kilobytes = 0
        self._replies: dict[str, list[Reply]] = {}
        self._last_published = last_published

    def measure(self) -> int:
        """Return how much the batch will write: commands, reports, and kilobytes taken."""
        return len(self.commands) + self.reports.events + self._taken_kilobytes

    def take(self, entry: bytes) -> None:
        """Begin the next command, with `entry` as it stands in the list."""
        self.taken.append(entry)
        self.commands.append(entry)
        self._taken_kilobytes += len(entry) // 1000
        self.sequence += 1
        if self.fills:
            self.fills = []
        if self.prevented:
            self.prevented = []

    def take_all(self, entries: list[bytes]) -> None:
        """Take several entries, one after the other."""
        self.taken += entries
        self.commands += entries
        self.sequence += len(entries)
        self.fills, self.prevented = [], []

    def set_aside(self, command: bytes, entry: bytes, reason: Reason, detail: str) -> None:
        """Journal `command` in the place of `entry`, just taken, and move `entry` to the dead ones.

        If it is longer than any entry that could be used, only its beginning is kept.
        """
        self.commands[-1] = command
        text = codec.to_text(entry[:MAX_ENTRY_BYTES])
        dead = DeadEntry(self.sequence, self.timestamp_text, reason, detail, text, len(entry))
        self.dead.append(codec.encode(dead))

    def add_reject(self, report: PrivateEvent, reason: Reason) -> None:
        """Add the report of something refused that is not in the table of orders."""
        self.reports.begin()
        self.reports.put_encoded(codec.encode(report))
        self.rejects.append(reason)

    def add_level(
        self, instrument: Instrument, is_bid: bool, price: int, quantity: int, update_id: int
    ) -> None:
        """Set a level's new quantity in lots, 0 if it is gone."""
        changes = self.changes.get(instrument.index)
        if changes is None:
            changes = self.changes[instrument.index] = BookChanges(instrument, update_id)
        changes.last_update_id = update_id
        levels = changes.bids if is_bid else changes.asks
        levels[price] = quantity

    def add_quote(
        self, instrument: Instrument, quote: tuple[int, int, int, int], update_id: int
    ) -> None:
        """Add best bid, its quantity, best ask, its quantity, in ticks and lots; 0 for none."""
        put_bbo(self.bbos, instrument, quote, update_id, self.timestamp_text)

    def add_reply(self, worker: str, reply: Reply) -> None:
        """Answer a request that waits at the gateway worker `worker`."""
        self._replies.setdefault(worker, []).append(reply)

    def to_journal_entry(self) -> JournalEntry:
        """Make the commit's entry, with the messages that are published."""
        return JournalEntry(
            self.previous,
            self.sequence,
            self.timestamp,
            codec.join_entries(self.commands),
            b"%016x" % self.state_hash,
            self.messages,
            self.elapsed,
        )

    def to_replies(self) -> dict[str, bytes]:
        """Make the message of each reply channel, and of the one that says where the clock is."""
        clock = {channels.CLOCK_MOVES: self.timestamp_text.encode()} if self.is_clock_moved else {}
        return clock | {
            channels.reply_channel(worker): codec.encode(ReplyMessage(replies))
            for worker, replies in self._replies.items()
        }

    def finish(
        self,
        state_hash: int,
        write: Callable[[Instrument, dict[int, int]], str] = write_levels,
    ) -> None:
        """Close the batch: make its messages, for the state that `state_hash` stands for.

        `write` writes changed levels.
        """
        self.state_hash = state_hash
        deltas = JsonBuffer()
        for changes in self.changes.values():
            put_delta(
                deltas,
                changes.instrument,
                changes.first_update_id,
                changes.last_update_id,
                write(changes.instrument, changes.bids),
                write(changes.instrument, changes.asks),
                self.timestamp_text,
            )
        happened = {
            channels.TRADE_EVENTS: self.trades,
            channels.ORDER_BOOK_UPDATES: deltas,
            channels.BBO_UPDATES: self.bbos,
            channels.EXECUTION_REPORTS: self.reports,
        }
        self.messages = {
            channel: buffer.to_message(self._last_published.get(channel, 0), self.sequence)
            for channel, buffer in happened.items()
            if buffer.events
        }
