"""The commands of a journal entry, for audits that read them."""

from collections.abc import Iterable

import msgspec

from engine.exchange.entries import Malformed, Unreadable, read_entry
from protocol import codec
from protocol.commands import QueueEntry
from protocol.journal import JournalEntry


def list_commands(entry: JournalEntry) -> Iterable[tuple[int, QueueEntry]]:
    """List what can be read, with each one's sequence; what cannot is another audit's."""
    try:
        commands = codec.split_entries(entry.commands)
    except msgspec.DecodeError:
        return
    for sequence, raw in enumerate(commands, entry.previous + 1):
        try:
            yield sequence, read_entry(raw)
        except (Malformed, Unreadable):
            continue
