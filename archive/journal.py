"""The archive's edge to Redis: reads the journal in bounded pages, and says how far it is."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import msgspec
from redis import Redis

from protocol import channels
from protocol.instrument import InstrumentSpecification, InstrumentTable
from protocol.journal import JournalEntry, entry_id

PAGE_BYTES = 4 << 20
"""About how much of the journal one transaction takes."""
MAX_ENTRIES = 512
BLOCK_MILLISECONDS = 250
"""How long a look at a journal without news waits: how soon a stop is seen."""

# a Redis that is full must still hear how far the archive is: the journal is trimmed behind it
_ANNOUNCE = "#!lua flags=allow-oom\nreturn redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])"


class JournalDamaged(Exception):
    """An entry cannot be read, or does not follow the one before: only an operator can help."""


class ExchangeState(NamedTuple):
    """What Redis says of the exchange; `id_key` is None before it has begun."""

    id_key: bytes | None
    sequence: int
    instruments: list[InstrumentSpecification]


class Journal:
    """The stream of commits."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._announce = client.register_script(_ANNOUNCE)
        self._count = self._limit = MAX_ENTRIES

    def read_state(self) -> ExchangeState:
        """The exchange as it is now."""
        names = [channels.STATE_ID_KEY, channels.STATE_SEQUENCE, channels.STATE_INSTRUMENTS]
        id_key, sequence, table = cast(
            list[bytes | None], self._client.hmget(channels.STATE, names)
        )
        specifications = msgspec.json.decode(table, type=InstrumentTable) if table else None
        return ExchangeState(
            id_key, int(sequence or 0), specifications.instruments if specifications else []
        )

    def read_page(self, after: int) -> list[JournalEntry]:
        """Commits behind the sequence `after`, as many as one transaction should take.

        Waits a while for the first one; empty where none came. Raises JournalDamaged.
        """
        answer = self._client.xread(
            {channels.JOURNAL: entry_id(after)}, count=self._count, block=BLOCK_MILLISECONDS
        )
        streams = cast(list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]], answer)
        items = streams[0][1] if streams else []
        self._adapt(items)
        return _check_order([_to_entry(*item) for item in items])

    def find_entry(self, sequence: int) -> JournalEntry | None:
        """The commit that ended with `sequence`; None where the journal has none such."""
        found = self._client.xrange(channels.JOURNAL, entry_id(sequence), entry_id(sequence))
        items = cast(list[tuple[bytes, dict[bytes, bytes]]], found)
        return _to_entry(*items[0]) if items else None

    def find_oldest(self) -> JournalEntry | None:
        """The first commit that the journal still has."""
        found = self._client.xrange(channels.JOURNAL, count=1)
        items = cast(list[tuple[bytes, dict[bytes, bytes]]], found)
        return _to_entry(*items[0]) if items else None

    def announce(self, sequence: int) -> None:
        """Everything up to `sequence` is in the database, and may leave the journal."""
        self._announce(keys=[channels.STATE], args=[channels.STATE_ARCHIVE_SEQUENCE, sequence])

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def is_full(self, page: Sequence[JournalEntry]) -> bool:
        """Whether more is likely to wait behind `page`."""
        return len(page) >= self._limit

    def _adapt(self, items: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> None:
        """Choose how many entries the next page has, by the size of those of this one."""
        self._limit = self._count
        if items:
            size = sum(len(value) for _, fields in items for value in fields.values())
            self._count = max(1, min(MAX_ENTRIES, PAGE_BYTES * len(items) // max(size, 1)))


def _to_entry(identifier: bytes, fields: dict[bytes, bytes]) -> JournalEntry:
    try:
        return JournalEntry.from_stream(identifier, fields)
    except (KeyError, ValueError) as error:
        raise JournalDamaged(f"journal entry {identifier!r}: {error!r}") from error


def _check_order(page: list[JournalEntry]) -> list[JournalEntry]:
    for before, entry in pairwise(page):
        if entry.previous != before.sequence:
            raise JournalDamaged(f"journal entry {entry.sequence} follows {entry.previous}")
    return page
