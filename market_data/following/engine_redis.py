"""The edge to Redis: reads the state of a shard's engine, snapshots, journal and channels."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from cluster.address import is_cluster
from cluster.event_loop import make_pool
from cluster.once import Once
from market_data.following.engine_state import (
    CLUSTER_STATE_FIELDS,
    FOLLOWED_CHANNELS,
    STATE_FIELDS,
    EngineState,
)
from market_data.following.subscription import Subscription
from protocol.channels import STATE_CONFIRMED, STATE_FIGURES
from protocol.figures import EngineFigures, decode_figures
from protocol.journal import JournalEntry, entry_id
from protocol.shards import FIRST, ShardNames, name_shard
from protocol.snapshot import PARTS_AT_ONCE, Snapshot, decode_snapshot

SECONDS_TO_ANSWER = 2.0
SECONDS_TO_READ = 30.0
"""For a page of the journal or a snapshot: one commit alone may have a gigabyte."""
JOURNAL_PAGE = 64

_Entries: TypeAlias = list[tuple[bytes, dict[bytes, bytes]]]
_Values: TypeAlias = list[bytes | None]


class BrokenJournal(Exception):
    """The journal does not continue what is known here."""


class EngineRedis:
    """Reads only. Every method raises RedisError or OSError if Redis does not answer."""

    def __init__(self, url: str, names: ShardNames = FIRST) -> None:
        """Raise ValueError for a bad URL."""
        self._url = url
        names = name_shard(names.shard, is_clustered=is_cluster(url))
        self._names = names
        self._state, self._journal = names.state, names.journal
        self._redis = connect_redis(url, SECONDS_TO_ANSWER, names)
        self._pages = connect_redis(url, SECONDS_TO_READ, names)

    def of_shard(self, shard: int) -> "EngineRedis":
        """Return the edge to another shard on the same Redis, or this one."""
        return self if shard == self._names.shard else EngineRedis(self._url, name_shard(shard))

    async def read_state(self) -> EngineState:
        """Return the engine's state as it is now; raise ValueError if it is not the engine's."""
        fields = CLUSTER_STATE_FIELDS if self._names.is_clustered else STATE_FIELDS
        values = cast(_Values, await self._redis.hmget(self._state, list(fields)))
        return EngineState.of(values)

    async def read_figures(self) -> EngineFigures:
        """Return what the engine has measured, nothing before its first command.

        Raise ValueError if it is not readable.
        """
        raw = cast(
            bytes | None,
            await cast(Awaitable[object], self._redis.hget(self._state, STATE_FIGURES)),
        )
        return decode_figures(raw)

    async def read_snapshot(self, sequence: int) -> Snapshot:
        """Return the snapshot at `sequence`; raise ValueError if it is gone or damaged."""
        name = self._names.snapshot_key(sequence)
        parts: list[bytes] = []
        try:
            while page := await self._read_parts(name, len(parts)):
                parts += page
        except ResponseError as error:
            raise ValueError(f"{name} is no list of parts: {error}") from error
        return decode_snapshot(b"".join(parts))

    async def _read_parts(self, name: str, first: int) -> list[bytes]:
        answer = self._pages.lrange(name, first, first + PARTS_AT_ONCE - 1)
        return cast(list[bytes], await cast(Awaitable[object], answer))

    async def read_journal(self, sequence: int) -> list[JournalEntry]:
        """Return the next commits after `sequence`; raise BrokenJournal for a foreign entry."""
        start, end = b"(" + entry_id(sequence), "+"
        if self._names.is_clustered:
            confirmed = await self._read_confirmed()
            if confirmed <= sequence:
                return []
            end = entry_id(confirmed).decode()
        page = cast(
            _Entries, await self._pages.xrange(self._journal, start, end, count=JOURNAL_PAGE)
        )
        try:
            return [JournalEntry.from_stream(stream_id, fields) for stream_id, fields in page]
        except (KeyError, ValueError) as error:
            raise BrokenJournal(f"the journal holds an entry that is not ours: {error}") from error

    async def _read_confirmed(self) -> int:
        """Read up to which sequence a replica has the journal, too."""
        answer = self._redis.hget(self._state, STATE_CONFIRMED)
        return int(cast(bytes | None, await cast(Awaitable[object], answer)) or 0)

    async def read_journaled(self, sequence: int, channel: str) -> bytes | None:
        """Return the message on `channel` of the commit that ends with `sequence`; None: none."""
        stream_id = entry_id(sequence)
        page = cast(_Entries, await self._pages.xrange(self._journal, stream_id, stream_id))
        try:
            entries = [JournalEntry.from_stream(each, fields) for each, fields in page]
        except (KeyError, ValueError) as error:
            raise BrokenJournal(f"the journal holds an entry that is not ours: {error}") from error
        return entries[0].messages.get(channel) if entries else None

    async def follow(self, use: Callable[[Subscription], Awaitable[None]]) -> None:
        """Run `use` with a confirmed subscription to the public channels."""
        async with self._redis.pubsub() as pubsub:
            subscription = Subscription(await _subscribe(pubsub, self._names), self._names)
            reading = asyncio.create_task(subscription.read())
            reading.add_done_callback(subscription.end)
            try:
                await use(subscription)
            finally:
                reading.cancel()
                await asyncio.wait([reading])

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
        await self._pages.aclose()


def connect_redis(url: str, seconds: float, names: ShardNames = FIRST) -> Redis:
    """Return a client that repeats nothing by itself: every retry is the feed's.

    On a cluster it is one of the primary that has the shard.
    """
    options: dict[str, Any] = {
        "retry": Once(seconds),
        "socket_timeout": None,
        "socket_connect_timeout": SECONDS_TO_ANSWER,
        "decode_responses": False,
        "protocol": 2,  # a message costs a third of what it costs with RESP3
    }
    if is_cluster(url):
        return Redis.from_pool(make_pool(url, names.order_queue, **options))
    return Redis.from_url(url, **options)


async def _subscribe(pubsub: PubSub, names: ShardNames) -> AbstractConnection:
    """Wait until Redis has confirmed every channel: whatever is published later is received."""
    subscribe = pubsub.ssubscribe if names.is_clustered else pubsub.subscribe
    await subscribe(*map(names.channel, FOLLOWED_CHANNELS))
    if (connection := pubsub.connection) is None:
        raise RedisConnectionError("subscribed, and the connection is gone")
    for _ in FOLLOWED_CHANNELS:
        await connection.read_response(timeout=SECONDS_TO_ANSWER, push_request=True)
    return connection
