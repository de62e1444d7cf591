"""The engine's end of the list on Redis: look at its head, and commit."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any, Self, cast

import hiredis
from redis import Redis
from redis.exceptions import OutOfMemoryError

from engine.exchange.batch import Batch
from engine.storage.confirmation import Confirmation
from engine.storage.lease import Fenced
from engine.storage.writes import write_anyway
from protocol import codec
from protocol.channels import LEASE_MILLISECONDS, STATE_RECOVERED
from protocol.events import ChannelMessage
from protocol.journal import JournalEntry
from protocol.shards import FIRST, ShardNames

# hiredis's type stub allows commands of one word only
_pack_command: Callable[[tuple[str | bytes | int | float, ...]], bytes] = cast(
    "Any", hiredis.pack_command
)

IDLE_SECONDS = 0.25
"""How long a look at an empty list waits, and so how late a stop or a due renewal is seen."""
MAX_JOURNAL_ENTRY_BYTES = 1_000_000_000
"""Largest journal entry of a commit; Redis takes 2^30 bytes for one of a stream."""

_REPLACE = (Path(__file__).parent / "split_entry.lua").read_text()
_COMMIT = (Path(__file__).parent / "commit.lua").read_text()


class CommitRefused(Exception):
    """The state on Redis is not the one that the batch was made for."""


class CommitTooLarge(Exception):
    """What `entry` leads to does not fit into one entry of the journal."""

    def __init__(self, entry: bytes) -> None:
        super().__init__(f"too much for one commit: what {entry[:200]!r} leads to")
        self.entry = entry


class OrderQueue:
    """The list of a shard as its engine sees it, over a connection of its own.

    One commit may be on its way to Redis's disk while the entries behind it are matched already;
    those can be committed only when the one on its way is confirmed. Any method may raise
    redis.RedisError: then the outcome of a commit on its way is unknown.
    """

    def __init__(self, client: Redis, names: ShardNames = FIRST) -> None:
        self._client = client
        self._name = names.order_queue
        self._state = names.state
        self._keys = [names.order_queue, names.state, names.journal, names.lease, names.dead]
        self._channel_prefix = names.channel_prefix
        self._script = client.script_load(_COMMIT)
        self._replace = client.register_script(_REPLACE)
        self._connection = client.connection_pool.get_connection()
        self._confirmation = (
            Confirmation(client, self._connection, names) if names.is_clustered else None
        )
        self._owner = b""
        self._on_its_way: Batch | None = None
        """The batch that is sent and not confirmed yet."""
        self._is_looking = False
        """Whether a look at the list was sent with that commit."""
        self.known: list[bytes] = []
        """The entries behind the commit on its way that were looked at: two batches at most."""
        self.is_full = False
        """Whether Redis was full when the list was last seen empty."""

    def __enter__(self) -> Self:
        """Hang up at the end: the next owner fences what has not reached Redis by then."""
        return self

    def __exit__(self, *_exception: object) -> None:
        self._connection.disconnect()  # type: ignore[no-untyped-call]
        self._client.connection_pool.release(self._connection)

    def wait_for_entries(self, limit: int) -> bool:
        """Look at the list, or wait a little for an entry; return whether any are known now.

        Reads two batches of `limit` from the head of the list and leaves them in place. Nothing may
        be on its way.
        """
        if not self.known:
            self._send(self._look(0, 2 * limit))
            self.known = self._read_entries() or self._await_entries(2 * limit)
            self.is_full &= not self.known
        return bool(self.known)

    def send(
        self,
        batch: Batch,
        owner: bytes,
        mark: bytes,
        lease_milliseconds: int = LEASE_MILLISECONDS,
    ) -> None:
        """Send `batch` to be journaled, popped and published in one step, or not at all.

        `batch` is of the first entries known; the one before must be confirmed. `mark` is its
        clock's. Raises CommitTooLarge if its last entry can never be committed.
        """
        tells = self._confirmation is None
        arguments = _to_arguments(
            batch, owner, mark, lease_milliseconds, self._channel_prefix, tells=tells
        )
        self.known = self.known[len(batch.taken) :]
        self._is_looking = bool(self.known)
        ahead = [self._look(len(self.known), len(batch.taken))] if self._is_looking else []
        if self._confirmation is not None:
            self._owner = owner
            ahead = [*self._confirmation.questions, *ahead]
        self._send(("EVALSHA", self._script, len(self._keys), *self._keys, *arguments), *ahead)
        self._on_its_way = batch

    def confirm(self) -> Batch | None:
        """Wait until the commit on its way is done; return its batch, None if there is no commit.

        Raises Fenced if another engine has taken over, and CommitRefused if the list or the
        sequence is not what the batch was made for: then only recovery leads on.
        """
        if self._on_its_way is None:
            return None
        answer = self._connection.read_response()
        check_answer(answer)
        is_kept = self._confirmation is None or self._confirmation.read_answers()
        if self._is_looking:
            self.known += self._read_entries()
        batch, self._on_its_way = self._on_its_way, None
        if self._confirmation is not None:
            self._tell(self._confirmation, batch, is_kept=is_kept)
        return batch

    def confirm_recovered(
        self, owner: bytes, sequence: int, last_published: Mapping[str, int]
    ) -> None:
        """On a cluster: wait until a replica has all that was recovered, and let others read it.

        Raises Fenced, or redis.TimeoutError if no replica has it in time.
        """
        if self._confirmation is None:
            return
        # a write of our own, behind all that was written before: who has it has all
        self._send(("HSET", self._state, STATE_RECOVERED, owner), *self._confirmation.questions)
        self._connection.read_response()
        if not self._confirmation.read_answers():
            self._confirmation.wait_until_kept()
        self._confirmation.confirm(owner, sequence, last_published)

    def _tell(self, confirmation: Confirmation, batch: Batch, *, is_kept: bool) -> None:
        """Tell of a commit as soon as a replica has it."""
        if not is_kept:
            confirmation.wait_until_kept()
        entry = batch.to_journal_entry()
        told = [*entry.published.items(), *_list_notices(entry), *batch.to_replies().items()]
        last = dict.fromkeys(entry.messages, entry.sequence)
        confirmation.confirm(self._owner, entry.sequence, last, told)

    def put_first(self, entry: bytes) -> None:
        """Put an entry of the engine's own before all that waits; nothing may be known."""
        write_anyway(self._client, "LPUSH", self._name, entry)

    def put_last(self, entry: bytes) -> None:
        """Put an entry of the engine's own behind all that waits."""
        write_anyway(self._client, "RPUSH", self._name, entry)

    def replace_first(self, entries: Sequence[bytes], owner: bytes) -> None:
        """Put entries in the place of the first one known; nothing may be on its way.

        Raises Fenced or CommitRefused, as `confirm` does.
        """
        keys = [self._name, self._state]
        answer = self._replace(keys=keys, args=[owner, self.known[0], *entries])
        check_answer(cast(bytes, answer))
        self.known[:1] = entries

    def _send(self, *commands: tuple[str | bytes | int | float, ...]) -> None:
        """Send commands in one write; each is answered by one response."""
        packed = b"".join(map(_pack_command, commands))  # the client's own looks at each argument
        self._connection.send_packed_command([packed])  # type: ignore[no-untyped-call]

    def _read_entries(self) -> list[bytes]:
        return cast(list[bytes], self._connection.read_response())

    def _await_entries(self, limit: int) -> list[bytes]:
        """Wait for an entry, and look: moving the head to where it is changes nothing."""
        queue = self._name
        self._send(("BLMOVE", queue, queue, "LEFT", "LEFT", IDLE_SECONDS), self._look(0, limit))
        try:
            self._connection.read_response()
            self.is_full = False
        except OutOfMemoryError:  # a full Redis refuses even this, but not a look
            self.is_full = True
        entries = self._read_entries()
        if self.is_full and not entries:
            time.sleep(IDLE_SECONDS)
        return entries

    def _look(self, first: int, count: int) -> tuple[str | int, ...]:
        """Make the command that reads `count` entries from the `first` on (0: the head)."""
        return "LRANGE", self._name, first, first + count - 1


