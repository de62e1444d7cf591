"""Recover the exchange from what is stored on Redis, checked at every step."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, cast

import msgspec
from redis import Redis

from engine.exchange.exchange import Exchange
from engine.exchange.levels import UnknownLevel
from engine.order_path.handler import Handler, HandlingFailed
from engine.storage.journal import JournalDamaged, StreamItem, read_journal
from engine.storage.snapshot_store import delete_orphans, read_snapshots
from engine.storage.state import (
    Birth,
    StateConflict,
    check_protocol,
    conflict_of,
    load_id_key,
    settle_birth,
    settle_closed_limit,
    settle_instruments,
    settle_level,
)
from engine.storage.stored_settings import StoredSettings
from protocol import channels, codec
from protocol.events import DeadEntry
from protocol.instrument import Instrument
from protocol.journal import JournalEntry, entry_id
from protocol.shards import FIRST, ShardNames

logger = logging.getLogger(__name__)


class Memory(NamedTuple):
    """An exchange that a standby has followed, and the stored settings that it was made with."""

    settings: StoredSettings
    exchange: Exchange


def recover_exchange(
    client: Redis,
    configured: Sequence[Instrument],
    closed_limit: int,
    birth: Birth = Birth(),  # noqa: B008 - it cannot change
    names: ShardNames = FIRST,
    warm: Memory | None = None,
    first: Redis | None = None,
) -> Exchange:
    """Recover the exchange as it was left: the newest snapshot, then the journal behind it.

    `configured`, `closed_limit` and `birth` come from the settings; the stored state overrules
    them. A `warm` memory of the same exchange takes the place of the snapshot.
    `first` is a client of the Redis that has the first shard, if it is another. Raises
    StateConflict if they do not fit it, JournalDamaged if the journal does not lead to it.
    """
    started = time.monotonic()
    check_protocol(client, names)
    instruments = settle_instruments(client, configured, names)
    delete_orphans(client, names)
    closed_limit = settle_closed_limit(client, closed_limit, names)
    make = partial(
        Exchange,
        instruments,
        load_id_key(client, birth, names, first),
        closed_limit,
        settle_level(client, names),
        settle_birth(client, birth, names).is_manual,
        names.shard,
    )
    kept = _choose_warm(client, warm, names)
    exchange = kept or load_exchange(client, make, names)
    handler = Handler(exchange)
    start = exchange.sequence
    commits = 0
    for entry in read_journal(client, exchange.sequence, names):
        replay_entry(handler, entry)
        commits += 1
    _check_sequence(client, exchange, names)
    logger.info(
        "at sequence %d: recovered from %s and %d journal entries in %.3f s",
        exchange.sequence,
        _describe_start(start, is_warm=kept is not None),
        commits,
        time.monotonic() - started,
    )
    return exchange


def _describe_start(start: int, *, is_warm: bool) -> str:
    if is_warm:
        return f"memory at {start}"
    return f"the snapshot at {start}" if start else "no snapshot"


def _choose_warm(client: Redis, warm: Memory | None, names: ShardNames) -> Exchange | None:
    """Return what is in memory if it is what the stored state and the journal lead to."""
    if warm is None or warm.settings != StoredSettings.read(client, names):
        return None
    return warm.exchange if is_in_journal(client, warm.exchange, names) else None


def is_in_journal(client: Redis, exchange: Exchange, names: ShardNames = FIRST) -> bool:
    """Whether the journal has a commit that led to just this; one that was trimmed is unknown."""
    if exchange.sequence == 0:
        return True
    place = entry_id(exchange.sequence)
    page = client.xrange(names.journal, place, place)
    state_hash = b"%016x" % exchange.compute_state_hash()
    return any(fields[b"state_hash"] == state_hash for _, fields in cast("list[StreamItem]", page))


def load_exchange(client: Redis, make: Callable[[], Exchange], names: ShardNames) -> Exchange:
    """Load the exchange from the newest usable snapshot; an empty one if there is none."""
    for snapshot in read_snapshots(client, names):
        exchange = make()
        try:
            exchange.restore(snapshot)
        except UnknownLevel as unknown:
            raise conflict_of(unknown) from unknown
        except ValueError as error:
            logger.warning("the snapshot at sequence %d is of no use: %s", snapshot.sequence, error)
        else:
            return exchange
    return make()


def replay_entry(handler: Handler, entry: JournalEntry) -> None:
    """Run the commands of one commit; raise JournalDamaged if they lead elsewhere."""
    try:
        batch = handler.handle(
            codec.split_entries(entry.commands), entry.timestamp, entry.elapsed, max_size=None
        )
    except (msgspec.DecodeError, HandlingFailed) as error:
        raise JournalDamaged(
            f"the commands of journal entry {entry.sequence} cannot be run: {error!r}"
        ) from error
    if batch.dead:  # what could not be used when it was written is journaled as `dead`
        detail = msgspec.json.decode(batch.dead[0], type=DeadEntry).detail
        raise StateConflict(
            f"journal entry {entry.sequence} has a command that this version cannot use"
            f" ({detail}): use the version that wrote it"
        )
    again = batch.sequence, b"%016x" % batch.state_hash
    if again != (entry.sequence, entry.state_hash):
        raise JournalDamaged(
            f"the replay differs at journal entry {entry.sequence}: state hash"
            f" {entry.state_hash.decode()}, again {again[1].decode()} at {again[0]}"
        )


def _check_sequence(client: Redis, exchange: Exchange, names: ShardNames) -> None:
    stored = cast(bytes | None, client.hget(names.state, channels.STATE_SEQUENCE))
    if int(stored or 0) != exchange.sequence:
        raise JournalDamaged(
            f"the journal ends at sequence {exchange.sequence}, the state at {int(stored or 0)}"
        )
