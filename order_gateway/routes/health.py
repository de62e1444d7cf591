"""The state of the gateway and of what it depends on."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import (
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from archive.presence import Presence
from order_gateway.archive_lag import ArchiveLag, Lag
from order_gateway.document.operation_schemas import Health, Readiness
from protocol.channels import (
    LEASE_MILLISECONDS,
    STANDBY_LEASE_MILLISECONDS,
    STATE_DURABILITY,
    STATE_FIGURES,
    STATE_LEASE,
    claim_key,
)
from protocol.exchange_clock import ExchangeTime
from protocol.figures import decode_figures, sum_figures
from protocol.shards import FIRST, ShardNames

_UNREACHABLE = Health(
    status="unavailable",
    redis="down",
    queue_length=None,
    engine="unknown",
    engine_heartbeat_age=None,
)
_NO_REDIS = Readiness(
    status="not_ready",
    redis="down",
    engine_heartbeat_age=None,
    queue_length=None,
    archive_commands_behind=None,
    archive_seconds_behind=None,
    reasons=["Redis cannot be reached"],
    degraded=[],
)
_UNUSED_KEY = claim_key("", "")
"""No account has an empty name, so that nobody's claim is there."""
_REFUSALS: dict[type[ResponseError], str] = {
    OutOfMemoryError: "Redis is full (maxmemory): orders are refused until there is room",
    ReadOnlyError: "Redis is a replica that takes no orders",
}


class HealthCheck:
    """Reads the queue's length, the engine's lease and figures, and the archive's lag from Redis.

    `max_queue_length` is the length above which new orders are refused.
    """

    def __init__(
        self,
        client: Redis,
        max_queue_length: int,
        presence: Presence,
        clock: ExchangeTime,
        shards: Sequence[ShardNames] = (FIRST,),
        find_client: Callable[[ShardNames], Redis] | None = None,
    ) -> None:
        self._client: Any = cast("Any", client)
        self._find_client: Callable[[ShardNames], Any] = find_client or (lambda _: client)
        self._shards = shards
        self._archive = ArchiveLag(client, clock, shards, find_client)
        self._max_queue_length = max_queue_length
        self._presence = presence

    async def read(self) -> Health:
        """Return the state now; it takes a few seconds at most if Redis does not answer."""
        try:
            length, age = await self._ask()
        except (RedisError, OSError):
            return _UNREACHABLE
        return Health(
            status="degraded" if age is None else "ok",
            redis="up",
            queue_length=length,
            engine="down" if age is None else "up",
            engine_heartbeat_age=age,
        )

    async def read_readiness(self) -> Readiness:
        """Return whether an order sent now would be matched now."""
        try:
            length, age = await self._ask()
            behind = await self._archive.read()
            refusal = await self._find_refusal()
            loss = (await self._client.hget(FIRST.state, STATE_DURABILITY) or b"").decode()
        except (RedisError, OSError):
            return _NO_REDIS
        degraded = await self._presence.find_trouble()
        reasons = [*self._explain_wait(length, age), *filter(None, (refusal, loss))]
        return Readiness(
            status="not_ready" if reasons else "ready",
            redis="up",
            engine_heartbeat_age=age,
            queue_length=length,
            archive_commands_behind=behind.commands,
            archive_seconds_behind=behind.seconds,
            reasons=reasons,
            degraded=[degraded] if degraded else [],
        )

    def _explain_wait(self, length: int, age: float | None) -> Iterator[str]:
        if age is None:
            yield "no engine serves"
        if length > self._max_queue_length:
            yield f"{length} entries wait to be matched"

    async def _find_refusal(self) -> str | None:
        """Return why Redis takes no orders; None if it does.

        It is asked by a command that writes nothing, and is refused where an RPUSH would be.
        """
        try:
            await self._client.set(_UNUSED_KEY, b"", xx=True)
        except NoPermissionError:  # a user of the operator's own making
            return None
        except ResponseError as error:
            return _REFUSALS.get(type(error)) or f"Redis refuses what is written: {error}"
        return None

    async def read_archive_lag(self) -> Lag:
        """Return how far the archive is behind; an empty Lag if Redis cannot be reached."""
        try:
            return await self._archive.read()
        except (RedisError, OSError):
            return Lag()

    async def read_engine_rejects(self) -> dict[str, int]:
        """Return the engine's refusals by code; none if they cannot be read."""
        try:
            parts = [
                decode_figures(await self._find_client(names).hget(names.state, STATE_FIGURES))
                for names in self._shards
            ]
            return sum_figures(parts).rejects
        except (RedisError, OSError, ValueError):
            return {}

    async def read_queue_length(self, names: ShardNames | None = None) -> int | None:
        """Return how many entries wait to be matched, on a shard or on all.

        None if Redis cannot be reached.
        """
        try:
            asked = self._shards if names is None else [names]
            return sum([await self._measure(each) for each in asked])
        except (RedisError, OSError):
            return None

    async def _ask(self) -> tuple[int, float | None]:
        """Return the queue's length, and seconds since the lease was renewed; None without one.

        With several shards it is the length of all their lists, and the lease renewed longest ago.
        """
        length, oldest = 0, 0.0
        for names in self._shards:
            length += await self._measure(names)
            left = int(await self._find_client(names).pttl(names.lease))
            oldest = max(oldest, await self._find_age(names, left) if left > 0 else math.inf)
        return length, round(oldest, 3) if oldest < math.inf else None

    async def _measure(self, names: ShardNames) -> int:
        length: int = await self._find_client(names).llen(names.order_queue)
        return length

    async def _find_age(self, names: ShardNames, left: int) -> float:
        """Return the seconds since a lease was renewed of which so many milliseconds are left."""
        lease = LEASE_MILLISECONDS
        if left <= STANDBY_LEASE_MILLISECONDS:
            stored = await self._find_client(names).hget(names.state, STATE_LEASE)
            lease = int(stored or lease)
        return max(0, lease - left) / 1000
