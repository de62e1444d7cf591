"""Whether what was just written on a connection would outlive the node that took it.

Every replica that may be elected must have it: Redis prefers the one that has received most, but
two elections that cross may have the other one win. So the node is asked, behind the write, how
many have it, how many have it on disk, and then which replicas it knows to be alive.

A replica answers how far it has come at once, before it has synced what came with the question, and
again only a second later. So WAIT is asked first, and WAITAOF behind it: by then the replica has
synced, and says so. WAITAOF alone takes 760 ms here, the two together 0.8 ms.
"""

from collections.abc import Sequence
from typing import TypeAlias

from redis.exceptions import ResponseError

from cluster.slots import count_replicas, find_slot

MILLISECONDS = 300
"""How long each of the two waits for replicas, before it is asked again."""
Command: TypeAlias = tuple[str | int, ...]
_UNKNOWN = "unknown command"


class Replication:
    """What is asked of the node that has `key`, and what the answers mean."""

    def __init__(self, key: str) -> None:
        self._slot = find_slot(key)
        self._replicas = 1

    @property
    def questions(self) -> tuple[Command, ...]:
        """What is sent behind a write, on its connection, and again until it is kept."""
        return (
            ("WAIT", self._replicas, MILLISECONDS),
            ("WAITAOF", 1, self._replicas, MILLISECONDS),
            ("CLUSTER", "SLOTS"),
        )

    def is_kept(self, answers: Sequence[object]) -> bool:
        """Whether all living replicas have it, one at least, on disk as far as can be told.

        Redis before 7.2 does not know WAITAOF: there it is enough that they have received it.
        """
        received, synced, ranges = answers
        if not isinstance(ranges, list) or not isinstance(received, int):
            return False
        self._replicas = max(1, count_replicas(ranges, self._slot))
        if received < self._replicas:
            return False
        if isinstance(synced, ResponseError):
            return _UNKNOWN in str(synced).lower()
        return isinstance(synced, list) and synced[0] >= 1 and synced[1] >= self._replicas
