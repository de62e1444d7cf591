"""The edge to Redis: reads the journal in bounded pages, and announces how far the archive is."""

import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, cast

import msgspec
from redis import Redis

from protocol import channels
from protocol.assets import LedgerSettings
from protocol.instrument import InstrumentSpecification, InstrumentTable
from protocol.journal import JournalEntry, entry_id, parse_entry_id
from protocol.shards import FIRST, ShardNames

PAGE_BYTES = 4 << 20
"""About how many bytes of the journal one transaction takes."""
MAX_ENTRIES = 2048
BLOCK_MILLISECONDS = 250
"""How long a read waits for a new entry, and so how soon a stop is noticed."""
EPHEMERAL_BLOCK_MILLISECONDS = 20
"""How long where an exchange may begin anew, which no entry tells."""
CLUSTER_PAUSE_SECONDS = 0.05
"""Between two looks at journals that no single node can be asked for."""
UNCONFIRMED_SECONDS = 0.005
"""How long what is journaled on a cluster is given to be confirmed, before the next look."""

# also if Redis is full: the journal can only be trimmed once it knows how far the archive is
_ANNOUNCE = "#!lua flags=allow-oom\nreturn redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])"


class JournalDamaged(Exception):
    """An entry cannot be read, or does not continue the one before: only an operator can help."""


class ExchangeState(NamedTuple):
    """The exchange's state in Redis; `id_key` is None before it has begun."""

    id_key: bytes | None
    sequence: int
    instruments: list[InstrumentSpecification]
    ledger: LedgerSettings | None
    is_ephemeral: bool = False
    """Whether it may begin anew: then the database does."""


class Journal:
    """A shard's stream of commits."""

    def __init__(
        self,
        client: Redis,
        block_milliseconds: int = BLOCK_MILLISECONDS,
        names: ShardNames = FIRST,
    ) -> None:
        self._client = client
        self._is_clustered = names.is_clustered
        self._state, self.name = names.state, names.journal
        self.shard = names.shard
        self._block = block_milliseconds
        self._announce = client.register_script(_ANNOUNCE)
        self._count = self._limit = MAX_ENTRIES

    def read_state(self) -> ExchangeState:
        """Read the exchange's state as it is now."""
        names = [
            channels.STATE_ID_KEY,
            channels.STATE_CONFIRMED if self._is_clustered else channels.STATE_SEQUENCE,
            channels.STATE_INSTRUMENTS,
            channels.STATE_LEDGER,
            channels.STATE_EPHEMERAL,
        ]
        id_key, sequence, table, ledger, ephemeral = cast(
            list[bytes | None], self._client.hmget(self._state, names)
        )
        specifications = msgspec.json.decode(table, type=InstrumentTable) if table else None
        return ExchangeState(
            id_key,
            int(sequence or 0),
            specifications.instruments if specifications else [],
            msgspec.json.decode(ledger, type=LedgerSettings) if ledger else None,
            ephemeral is not None,
        )

    def read_page(self, after: int, *, waits: bool = True) -> list[JournalEntry]:
        """Read the commits after the sequence `after`, as many as one transaction should take.

        If it `waits`, that is a while for the first one; return nothing if there is none. Raise
        JournalDamaged.
        """
        block = self._block if waits else None
        answer = self._client.xread({self.name: entry_id(after)}, count=self._count, block=block)
        streams = cast(list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]], answer)
        items = streams[0][1] if streams else []
        if self._is_clustered:
            items = self._choose_confirmed(items)
        self._adapt(items)
        return _check_order([_to_entry(*item) for item in items])

    def wait_for_any(self, after: Mapping[str, int]) -> None:
        """Wait a while for an entry in one of several journals: name → sequence behind which."""
        if self._is_clustered:  # they are on several nodes
            time.sleep(CLUSTER_PAUSE_SECONDS)
            return
        streams = {name: entry_id(sequence) for name, sequence in after.items()}
        self._client.xread(cast("Any", streams), count=1, block=self._block)

    def find_entry(self, sequence: int) -> JournalEntry | None:
        """Read the commit that ended with `sequence`; None if the journal has no such commit."""
        found = self._client.xrange(self.name, entry_id(sequence), entry_id(sequence))
        items = cast(list[tuple[bytes, dict[bytes, bytes]]], found)
        return _to_entry(*items[0]) if items else None

    def find_oldest(self) -> JournalEntry | None:
        """Read the first commit that the journal still has."""
        found = self._client.xrange(self.name, count=1)
        items = cast(list[tuple[bytes, dict[bytes, bytes]]], found)
        return _to_entry(*items[0]) if items else None

    def announce(self, sequence: int) -> None:
        """Announce that all up to `sequence` is in the database, and may leave the journal."""
        self._announce(keys=[self._state], args=[channels.STATE_ARCHIVE_SEQUENCE, sequence])

    def is_full(self, page: Sequence[JournalEntry]) -> bool:
        """Whether more is likely to follow `page` at once."""
        return len(page) >= self._limit

    def _choose_confirmed(
        self, items: list[tuple[bytes, dict[bytes, bytes]]]
    ) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """Choose what a replica has, too; if that is nothing yet, wait a moment."""
        if not items:
            return items
        stored = self._client.hget(self._state, channels.STATE_CONFIRMED)
        confirmed = int(cast(bytes | None, stored) or 0)
        found = [item for item in items if parse_entry_id(item[0]) <= confirmed]
        if not found:
            time.sleep(UNCONFIRMED_SECONDS)
        return found

    def _adapt(self, items: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> None:
        """Choose the number of entries of the next page by the size of those of this one."""
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
