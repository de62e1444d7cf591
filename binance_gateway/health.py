"""Whether the service can answer, for those who watch it."""

from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from archive.presence import Presence
from market_data.market.feed_status import FeedStatus
from protocol.channels import LEASE, ORDER_QUEUE

_DEAF = "the feed is not in step with the engine"


class HealthCheck:
    """Asks Redis for the engine's lease, and the feed whether it is in step."""

    def __init__(self, client: Redis, status: FeedStatus, presence: Presence) -> None:
        self._client: Any = cast("Any", client)
        self._status = status
        self._presence = presence

    async def read(self) -> dict[str, object]:
        """Return the body of `/health`; the service is well if `status` is `ok`."""
        try:
            is_led = bool(await self._client.exists(LEASE))
        except (RedisError, OSError):
            return {"status": "unavailable", "redis": "down", "engine": "unknown"}
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

    async def read_queue_length(self) -> int | None:
        """Return how many entries wait to be matched; None if Redis cannot be reached."""
        try:
            return int(await self._client.llen(ORDER_QUEUE))
        except (RedisError, OSError):
            return None
