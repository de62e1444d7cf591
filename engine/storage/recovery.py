"""The one way to a state: from what is stored on Redis, checked at every step."""

import logging
import time
from collections.abc import Sequence
from typing import cast

from redis import Redis

from engine.exchange.handler import Handler
from engine.storage.journal import JournalDamaged, read_journal
from engine.storage.snapshot_store import delete_orphans, read_snapshots
from engine.storage.state import (
    check_protocol,
    load_id_key,
    settle_closed_limit,
    settle_instruments,
)
from protocol import channels, codec
from protocol.instrument import Instrument
from protocol.journal import JournalEntry

log = logging.getLogger(__name__)


def recover_handler(
    client: Redis,
    configured: Sequence[Instrument],
    closed_limit: int,
) -> Handler:
    """The exchange as it was left: the newest snapshot, then the journal behind it.

    `configured` and `closed_limit` are the settings', which the stored state overrules. Raises
    StateConflict where they do not fit it, JournalDamaged where the journal does not lead to it.
    """
    started = time.monotonic()
    check_protocol(client)
    instruments = settle_instruments(client, configured)
    delete_orphans(client)
    handler = _load_handler(client, instruments, settle_closed_limit(client, closed_limit))
    start = handler.sequence
    commits = 0
    for entry in read_journal(client, handler.sequence):
        _replay(handler, entry)
        commits += 1
    _check_sequence(client, handler)
    log.info(
        "at sequence %d: recovered from %s and %d journal entries in %.3f s",
        handler.sequence,
        f"the snapshot at {start}" if start else "no snapshot",
        commits,
        time.monotonic() - started,
    )
    return handler


def _load_handler(client: Redis, instruments: Sequence[Instrument], closed_limit: int) -> Handler:
    """As the newest usable snapshot has it, or empty."""
    id_key = load_id_key(client)
    for snapshot in read_snapshots(client):
        handler = Handler(instruments, id_key, closed_limit)
        try:
            handler.restore(snapshot)
        except ValueError as error:
            log.warning("the snapshot at sequence %d is of no use: %s", snapshot.sequence, error)
        else:
            return handler
    return Handler(instruments, id_key, closed_limit)


def _replay(handler: Handler, entry: JournalEntry) -> None:
    batch = handler.handle(codec.split_entries(entry.commands), entry.timestamp, max_size=None)
    if batch.sequence != entry.sequence or b"%016x" % batch.state_hash != entry.state_hash:
        raise JournalDamaged(f"the replay differs at journal entry {entry.sequence}")


def _check_sequence(client: Redis, handler: Handler) -> None:
    stored = cast(bytes | None, client.hget(channels.STATE, channels.STATE_SEQUENCE))
    if int(stored or 0) != handler.sequence:
        raise JournalDamaged(
            f"the journal ends at sequence {handler.sequence}, the state at {int(stored or 0)}"
        )
