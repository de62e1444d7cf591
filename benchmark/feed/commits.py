"""Commits of one kind of event as the engine writes them, made beforehand and sent in one go."""

import os
import socket
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from protocol.channels import (
    JOURNAL,
    STATE,
    STATE_ID_KEY,
    STATE_SEQUENCE,
    TRADE_EVENTS,
    last_sequence_field,
)
from protocol.codec import encode
from protocol.events import ChannelMessage, PublicEvent
from protocol.journal import JournalEntry, entry_id
from protocol.timestamps import now_in_microseconds
from tests.support.redis_client import open_redis

FLOOR_CHANNEL = "floor_texts"


class CommitStream:
    """An exchange with `events_a_commit` on one channel only, on a server that it empties.

    It waits for no reply, so neither a round trip nor the publisher limits the rate.
    """

    def __init__(self, url: str, events_a_commit: int, channel: str = TRADE_EVENTS) -> None:
        self._events_a_commit = events_a_commit
        self._channel = channel
        self._state_fields = (last_sequence_field(channel), STATE_SEQUENCE)
        self._sequence = 0
        with open_redis(url) as server:
            server.flushall()
            server.hset(STATE, STATE_ID_KEY, os.urandom(32).hex())
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname, address.port))
        self._socket.sendall(_pack("CLIENT", "REPLY", "OFF"))

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def prepare(self, events: Sequence[PublicEvent], texts: Sequence[str] | None = None) -> bytes:
        """Make the commits of `events`; `texts` are published too, on the floor's channel."""
        commits: list[bytes] = []
        for start in range(0, len(events), self._events_a_commit):
            end = start + self._events_a_commit
            text = "\n".join(texts[start:end]).encode() if texts else None
            commits += self._commit(list(events[start:end]), text)
        return b"".join(commits)

    def send(self, commits: bytes) -> None:
        """Send all of them as fast as the server takes them."""
        self._socket.sendall(commits)

    def _commit(self, events: list[PublicEvent], text: bytes | None) -> Iterator[bytes]:
        previous, self._sequence = self._sequence, self._sequence + 1
        message = encode(ChannelMessage(previous, self._sequence, events))
        entry = JournalEntry(
            previous, self._sequence, now_in_microseconds(), b"[]", b"0" * 16,
            {self._channel: message},
        )  # fmt: skip
        position = (part for name in self._state_fields for part in (name, str(self._sequence)))
        yield _pack("MULTI")
        yield _pack("XADD", JOURNAL, entry_id(self._sequence), *entry.to_fields())
        yield _pack("HSET", STATE, *position)
        yield _pack("PUBLISH", FLOOR_CHANNEL if text else self._channel, text or message)
        yield _pack("EXEC")


def _pack(*command: str | bytes) -> bytes:
    parts = [part.encode() if isinstance(part, str) else part for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)
