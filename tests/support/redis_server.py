"""A Redis of the suite's own: on a free port, in a folder of its own, gone at the end."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from launcher.redis.binary import find_redis_binaries
from launcher.redis.server import is_serving
from launcher.supervision.parent_death import make_child_setup
from tests.support.ports import find_free_port
from tests.support.redis_client import open_redis
from tests.support.topology import OWN_REDIS, borrow_cluster, read_shape
from tests.support.waiting import wait_until

DURABLE = ("--appendonly", "yes", "--appendfsync", "always", "--aof-load-truncated", "no")
"""What it acknowledges is on disk, as with the Redis that the launcher starts."""


@contextmanager
def run_small_redis(folder: Path) -> Iterator[tuple[str, Redis]]:
    """Run one that some ten thousand orders fill, with a client; then it takes no more."""
    options = ("--maxmemory", "24mb", "--maxmemory-policy", "noeviction")
    with run_redis(folder, *options) as url, open_redis(url) as client:
        yield url, client


@contextmanager
def run_redis(
    folder: Path, *options: str, port: int | None = None, server: str | None = None
) -> Iterator[str]:
    """Run a server as long as the context; `options` go on the command line of `server`.

    Where the session's topology is a cluster, it is one of these.
    """
    if shape := read_shape():
        if options or port:
            pytest.skip(OWN_REDIS)
        with borrow_cluster(shape) as cluster:
            yield cluster.url
        return
    port = port or find_free_port()
    command = [
        str(next(find_redis_binaries(server)).path), "--port", str(port), "--bind", "127.0.0.1",
        "--dir", str(folder), "--save", "", "--appendonly", "no", *options,
    ]  # fmt: skip
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, preexec_fn=make_child_setup()
        )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_until(
            lambda: process.poll() is not None or is_serving(url),
            "the suite's Redis serves",
        )
        if process.poll() is not None:
            raise RuntimeError(f"the suite's Redis did not start, exit status {process.poll()}")
        yield url
    finally:
        process.kill()
        process.wait()
