"""What the feed reads from Redis: the engine's state, its snapshots, its journal, its channels."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from market_data.following.engine_state import PUBLIC_CHANNELS, STATE_FIELDS, EngineState
from market_data.following.subscription import Subscription
from protocol.channels import JOURNAL, STATE, STATE_FIGURES, snapshot_key
from protocol.figures import EngineFigures, decode_figures
from protocol.journal import JournalEntry, entry_id
from protocol.snapshot import PARTS_AT_ONCE, Snapshot, decode_snapshot

SECONDS_TO_ANSWER = 2.0
SECONDS_TO_READ = 30.0
"""For what may be long: a page of the journal, a snapshot; one commit alone may have a gigabyte."""
JOURNAL_PAGE = 64

_Entries: TypeAlias = list[tuple[bytes, dict[bytes, bytes]]]
_Values: TypeAlias = list[bytes | None]


class BrokenJournal(Exception):
    """What Redis holds does not continue what is known here."""


class EngineRedis:
    """Reads only. Every method raises RedisError or OSError where Redis does not answer."""

    def __init__(self, url: str) -> None:
        """Answers come in bytes, and every retry is the feed's. Raises ValueError for a bad URL."""
        self._redis = _connect(url, SECONDS_TO_ANSWER)
        self._pages = _connect(url, SECONDS_TO_READ)

    async def read_state(self) -> EngineState:
        """What the engine's state says now; raises ValueError where it is not the engine's."""
        values = cast(_Values, await self._redis.hmget(STATE, list(STATE_FIELDS)))
        return EngineState.of(values)

    async def read_figures(self) -> EngineFigures:
        """What the engine measured; empty before there was any work, ValueError for another's."""
        raw = cast(
            bytes | None, await cast(Awaitable[object], self._redis.hget(STATE, STATE_FIGURES))
        )
        return decode_figures(raw)

    async def read_snapshot(self, sequence: int) -> Snapshot:
        """The snapshot at `sequence`; raises ValueError where it is gone or damaged."""
        name = snapshot_key(sequence)
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
        """The next page of commits after `sequence`; raises BrokenJournal for a foreign entry."""
        start = b"(" + entry_id(sequence)
        page = cast(_Entries, await self._pages.xrange(JOURNAL, start, count=JOURNAL_PAGE))
        try:
            return [JournalEntry.from_stream(stream_id, fields) for stream_id, fields in page]
        except (KeyError, ValueError) as error:
            raise BrokenJournal(f"the journal holds an entry that is not ours: {error}") from error

    async def follow(self, use: Callable[[Subscription], Awaitable[None]]) -> None:
        """Run `use` with a confirmed subscription of the public channels."""
        async with self._redis.pubsub() as pubsub:
            subscription = Subscription(await _subscribe(pubsub))
            reading = asyncio.create_task(subscription.read())
            reading.add_done_callback(subscription.end)
            try:
                await use(subscription)
            finally:
                reading.cancel()
                await asyncio.wait([reading])

    async def close(self) -> None:
        """Give the connections back."""
        await self._redis.aclose()
        await self._pages.aclose()


def _connect(url: str, seconds: float) -> Redis:
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=seconds,
        socket_connect_timeout=SECONDS_TO_ANSWER,
        decode_responses=False,
        protocol=2,  # a message costs a third of what it costs with the other one
    )


async def _subscribe(pubsub: PubSub) -> AbstractConnection:
    """Return when Redis has confirmed every channel: whatever is published later is seen."""
    await pubsub.subscribe(*PUBLIC_CHANNELS)
    if (connection := pubsub.connection) is None:
        raise RedisConnectionError("subscribed, and the connection is gone")
    for _ in PUBLIC_CHANNELS:
        await connection.read_response(timeout=SECONDS_TO_ANSWER, push_request=True)
    return connection
