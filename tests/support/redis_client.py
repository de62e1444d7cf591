"""Redis clients that wait for a server that stalls; redis-py's own deadline is 5 s."""

from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from tests.support.waiting import DEADLINE_SECONDS

_PATIENCE: dict[str, Any] = {
    "socket_timeout": DEADLINE_SECONDS,
    "socket_connect_timeout": DEADLINE_SECONDS,
}


def open_redis(url: str) -> Redis:
    """Make a client of the server at `url`."""
    return Redis.from_url(url, **_PATIENCE)


def open_async_redis(url: str, **options: Any) -> AsyncRedis:
    """Make a client for the event loop."""
    client: AsyncRedis = AsyncRedis.from_url(url, **_PATIENCE, **options)
    return client
