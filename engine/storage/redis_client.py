"""Connect to Redis, and find the Redis that `verify` and `show` are to read."""

import re
from pathlib import Path
from typing import Any

import msgspec
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cluster.address import is_cluster, parse_cluster
from cluster.blocking import open_primary
from protocol.run_file import RUN_FILE, RunFile
from protocol.settings import Settings
from protocol.shards import FIRST, ShardNames

SOCKET_TIMEOUT_SECONDS = 10
CLUSTER_SOCKET_TIMEOUT_SECONDS = 2.5
"""Longer than WAIT and WAITAOF take together; a node that is silent is left for its successor."""
CLUSTER_CONNECT_SECONDS = 1


def check_url(url: str) -> bool:
    """Return whether the URL is a cluster's; raise ValueError if it is a bad one of a cluster."""
    if is_cluster(url):
        parse_cluster(url)
    return is_cluster(url)


def connect_redis(url: str, names: ShardNames = FIRST) -> Redis:
    """Make a client that never repeats a command: after an unknown outcome the engine recovers.

    On a cluster it is one of the primary that has the shard. Raises ValueError for a bad URL.
    """
    options: dict[str, Any] = {"retry": Retry(NoBackoff(), 0), "protocol": 2}
    if not is_cluster(url):
        return Redis.from_url(url, socket_timeout=SOCKET_TIMEOUT_SECONDS, **options)
    return open_primary(
        url,
        names.order_queue,
        socket_timeout=CLUSTER_SOCKET_TIMEOUT_SECONDS,
        socket_connect_timeout=CLUSTER_CONNECT_SECONDS,
        **options,
    )


def find_redis_url(settings: Settings) -> str:
    """Find the server: the one that the settings name, else the running system's, else the default.

    The running system is the one on the data folder. Raises OSError or ValueError if its run file
    is there but cannot be read or is not this folder's: another server that happens to be on the
    default port must not stand in for it, nor that of the exchange which the folder is a copy of.
    """
    named = settings.named_redis_url or _read_run_file(settings.data_dir)
    return named or settings.effective_redis_url


def _read_run_file(folder: Path) -> str | None:
    path = folder / RUN_FILE
    try:
        record = msgspec.json.decode(path.read_bytes(), type=RunFile)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is not a run file: {error}") from None
    if not record.is_of(folder):
        raise ValueError(
            f"{path} is from another folder, or from before the machine's restart; start the "
            "system on this folder, or name the Redis with --redis"
        )
    return record.redis.url


def describe_address(url: str) -> str:
    """Return `url` without user, password and options, fit for logs."""
    return re.sub(r"://.*@", "://", url).partition("?")[0]
