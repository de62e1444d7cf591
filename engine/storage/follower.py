"""A standby's memory: it follows the journal of the engine that serves, and checks every commit."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from redis import Redis

from engine.order_path.handler import Handler
from engine.storage.journal import PAGE_ENTRIES, JournalDamaged, decode_page
from engine.storage.recovery import Memory, is_in_journal, load_exchange, replay_entry
from engine.storage.standby_board import StandbyBoard
from engine.storage.stored_settings import StoredSettings
from protocol import channels
from protocol.journal import JournalEntry, entry_id
from protocol.shards import FIRST, ShardNames

WAIT_SECONDS = 0.1
"""How long one look at the journal waits for a commit, and so how late a stop is seen."""
UNCONFIRMED_SECONDS = 0.002
"""How long what is journaled is given to be confirmed, before the next look."""
MAX_GAPS = 5
"""So often in a row what is read may have been trimmed away before it was read."""

logger = logging.getLogger(__name__)


class Follower:
    """Follows a shard's journal without writing anything of the exchange's.

    Its memory is dropped, and loaded anew from a snapshot, if it is not where the journal leads:
    the standby fell behind what is kept, instruments were listed, Redis came back with less.
    """

    def __init__(self, client: Redis, names: ShardNames = FIRST) -> None:
        self._client: Any = client
        self._names = names
        self._last_field = (
            channels.STATE_CONFIRMED if names.is_clustered else channels.STATE_SEQUENCE
        )
        self._board = StandbyBoard(client, names)
        self._memory: Memory | None = None
        self._handler: Handler | None = None
        self._ready: bytes | None = None
        """Which owner's commits it follows."""
        self._gaps = 0

    @property
    def sequence(self) -> int:
        """How far it has come."""
        return self._memory.exchange.sequence if self._memory else 0

    def take(self) -> Memory | None:
        """Give the memory away, to one that owns the state by now; None if there is none."""
        memory = self._memory
        self.drop()
        self._board.clear()
        return memory

    def drop(self) -> None:
        """Forget everything."""
        self._memory = self._handler = None

    def stop(self) -> None:
        """Show that there is no standby any more."""
        self._board.clear()

    def follow(self, seconds: float, is_stopping: Callable[[], bool]) -> None:
        """Apply for so many seconds what is committed.

        It takes as long as it takes to load a snapshot first. Raises JournalDamaged, naming the
        sequence, if a commit leads elsewhere here than it did where it was made.
        """
        end = time.monotonic() + seconds
        if self._memory is None:
            self._load()
        while not is_stopping() and (left := end - time.monotonic()) > 0:
            self._board.show(self.sequence)
            if self._memory is None:
                time.sleep(min(left, WAIT_SECONDS))  # nobody has begun the exchange
                return
            self._apply(*self._look(min(left, WAIT_SECONDS)))

    def _load(self) -> None:
        self._ready = self._read_ready()
        settings = StoredSettings.read(self._client, self._names)
        if not settings.is_begun:
            return
        make = partial(settings.make_exchange, self._names.shard)
        exchange = load_exchange(self._client, make, self._names)
        self._memory, self._handler = Memory(settings, exchange), Handler(exchange)
        logger.info("standby: following from sequence %d", exchange.sequence)

    def _look(self, seconds: float) -> tuple[Sequence[JournalEntry], bytes | None, int]:
        """Wait for commits behind ours; return them, the owner that serves, and the sequence."""
        journal = self._names.journal
        milliseconds = max(1, int(seconds * 1000))
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.xread({journal: entry_id(self.sequence)}, PAGE_ENTRIES, milliseconds)
            fields = [channels.STATE_READY, self._last_field]
            pipeline.hmget(self._names.state, fields)
            streams, (ready, sequence) = pipeline.execute()
        page = decode_page(streams[0][1], self.sequence) if streams else []
        if self._names.is_clustered:
            page = _choose_confirmed(page, int(sequence or 0))
        return page, ready, int(sequence or 0)

    def _apply(self, page: Sequence[JournalEntry], ready: bytes | None, sequence: int) -> None:
        """Apply what was read: the owner and the sequence were read after it."""
        if ready != self._ready and not self._is_right_for(ready):
            return
        if sequence < self.sequence:
            self._doubt(f"Redis is at {sequence}")
            return
        for entry in page:
            if entry.previous != self.sequence:
                self._gaps += 1
                if self._gaps > MAX_GAPS:
                    raise JournalDamaged(f"journal entry {entry.sequence} follows nothing kept")
                self._doubt("what comes next is trimmed away")
                return
            replay_entry(cast(Handler, self._handler), entry)
            self._gaps = 0

    def _is_right_for(self, ready: bytes | None) -> bool:
        """Whether the memory is still good, now that another owner serves; if not, drop it."""
        memory = cast(Memory, self._memory)
        self._ready = ready
        if memory.settings != StoredSettings.read(self._client, self._names):
            self._doubt("the instruments are others")
        elif not is_in_journal(self._client, memory.exchange, self._names):
            self._doubt("the journal is another")
        return self._memory is not None

    def _read_ready(self) -> bytes | None:
        return cast("bytes | None", self._client.hget(self._names.state, channels.STATE_READY))

    def _doubt(self, reason: str) -> None:
        logger.warning("standby at sequence %d: %s: loading anew", self.sequence, reason)
        self.drop()


def _choose_confirmed(page: list[JournalEntry], sequence: int) -> list[JournalEntry]:
    """Choose what a replica has, too: the rest might be gone with its node."""
    confirmed = [entry for entry in page if entry.sequence <= sequence]
    if page and not confirmed:
        time.sleep(UNCONFIRMED_SECONDS)
    return confirmed
