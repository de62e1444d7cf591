"""What the feed reads from Redis: the engine's state, its snapshots, its journal, its channels."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from market_data.engine_state import PUBLIC_CHANNELS, STATE_FIELDS, EngineState
from protocol.channels import JOURNAL, STATE, snapshot_key
from protocol.journal import JournalEntry, entry_id
from protocol.snapshot import Snapshot, decode_snapshot

SECONDS_TO_ANSWER = 2.0
JOURNAL_PAGE = 64

_Entries: TypeAlias = list[tuple[bytes, dict[bytes, bytes]]]
_Values: TypeAlias = list[bytes | None]


class BrokenHistory(Exception):
    """What Redis holds does not continue what is known here."""


class EngineRedis:
    """Reads only. Every method raises RedisError or OSError where Redis does not answer."""

    def __init__(self, url: str) -> None:
        """Answers come in bytes, and every retry is the feed's. Raises ValueError for a bad URL."""
        self._redis = Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=SECONDS_TO_ANSWER,
            socket_connect_timeout=SECONDS_TO_ANSWER,
            decode_responses=False,
        )

    async def read_state(self) -> EngineState:
        """What the engine's state says now; raises ValueError where it is not the engine's."""
        values = cast(_Values, await self._redis.hmget(STATE, list(STATE_FIELDS)))
        return EngineState.of(values)

    async def read_snapshot(self, sequence: int) -> Snapshot:
        """The snapshot at `sequence`; raises ValueError where it is gone or damaged."""
        raw = cast(bytes | None, await self._redis.get(snapshot_key(sequence)))
        return decode_snapshot(raw or b"")

    async def read_journal(self, sequence: int) -> list[JournalEntry]:
        """The next page of commits after `sequence`; raises BrokenHistory for a foreign entry."""
        start = b"(" + entry_id(sequence)
        page = cast(_Entries, await self._redis.xrange(JOURNAL, start, count=JOURNAL_PAGE))
        try:
            return [JournalEntry.from_stream(stream_id, fields) for stream_id, fields in page]
        except (KeyError, ValueError) as error:
            raise BrokenHistory(f"the journal holds an entry that is not ours: {error}") from error

    async def follow(self, use: Callable[["Subscription"], Awaitable[None]]) -> None:
        """Run `use` with a confirmed subscription of the public channels."""
        async with self._redis.pubsub() as pubsub:
            subscription = Subscription(pubsub)
            await subscription.begin()
            await use(subscription)

    async def close(self) -> None:
        """Give the connections back."""
        await self._redis.aclose()


class Subscription:
    """The public channels, live."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub

    async def begin(self) -> None:
        """Return when Redis has confirmed every channel: whatever is published later is seen."""
        await self._pubsub.subscribe(*PUBLIC_CHANNELS)
        confirmed = 0
        while confirmed < len(PUBLIC_CHANNELS):
            message = await self._pubsub.get_message(timeout=SECONDS_TO_ANSWER)
            if message is None:
                raise TimeoutError("no answer to SUBSCRIBE")
            confirmed += message["type"] == "subscribe"

    async def next_message(self, seconds: float) -> tuple[str, bytes] | None:
        """Channel and bytes of the next message; None where none came in time."""
        message: dict[str, Any] | None = await self._pubsub.get_message(
            ignore_subscribe_messages=True, timeout=seconds
        )
        if message is None or message["type"] != "message":
            return None
        return message["channel"].decode(), message["data"]
