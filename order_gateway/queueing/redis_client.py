"""Clients of Redis that never repeat a command: a second RPUSH would be a second order.

What they send and receive is bytes.
"""

import asyncio
import math
from typing import Any, cast

from redis.asyncio import Connection, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from cluster.address import is_cluster
from cluster.event_loop import make_pool
from cluster.once import Once
from protocol.shards import FIRST, ShardNames

CONNECT_SECONDS = 1.0
READ_SECONDS = 1.0


def make_connection(url: str, names: ShardNames = FIRST) -> Connection:
    """Make a connection that is not open yet and has no time limit: its user sets one.

    On a cluster it leads to the primary that has the shard.
    """
    pool = _make_pool(url, names, Retry(NoBackoff(), 0))
    return cast("Connection", cast("Any", pool).make_connection())


def make_client(url: str, names: ShardNames = FIRST) -> Redis:
    """Make a client for commands that succeed or fail within a second."""
    return Redis.from_pool(_make_pool(url, names, Once(READ_SECONDS)))


class ShardClients:
    """A client for each shard: the same one, unless they are on a cluster."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.first = make_client(url)
        self._others: dict[int, Redis] = {}

    def of(self, names: ShardNames) -> Redis:
        """Return the client that has a shard."""
        if names.shard == 1 or not names.is_clustered:
            return self.first
        if names.shard not in self._others:
            self._others[names.shard] = make_client(self._url, names)
        return self._others[names.shard]

    async def aclose(self) -> None:
        """Hang up."""
        for client in (self.first, *self._others.values()):
            await client.aclose()


def _make_pool(url: str, names: ShardNames, retry: Retry) -> ConnectionPool:
    if is_cluster(url):
        return make_pool(url, names.order_queue, **_options(), retry=retry)
    pool: ConnectionPool = ConnectionPool.from_url(url, **_options(), retry=retry)
    return pool


async def open_connection(connection: Connection) -> None:
    """Connect within CONNECT_SECONDS; raise RedisError or OSError."""
    async with asyncio.timeout(CONNECT_SECONDS):
        await cast("Any", connection).connect()


async def read_response(connection: Connection) -> Any:
    """Return the next response, however long it takes; raise redis.ResponseError for an error."""
    return await connection.read_response(timeout=math.inf)


def _options() -> dict[str, Any]:
    return {"protocol": 2, "socket_timeout": None, "socket_connect_timeout": CONNECT_SECONDS}
