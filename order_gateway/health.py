"""How the gateway is, and what it stands on."""

from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from order_gateway.schemas import Health
from protocol.channels import LEASE, ORDER_QUEUE


class HealthCheck:
    """Asks Redis for the queue's length and for the engine's lease."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)

    async def read(self) -> Health:
        """The state now; takes at most a few seconds where Redis does not answer."""
        try:
            length = int(await self._client.llen(ORDER_QUEUE))
            has_engine = bool(await self._client.exists(LEASE))
        except (RedisError, OSError):
            return Health(status="unavailable", redis="down", queue_length=None, engine="unknown")
        return Health(
            status="ok" if has_engine else "degraded",
            redis="up",
            queue_length=length,
            engine="up" if has_engine else "down",
        )

    async def read_queue_length(self) -> int | None:
        """Entries that wait to be matched; None where Redis cannot be asked."""
        return (await self.read()).queue_length
