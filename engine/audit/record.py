"""The record of the past: journal and snapshots as of one moment, for those who look back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import cast

from redis import ConnectionError as NoConnection
from redis import Redis, RedisError
from redis import TimeoutError as NoAnswer

from cluster.address import is_cluster
from engine.exchange.exchange import Exchange
from engine.storage.journal import JournalDamaged, read_journal
from engine.storage.redis_client import connect_redis, describe_address
from engine.storage.snapshot_store import read_snapshot
from engine.storage.state import decode_instruments
from engine.storage.stored_settings import StoredSettings
from protocol import channels
from protocol.exchange_clock import ClockMode, decode_mode
from protocol.instrument import Instrument
from protocol.journal import JournalEntry, parse_entry_id
from protocol.limits import DEFAULT_CLOSED_ORDERS
from protocol.shards import FIRST, MAX_SHARDS, ShardNames, name_shard
from protocol.snapshot import Snapshot, parse_snapshot_list


class RecordUnavailable(Exception):
    """The record cannot be read now; the text says why."""


class Record:
    """A shard's journal and snapshots up to the sequence that its state had when this was made.

    It only reads, so that an engine may serve meanwhile.
    """

    def __init__(self, client: Redis, names: ShardNames = FIRST) -> None:
        self._client = client
        self._names = names
        self._state = cast(dict[bytes, bytes], client.hgetall(names.state))
        confirmed = self._field(channels.STATE_CONFIRMED)  # there is one on a cluster alone
        self.sequence = int(confirmed or self._field(channels.STATE_SEQUENCE) or 0)
        self.snapshots = sorted(parse_snapshot_list(self._field(channels.STATE_SNAPSHOTS)))
        """Sequences of the snapshots that count, oldest first."""
        self.instruments = self._read_instruments()
        self.journal_start = self._find_journal_start()
        """The sequence before the journal's first entry; the newest of all if it has none."""

    @property
    def shard(self) -> int:
        """Which shard's it is."""
        return self._names.shard

    @property
    def closed_limit(self) -> int:
        """How many closed orders a repeat is known by."""
        return int(self._field(channels.STATE_CLOSED_ORDERS) or DEFAULT_CLOSED_ORDERS)

    @property
    def clock(self) -> ClockMode:
        """How the exchange's time goes; raises ValueError if a later version wrote it."""
        return decode_mode(self._field(channels.STATE_CLOCK_MODE))

    def choose_start(self) -> int:
        """Choose the earliest sequence from which a replay can go: 0, or a snapshot's."""
        if self.journal_start == 0:
            return 0
        return self.snapshots[0] if self.snapshots else 0

    def is_newest(self) -> bool:
        """Whether nothing was committed since."""
        stored = self._client.hget(self._names.state, channels.STATE_SEQUENCE)
        return int(cast(bytes | None, stored) or 0) == self.sequence

    def last_published(self, channel: str) -> int:
        """Return the sequence of the last message on `channel`, as the state has it."""
        return int(self._field(channels.last_sequence_field(channel)) or 0)

    def read_snapshot(self, sequence: int) -> Snapshot:
        """Read the snapshot at `sequence`.

        Raises ValueError if it is missing or damaged, RecordUnavailable if the engine has meanwhile
        replaced it by a newer one.
        """
        try:
            return read_snapshot(self._client, sequence, self._names)
        except ValueError:
            self._require_untrimmed()
            raise

    def read_entries(self, after: int) -> Iterator[JournalEntry]:
        """Read every commit after the sequence `after`.

        Raises JournalDamaged at a gap, RecordUnavailable if the engine has made it by trimming.
        """
        try:
            for entry in read_journal(self._client, after, self._names):
                if entry.sequence > self.sequence:
                    return
                after = entry.sequence
                yield entry
        except JournalDamaged:
            self._require_untrimmed()
            raise
        if after < self.sequence:
            self._require_untrimmed()

    def make_exchange(self, snapshot: Snapshot | None) -> Exchange:
        """Make the exchange at `snapshot`, or before the first command; ValueError if damaged."""
        exchange = StoredSettings.of(self._state).make_exchange(self.shard)
        if snapshot is not None:
            exchange.restore(snapshot)
        return exchange

    def _require_untrimmed(self) -> None:
        now = Record(self._client, self._names)
        if (now.journal_start, now.snapshots) != (self.journal_start, self.snapshots):
            raise RecordUnavailable(
                "the engine trimmed the journal while it was read; run it again"
            )

    def _find_journal_start(self) -> int:
        page = self._client.xrange(self._names.journal, count=1)
        for entry_id, fields in cast(list[tuple[bytes, dict[bytes, bytes]]], page):
            if parse_entry_id(entry_id) <= self.sequence:
                return int(fields[b"previous"])
        return self.sequence

    def _field(self, name: str) -> bytes | None:
        return self._state.get(name.encode())

    def _read_instruments(self) -> list[Instrument]:
        return decode_instruments(self._field(channels.STATE_INSTRUMENTS)).to_instruments()


@contextmanager
def open_record(url: str, shard: int = 1) -> Iterator[Record]:
    """Open what the server at `url` has of a shard; raise RecordUnavailable if it is not read."""
    with open_records(url, [shard]) as [record]:
        yield record


@contextmanager
def open_records(url: str, shards: Sequence[int] = ()) -> Iterator[list[Record]]:
    """Open what the server at `url` has of these shards, or of all that have begun there.

    Raises RecordUnavailable if it cannot be read.
    """
    try:
        with ExitStack() as stack:

            def connect(names: ShardNames) -> Redis:
                client = connect_redis(url, names)
                stack.callback(client.close)
                return client

            yield list(_open_all(connect, shards, is_clustered=is_cluster(url)))
    except (NoConnection, NoAnswer) as error:
        raise RecordUnavailable(
            f"no answer from Redis at {describe_address(url)} ({error}): the system may not be "
            "running, see python start_system.py status"
        ) from error
    except (RedisError, ValueError) as error:
        raise RecordUnavailable(f"Redis at {describe_address(url)}: {error}") from error


def _open_all(
    connect: Callable[[ShardNames], Redis], shards: Sequence[int], *, is_clustered: bool
) -> Iterator[Record]:
    """Open the records of these shards, or of all that have begun; the first one counts always."""
    client = connect(FIRST)
    for shard in shards or range(1, MAX_SHARDS + 1):
        names = name_shard(shard)
        if is_clustered and shard > 1:
            client = connect(names)
        if shards or shard == 1 or client.exists(names.state):
            yield Record(client, names)
