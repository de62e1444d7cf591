"""The one way to a state: from what is stored on Redis, checked at every step."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import cast

from redis import Redis

from engine.handler import Handler
from engine.journal import JournalDamaged, read_journal
from engine.state import check_protocol, load_id_key, settle_instruments
from protocol import channels, codec
from protocol.instrument import Instrument
from protocol.journal import JournalEntry

log = logging.getLogger(__name__)


def recover_handler(
    client: Redis,
    configured: Sequence[Instrument],
    closed_limit: int,
    renew_lease: Callable[[], None],
) -> Handler:
    """The exchange as the journal left it.

    `renew_lease` is called after each entry. Raises StateConflict where the settings do not
    fit the stored state, JournalDamaged where the journal does not lead to it.
    """
    started = time.monotonic()
    check_protocol(client)
    instruments = settle_instruments(client, configured)
    handler = Handler(instruments, load_id_key(client), closed_limit)
    commits = 0
    for entry in read_journal(client, handler.sequence):
        _replay(handler, entry)
        commits += 1
        renew_lease()
    _check_sequence(client, handler)
    log.info(
        "at sequence %d: recovered from %d journal entries in %.3f s",
        handler.sequence,
        commits,
        time.monotonic() - started,
    )
    return handler


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
