"""The engine's connection to Redis."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_TIMEOUT_SECONDS = 10


def connect_redis(url: str) -> Redis:
    """A client that never repeats a command by itself: an unknown outcome is ours to settle."""
    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=SOCKET_TIMEOUT_SECONDS, protocol=2
    )
