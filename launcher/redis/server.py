"""Our own Redis: its port, its configuration, its command, and whether it serves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from cluster.address import is_cluster
from cluster.blocking import open_primary
from launcher.environments import make_environment
from launcher.redis.append_only_file import mend_append_only_file
from launcher.redis.binary import RedisBinary
from launcher.redis.disk_room import explain_full_disk
from launcher.setup.errors import LaunchError
from launcher.supervision.listening import find_free_port, find_port_owner, is_port_free
from launcher.supervision.private_text import write_private_text
from launcher.supervision.service import Service
from protocol.shards import FIRST, ShardNames

REDIS_STAGE = 9  # stops last
_CONFIGURATION = """\
# Written at each start of start_system.py.
bind 127.0.0.1
protected-mode yes
port {port}
dir {folder}
daemonize no
supervised no
appendonly yes
appendfsync always
aof-load-truncated no
save ""
maxmemory {maxmemory}
maxmemory-policy noeviction
auto-aof-rewrite-min-size 1gb
client-output-buffer-limit pubsub 64mb 16mb 10
"""


def choose_port(preferred: int) -> tuple[int, str | None]:
    """Return `preferred` if it is free, else another port and a sentence that says why.

    A server that listens there already is not used: nobody named it, and it may keep nothing.
    """
    if is_port_free(preferred):
        return preferred, None
    owner = find_port_owner(preferred) or "another process"
    port = find_free_port()
    return port, (
        f"Port {preferred} is taken by {owner}, which is left alone: our own Redis uses {port}. "
        "If that is a Redis to use instead: "
        f"REDIS_URL=redis://127.0.0.1:{preferred}/0 python start_system.py"
    )


def make_redis_service(
    binary: RedisBinary,
    port: int,
    folder: Path,
    maxmemory: str,
    show: Callable[[str], None],
    users: str,
) -> Service:
    """Return the server as a service with its files in `folder` and the users `users`.

    Before each start the append-only file is checked. Raises LaunchError if the disk is full.
    """
    full_disk = explain_full_disk(folder.parent)
    if full_disk:
        raise LaunchError(full_disk)
    folder.mkdir(exist_ok=True)
    configuration = folder / "redis.conf"
    text = _CONFIGURATION.format(port=port, folder=quote_path(folder), maxmemory=maxmemory) + users
    write_private_text(configuration, text)

    def prepare() -> None:
        if not is_port_free(port):  # else the services would use the server that is there
            owner = find_port_owner(port) or "another process"
            raise LaunchError(f"port {port}, which was for our Redis, is taken by {owner}")
        mended = mend_append_only_file(binary, folder)
        if mended:
            show(f"WARNING: {mended}")

    return Service(
        name="redis",
        command=(str(binary.path), str(configuration)),
        stage=REDIS_STAGE,
        environment=make_environment("redis"),
        prepare=prepare,
        explain_wait=lambda: explain_full_disk(folder),
        is_quiet=True,
    )


def quote_path(path: Path) -> str:
    """Return `path` as a word of the configuration file."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def is_listening_as(url: str, pid: int | None) -> bool:
    """Return whether the process `pid` answers at `url`, even if it is still loading its data."""
    try:
        with connect(url, timeout=0.5) as client:
            return bool(client.info("server")["process_id"] == pid)
    except redis.RedisError:
        return False


def is_serving(url: str) -> bool:
    """Return whether the server at `url` answers and has loaded its data."""
    try:
        with connect(url, timeout=0.5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def connect(url: str, timeout: float = 5.0, names: ShardNames = FIRST) -> redis.Redis:
    """Return a client of bytes that repeats nothing by itself.

    On a cluster it is one of the primary that has the shard.
    """
    options: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": redis.retry.Retry(redis.backoff.NoBackoff(), 0),
    }
    if is_cluster(url):
        return open_primary(url, names.order_queue, **options)
    return redis.Redis.from_url(url, **options)