def check_answer(answer: bytes) -> None:
    """Raise Fenced or CommitRefused if a script that checks owner and list says so."""
    if answer == b"FENCED":
        raise Fenced("another engine has taken over")
    if answer != b"OK":
        raise CommitRefused(answer.decode())


def _to_arguments(
    batch: Batch,
    owner: bytes,
    mark: bytes,
    lease_milliseconds: int,
    channel_prefix: str,
    *,
    tells: bool,
) -> list[str | bytes | int]:
    """Make ARGV of commit.lua, which expects the commands at a fixed place among the values.

    If it does not tell, nothing is published, and no channel's last message is noted.
    """
    entry = batch.to_journal_entry()
    journal = entry.to_fields()
    if sum(map(len, journal)) > MAX_JOURNAL_ENTRY_BYTES:
        raise CommitTooLarge(batch.taken[-1])
    messages = [*_list_notices(entry), *batch.to_replies().items()] if tells else []
    replies = [value for pair in messages for value in _encode_pair(*pair)]
    channels = [channel.encode() for channel in entry.messages] if tells else []
    return [
        owner,
        entry.previous,
        entry.sequence,
        len(batch.taken),
        _digest_taken(batch) if batch.dead or not batch.taken else "",
        lease_milliseconds,
        mark,
        channel_prefix,
        len(journal),
        2 * len(entry.published) if tells else 0,
        len(channels),
        len(replies),
        len(batch.dead),
        *journal,
        *channels,
        *replies,
        *batch.dead,
    ]


def _digest_taken(batch: Batch) -> str:
    """Hash what was taken: it is not what is journaled, if some was set aside or none was taken."""
    return sha1(codec.join_entries(batch.taken), usedforsecurity=False).hexdigest()


def _list_notices(entry: JournalEntry) -> Iterator[tuple[str, bytes]]:
    """List what is published in the place of long messages: a gap for every reader."""
    published = entry.published
    for channel in entry.messages:
        if channel not in published:
            yield channel, codec.encode(ChannelMessage(entry.sequence, entry.sequence, []))


def _encode_pair(channel: str, message: bytes) -> tuple[bytes, bytes]:
    return channel.encode(), message
