"""The engine's edge to Redis: looks at the head of the list, and commits."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from redis import Redis
from redis.exceptions import OutOfMemoryError

from engine.batch import Batch
from engine.lease import Fenced
from protocol import channels, codec
from protocol.channels import LEASE_MILLISECONDS
from protocol.events import ChannelMessage
from protocol.journal import JournalEntry

IDLE_SECONDS = 0.25
"""How long a look at an empty list waits: how soon a stop or a due lease renewal is seen."""
LARGEST_ENTRY = 1_000_000_000
"""Bytes of a commit's journal entry; Redis takes 2^30 for one of a stream."""

_COMMIT = (Path(__file__).parent / "commit.lua").read_text()
_KEYS = [
    channels.ORDER_QUEUE,
    channels.STATE,
    channels.JOURNAL,
    channels.LEASE,
    channels.DEAD,
]


class CommitRefused(Exception):
    """The state on Redis is not the one that the batch was made for."""


class CommitTooLarge(Exception):
    """What `entry` leads to does not fit into one entry of the journal."""

    def __init__(self, entry: bytes) -> None:
        super().__init__(f"too much for one commit: what {entry[:200]!r} leads to")
        self.entry = entry


class OrderQueue:
    """`order_queue` as the engine sees it."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._commit = client.register_script(_COMMIT)
        self.is_full = False
        """Whether Redis, when the list was last seen empty, took nothing more."""

    def read(self, limit: int) -> list[bytes]:
        """Up to `limit` entries from the head, left in place; waits a while for the first."""
        entries = self._look(limit)
        if not entries and self._wait_for_entry():
            entries = self._look(limit)
        self.is_full &= not entries
        return entries

    def commit(
        self, batch: Batch, owner: bytes, lease_milliseconds: int = LEASE_MILLISECONDS
    ) -> None:
        """Journal, pop and publish `batch` in one step, or nothing of it.

        Raises Fenced where another engine has taken over, CommitRefused where the list or the
        sequence is not what the batch was made for, CommitTooLarge where its last entry can never
        be committed, and redis.RedisError where the outcome is unknown: after any of them only
        recovery leads on.
        """
        answer = self._commit(keys=_KEYS, args=_to_arguments(batch, owner, lease_milliseconds))
        if answer == b"FENCED":
            raise Fenced("another engine has taken over")
        if answer != b"OK":
            raise CommitRefused(answer.decode())

    def put_first(self, entry: bytes) -> None:
        """An entry of the engine's own, before all that waits."""
        self._client.lpush(channels.ORDER_QUEUE, entry)

    def put_last(self, entry: bytes) -> None:
        """An entry of the engine's own, behind all that waits."""
        self._client.rpush(channels.ORDER_QUEUE, entry)

    def _look(self, limit: int) -> list[bytes]:
        return cast(list[bytes], self._client.lrange(channels.ORDER_QUEUE, 0, limit - 1))

    def _wait_for_entry(self) -> bool:
        """A blocking look: moving the head onto its own place changes nothing."""
        queue = channels.ORDER_QUEUE
        wait = cast(int, IDLE_SECONDS)  # the server takes fractions, the library's types do not
        try:
            self.is_full = False
            return self._client.blmove(queue, queue, wait, "LEFT", "LEFT") is not None
        except OutOfMemoryError:  # a full Redis denies even this; looking it allows
            self.is_full = True
            time.sleep(IDLE_SECONDS)
            return True


def _to_arguments(batch: Batch, owner: bytes, lease_milliseconds: int) -> list[bytes | int]:
    """ARGV of commit.lua."""
    entry = batch.to_journal_entry()
    journal = entry.to_fields()
    if sum(map(len, journal)) > LARGEST_ENTRY:
        raise CommitTooLarge(batch.taken[-1])
    messages = [*_list_notices(entry), *batch.to_replies().items()]
    replies = [value for pair in messages for value in _encode_pair(*pair)]
    return [
        owner,
        entry.previous,
        entry.sequence,
        len(batch.taken),
        batch.taken[-1],
        lease_milliseconds,
        len(journal),
        2 * len(entry.published),
        len(entry.messages),
        len(replies),
        len(batch.dead),
        *journal,
        *(channel.encode() for channel in entry.messages),
        *replies,
        *batch.dead,
    ]


def _list_notices(entry: JournalEntry) -> Iterator[tuple[str, bytes]]:
    """What is published in the stead of a long message: a gap for every reader."""
    published = entry.published
    for channel in entry.messages:
        if channel not in published:
            yield channel, codec.encode(ChannelMessage(entry.sequence, entry.sequence, []))


def _encode_pair(channel: str, message: bytes) -> tuple[bytes, bytes]:
    return channel.encode(), message
