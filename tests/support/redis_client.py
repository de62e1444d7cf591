"""Redis clients that wait for a server that stalls; redis-py's own deadline is 5 s."""

from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import ResponseError

from cluster.address import is_cluster
from cluster.blocking import open_primaries, open_primary
from cluster.event_loop import make_pool
from protocol.shards import FIRST, ShardNames, name_shard
from tests.support.waiting import DEADLINE_SECONDS, wait_until

_PATIENCE: dict[str, Any] = {
    "socket_timeout": DEADLINE_SECONDS,
    "socket_connect_timeout": DEADLINE_SECONDS,
}


def open_redis(url: str, names: ShardNames = FIRST) -> Redis:
    """Make a client of the server at `url`, or of the cluster's primary that has the shard."""
    if is_cluster(url):
        return open_primary(url, names.order_queue, **_PATIENCE)
    return Redis.from_url(url, **_PATIENCE)


def open_async_redis(url: str, **options: Any) -> AsyncRedis:
    """Make a client for the event loop; on a cluster, of the first shard's primary."""
    if is_cluster(url):
        return AsyncRedis.from_pool(make_pool(url, FIRST.order_queue, **_PATIENCE, **options))
    client: AsyncRedis = AsyncRedis.from_url(url, **_PATIENCE, **options)
    return client


def empty_redis(url: str) -> None:
    """Empty the server, or every primary of the cluster."""
    for client in open_primaries(url) if is_cluster(url) else [open_redis(url)]:
        with client:
            wait_until(lambda: _flush(client), "enough replicas are there")  # noqa: B023


def _flush(client: Any) -> bool:
    try:
        return bool(client.flushall())
    except ResponseError:  # not enough replicas, for now
        return False


def publish(client: Any, url: str, channel: str, message: bytes) -> Any:
    """Publish as the first shard's engine on that Redis does."""
    names = name_shard(1, is_clustered=is_cluster(url))
    send = client.spublish if names.is_clustered else client.publish
    return send(names.channel(channel), message)
