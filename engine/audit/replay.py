"""Audit the journal by a second run of its commands: the same state, the same bytes."""

from collections.abc import Iterator

import msgspec

from engine.audit.findings import Findings, Rule
from engine.exchange.exchange import Exchange
from engine.order_path.handler import Handler, HandlingFailed
from protocol import channels, codec
from protocol.journal import JournalEntry
from protocol.snapshot import BookSnapshot, Snapshot


class ReplayAudit:
    """Runs the journal's commands on `exchange`, up to the first that lead elsewhere."""

    def __init__(self, exchange: Exchange, findings: Findings) -> None:
        self.exchange = exchange
        self._handler = Handler(exchange)
        self.is_intact = True
        """Whether the replay still agrees with the journal."""
        self.snapshots = 0
        self._findings = findings

    def read(self, entry: JournalEntry) -> None:
        """Run one commit's commands, and compare."""
        if not self.is_intact:
            return
        try:
            commands = codec.split_entries(entry.commands)
            batch = self._handler.handle(commands, entry.timestamp, entry.elapsed, max_size=None)
        except (msgspec.DecodeError, HandlingFailed) as error:
            self._stop(f"the commands cannot be run: {error!r}")
            return
        if batch.sequence != entry.sequence:
            self._stop(f"{len(commands)} commands after {entry.previous} end at {batch.sequence}")
        again = batch.to_journal_entry()
        if again.state_hash != entry.state_hash:
            self._stop(f"state hash {entry.state_hash!r}, again {again.state_hash!r}")
        for channel in channels.EVENT_CHANNELS:
            published, expected = entry.messages.get(channel), again.messages.get(channel)
            if published != expected:
                self._stop(f"{channel}: {_cut(published)}, again {_cut(expected)}")

    def compare(self, snapshot: Snapshot) -> None:
        """Compare `snapshot` with what the replay has now."""
        if not self.is_intact or snapshot.sequence != self.exchange.sequence:
            return
        self.snapshots += 1
        for difference in _compare_snapshots(snapshot, self.exchange.export()):
            self._findings.add(Rule.SNAPSHOT, f"at {snapshot.sequence}: {difference}")

    def _stop(self, detail: str) -> None:
        self.is_intact = False
        self._findings.add(Rule.REPLAY, detail)


def _compare_snapshots(stored: Snapshot, made: Snapshot) -> Iterator[str]:
    """Say what differs; a book that was listed after the snapshot must still be untouched."""
    books = {book.symbol: book for book in stored.books}
    if any(books.get(book.symbol, _untouched(book)) != book for book in made.books):
        yield "the readable books"
    if (stored.timestamp, stored.last_published) != (made.timestamp, made.last_published):
        yield "the stamp or the channels' last sequences"
    if len(stored.books) == len(made.books) and stored.engine != made.engine:
        yield "the engine's own part"


def _untouched(book: BookSnapshot) -> BookSnapshot:
    return BookSnapshot(book.symbol, 0, 0, None, [], [])


def _cut(message: bytes | None) -> str:
    return "nothing" if message is None else repr(message[:200])
