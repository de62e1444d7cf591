"""Whether the service can answer, for those who watch it."""

from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from archive.presence import Presence
from market_data.market.whole_market import AnyStatus
from protocol.shards import ShardNames

_DEAF = "the feed is not in step with the engine"


class HealthCheck:
    """Asks Redis for the lease of each shard's engine, and the feeds whether they are in step."""

    def __init__(
        self,
        shards: Sequence[ShardNames],
        find_client: Callable[[ShardNames], Redis],
        status: AnyStatus,
        presence: Presence,
    ) -> None:
        self._shards = shards
        self._find_client: Callable[[ShardNames], Any] = find_client
        self._status = status
        self._presence = presence

    async def read(self) -> dict[str, object]:
        """Return the body of `/health`; the service is well if `status` is `ok`."""
        try:
            led = [await self._find_client(names).exists(names.lease) for names in self._shards]
        except (RedisError, OSError):
            return {"status": "unavailable", "redis": "down", "engine": "unknown"}
        is_led = all(led)
        is_well = is_led and self._status.is_in_sync
        return {
            "status": "ok" if is_well else "degraded",
            "redis": "up",
            "engine": "up" if is_led else "down",
            "in_sync": self._status.is_in_sync,
        }

    async def read_readiness(self) -> dict[str, object]:
        """Return the body of `/readyz`; the service is ready if `status` is `ready`."""
        health = await self.read()
        reasons = []
        if health["redis"] == "down":
            reasons.append("Redis cannot be reached")
        elif health["engine"] == "down":
            reasons.append("no engine serves")
        if not self._status.is_in_sync:
            reasons.append(_DEAF)
        degraded = await self._presence.find_trouble()
        return {
            "status": "not_ready" if reasons else "ready",
            "reasons": reasons,
            "degraded": [degraded] if degraded else [],
        }

    async def read_queue_length(self, names: ShardNames) -> int | None:
        """Return how many entries wait on a shard; None if Redis cannot be reached."""
        try:
            return int(await self._find_client(names).llen(names.order_queue))
        except (RedisError, OSError):
            return None
