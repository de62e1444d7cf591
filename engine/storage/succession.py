"""How an engine comes to own the state, and gives it back."""

import logging
import threading
from pathlib import Path

from redis import Redis, RedisError

from engine.storage.follower import Follower
from engine.storage.lease import Fenced, Lease
from engine.storage.owner_files import OwnerFiles
from engine.storage.recovery import Memory
from protocol.shards import FIRST, ShardNames

RETRY_SECONDS = 0.1

logger = logging.getLogger(__name__)


class Succession:
    """Waits for the lease until `stopping`; a standby follows the journal meanwhile.

    `folder` holds the owner files of this machine's engines.
    """

    def __init__(
        self,
        client: Redis,
        lease: Lease,
        folder: Path | None,
        stopping: threading.Event,
        names: ShardNames = FIRST,
        *,
        is_standby: bool = False,
    ) -> None:
        self._lease = lease
        self._owners = OwnerFiles(folder, names.file_prefix)
        self._follower = Follower(client, names) if is_standby else None
        self._stopping = stopping

    def take_over(self) -> bool:
        """Wait for the lease; return False if the service must stop first.

        A standby tries for it only when it has loaded what there was. Raises JournalDamaged if a
        commit led elsewhere there.
        """
        is_logged = False
        self._follow(0)
        while not self._lease.acquire(self._owners.list_dead()):
            if not is_logged:
                logger.info("another engine holds the lease: waiting for it to end")
                is_logged = True
            self._follow(RETRY_SECONDS)
            if self._stopping.wait(0 if self._follower else RETRY_SECONDS):
                return False
        self._owners.write(self._lease.owner)
        return True

    def take_memory(self) -> Memory | None:
        """Return what a standby has in memory, and forget it; None for any other engine."""
        return self._follower.take() if self._follower else None

    def release(self) -> None:
        """Give the lease back; if that fails, the owner file stays and spares the next the wait."""
        try:
            if self._follower:
                self._follower.stop()
            self._lease.release()
        except RedisError as error:
            logger.info("the lease stays as it is: %s", error)
            return
        except Fenced as error:
            logger.info("%s", error)
        self._owners.remove()

    def _follow(self, seconds: float) -> None:
        if self._follower:
            self._follower.follow(seconds, self._stopping.is_set)
