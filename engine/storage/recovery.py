"""Recover the exchange from what is stored on Redis, checked at every step."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import msgspec
from redis import Redis

from engine.exchange.exchange import Exchange
from engine.exchange.levels import UnknownLevel
from engine.order_path.handler import Handler, HandlingFailed
from engine.storage.journal import JournalDamaged, read_journal
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
from protocol import channels, codec
from protocol.events import DeadEntry
from protocol.instrument import Instrument
from protocol.journal import JournalEntry
from protocol.shards import FIRST, ShardNames

logger = logging.getLogger(__name__)


def recover_exchange(
    client: Redis,
    configured: Sequence[Instrument],
    closed_limit: int,
    birth: Birth = Birth(),  # noqa: B008 - it cannot change
    names: ShardNames = FIRST,
) -> Exchange:
    """Recover the exchange as it was left: the newest snapshot, then the journal behind it.

    `configured`, `closed_limit` and `birth` come from the settings; the stored state overrules
    them. Raises StateConflict if they do not fit it, JournalDamaged if the journal does not lead to
    it.
    """
    started = time.monotonic()
    check_protocol(client, names)
    instruments = settle_instruments(client, configured, names)
    delete_orphans(client, names)
    closed_limit = settle_closed_limit(client, closed_limit, names)
    make = partial(
        Exchange,
        instruments,
        load_id_key(client, birth.seed, names),
        closed_limit,
        settle_level(client, names),
        settle_birth(client, birth, names).is_manual,
        names.shard,
    )
    exchange = _load_exchange(client, make, names)
    handler = Handler(exchange)
    start = exchange.sequence
    commits = 0
    for entry in read_journal(client, exchange.sequence, names):
        _replay(handler, entry)
        commits += 1
    _check_sequence(client, exchange, names)
    logger.info(
        "at sequence %d: recovered from %s and %d journal entries in %.3f s",
        exchange.sequence,
        f"the snapshot at {start}" if start else "no snapshot",
        commits,
        time.monotonic() - started,
    )
    return exchange


def _load_exchange(client: Redis, make: Callable[[], Exchange], names: ShardNames) -> Exchange:
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


def _replay(handler: Handler, entry: JournalEntry) -> None:
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
    if batch.sequence != entry.sequence or b"%016x" % batch.state_hash != entry.state_hash:
        raise JournalDamaged(f"the replay differs at journal entry {entry.sequence}")


def _check_sequence(client: Redis, exchange: Exchange, names: ShardNames) -> None:
    stored = cast(bytes | None, client.hget(names.state, channels.STATE_SEQUENCE))
    if int(stored or 0) != exchange.sequence:
        raise JournalDamaged(
            f"the journal ends at sequence {exchange.sequence}, the state at {int(stored or 0)}"
        )
