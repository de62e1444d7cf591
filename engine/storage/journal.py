"""Read the journal back, in order and in bounded pages."""

from collections.abc import Iterator
from typing import cast

from redis import Redis

from protocol import channels
from protocol.journal import JournalEntry, entry_id

PAGE_ENTRIES = 32


class JournalDamaged(Exception):
    """The journal does not lead to the state that it names: only an operator can help."""


def read_journal(client: Redis, after: int) -> Iterator[JournalEntry]:
    """Yield every commit after the sequence `after`; raise JournalDamaged at a gap."""
    while page := _read_page(client, after):
        for entry in page:
            if entry.previous != after:
                raise JournalDamaged(
                    f"journal entry {entry.sequence} follows {entry.previous}, expected {after}"
                )
            after = entry.sequence
            yield entry


def _read_page(client: Redis, after: int) -> list[JournalEntry]:
    start = b"(" + entry_id(after)
    page = client.xrange(channels.JOURNAL, start, "+", count=PAGE_ENTRIES)
    try:
        return [
            JournalEntry.from_stream(*item)
            for item in cast(list[tuple[bytes, dict[bytes, bytes]]], page)
        ]
    except (KeyError, ValueError) as error:
        raise JournalDamaged(f"journal behind {after}: {error!r}") from error
