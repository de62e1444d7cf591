"""Connections to Redis that never repeat a command by themselves: a second RPUSH is a second order.

Everything goes and comes as bytes.
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
    """One connection, not yet open, without a time limit of its own: whoever uses it sets one."""
    pool = ConnectionPool.from_url(
        url, **_options(), socket_timeout=None, socket_connect_timeout=CONNECT_SECONDS
    )
    return cast("Connection", cast("Any", pool).make_connection())


def make_client(url: str) -> Redis:
    """A client for questions, which answer or fail within a second."""
    client: Redis = Redis.from_url(
        url, **_options(), socket_timeout=READ_SECONDS, socket_connect_timeout=CONNECT_SECONDS
    )
    return client


async def open_connection(connection: Connection) -> None:
    """Connects; raises RedisError or OSError (also where it takes more than a second)."""
    async with asyncio.timeout(CONNECT_SECONDS):
        await cast("Any", connection).connect()


async def read_response(connection: Connection) -> Any:
    """The next response, however long it takes; raises redis.ResponseError for an error."""
    return await connection.read_response(timeout=math.inf)


def _options() -> dict[str, Any]:
    return {"protocol": 2, "retry": Retry(NoBackoff(), 0)}
