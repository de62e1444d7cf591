"""Clients of Redis that never repeat a command: a second RPUSH would be a second order.

What they send and receive is bytes.
"""

import asyncio
import math
from typing import Any, cast

from redis.asyncio import Connection, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_SECONDS = 1.0
READ_SECONDS = 1.0


def make_connection(url: str) -> Connection:
    """Make a connection that is not open yet and has no time limit: its user sets one."""
    pool = ConnectionPool.from_url(
        url, **_options(), socket_timeout=None, socket_connect_timeout=CONNECT_SECONDS
    )
    return cast("Connection", cast("Any", pool).make_connection())


def make_client(url: str) -> Redis:
    """Make a client for commands that succeed or fail within a second."""
    client: Redis = Redis.from_url(
        url, **_options(), socket_timeout=READ_SECONDS, socket_connect_timeout=CONNECT_SECONDS
    )
    return client


async def open_connection(connection: Connection) -> None:
    """Connect within CONNECT_SECONDS; raise RedisError or OSError."""
    async with asyncio.timeout(CONNECT_SECONDS):
        await cast("Any", connection).connect()


async def read_response(connection: Connection) -> Any:
    """Return the next response, however long it takes; raise redis.ResponseError for an error."""
    return await connection.read_response(timeout=math.inf)


def _options() -> dict[str, Any]:
    return {"protocol": 2, "retry": Retry(NoBackoff(), 0)}
