"""Find the entry that crashes the process: after a crash, entries are taken one by one.

Each is noted on Redis before it is handled. One that has crashed twice while handled alone is not
tried a third time.
"""

from hashlib import blake2b
from typing import cast

from redis import Redis

from engine.storage.writes import write_anyway
from protocol import channels
from protocol.shards import FIRST, ShardNames

CRASHES_ALLOWED = 2


class Suspicion:
    """Counts crashes; a crashed engine had up to `entries_in_doubt` entries in hand, 0 for none."""

    def __init__(self, client: Redis, entries_in_doubt: int, names: ShardNames = FIRST) -> None:
        self._client = client
        self._state = names.state
        self._in_doubt = entries_in_doubt

    def begin(self) -> None:
        """Forget what was noted, unless a crash came before."""
        if not self._in_doubt:
            self._client.hdel(self._state, channels.STATE_ATTEMPT)

    def limit(self, max_batch: int) -> int:
        """Return how many entries to take at once."""
        return 1 if self._in_doubt else max_batch

    def is_poisonous(self, sequence: int, entry: bytes) -> bool:
        """Whether `entry`, next after `sequence`, has crashed too often alone; if not, note it."""
        if not self._in_doubt:
            return False
        self._in_doubt -= 1
        name = f"{sequence}:{blake2b(entry, digest_size=16).hexdigest()}"
        crashes = self._count_crashes(name)
        if crashes >= CRASHES_ALLOWED:
            return True
        noted = f"{name}:{crashes + 1}"
        write_anyway(self._client, "HSET", self._state, channels.STATE_ATTEMPT, noted)
        return False

    def _count_crashes(self, name: str) -> int:
        stored = self._client.hget(self._state, channels.STATE_ATTEMPT)
        noted, _, count = (cast(bytes | None, stored) or b"").decode().rpartition(":")
        return int(count) if noted == name else 0
