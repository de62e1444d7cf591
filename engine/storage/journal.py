"""Read the journal back, in order and in bounded pages."""

from collections.abc import Iterator, Sequence
from typing import cast

from redis import Redis

from protocol.journal import JournalEntry, entry_id
from protocol.shards import FIRST, ShardNames

PAGE_ENTRIES = 32

StreamItem = tuple[bytes, dict[bytes, bytes]]
"""The id and the fields of an entry of a stream."""


class JournalDamaged(Exception):
    """The journal does not lead to the state that it names: only an operator can help."""


def read_journal(client: Redis, after: int, names: ShardNames = FIRST) -> Iterator[JournalEntry]:
    """Yield every commit after the sequence `after`; raise JournalDamaged at a gap."""
    while page := _read_page(client, after, names.journal):
        for entry in page:
            if entry.previous != after:
                raise JournalDamaged(
                    f"journal entry {entry.sequence} follows {entry.previous}, expected {after}"
                )
            after = entry.sequence
            yield entry


def _read_page(client: Redis, after: int, journal: str) -> list[JournalEntry]:
    start = b"(" + entry_id(after)
    page = client.xrange(journal, start, "+", count=PAGE_ENTRIES)
    return decode_page(cast("list[StreamItem]", page), after)


def decode_page(page: Sequence[StreamItem], after: int) -> list[JournalEntry]:
    """Decode what was read behind the sequence `after`; raise JournalDamaged if that fails."""
    try:
        return [JournalEntry.from_stream(*item) for item in page]
    except (KeyError, ValueError) as error:
        raise JournalDamaged(f"journal behind {after}: {error!r}") from error
