"""Clients of Redis that never repeat a command: a second RPUSH would be a second order.

What they send and receive is bytes.
"""

import asyncio
import math
from typing import Any, cast

from redis.asyncio import Connection, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as RedisTimeoutError

CONNECT_SECONDS = 1.0
READ_SECONDS = 1.0


class Once(Retry):
    """Runs a command once, for `seconds` at most.

    redis-py's own `socket_timeout` sends with `asyncio.wait_for`, which on Python 3.11 forgets a
    cancel that comes in the turn in which all is sent: its task would then go on for ever.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(NoBackoff(), 0)
        self._seconds = seconds

    async def call_with_retry(self, *arguments: Any, **options: Any) -> Any:
        """Run the command; raise a redis TimeoutError if it takes longer."""
        try:
            async with asyncio.timeout(self._seconds):
                return await super().call_with_retry(*arguments, **options)
        except TimeoutError:
            raise RedisTimeoutError(f"no answer within {self._seconds:g} seconds") from None


def make_connection(url: str) -> Connection:
    """Make a connection that is not open yet and has no time limit: its user sets one."""
    pool = ConnectionPool.from_url(url, **_options(), retry=Retry(NoBackoff(), 0))
    return cast("Connection", cast("Any", pool).make_connection())


def make_client(url: str) -> Redis:
    """Make a client for commands that succeed or fail within a second."""
    client: Redis = Redis.from_url(url, **_options(), retry=Once(READ_SECONDS))
    return client


async def open_connection(connection: Connection) -> None:
    """Connect within CONNECT_SECONDS; raise RedisError or OSError."""
    async with asyncio.timeout(CONNECT_SECONDS):
        await cast("Any", connection).connect()


async def read_response(connection: Connection) -> Any:
    """Return the next response, however long it takes; raise redis.ResponseError for an error."""
    return await connection.read_response(timeout=math.inf)


def _options() -> dict[str, Any]:
    return {"protocol": 2, "socket_timeout": None, "socket_connect_timeout": CONNECT_SECONDS}
