"""Archives that follow a journal: in a thread of the test, or as a process that can be killed."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine, event

from archive.__main__ import connect_redis
from archive.database import open_database
from archive.follower import Follower
from archive.journal import Journal
from archive.retention import Retention
from cluster.address import is_cluster
from launcher.setup.environment import ROOT
from launcher.supervision.parent_death import make_child_setup
from protocol import channels
from protocol.shards import name_shard
from tests.support.shards import list_names
from tests.support.waiting import DEADLINE_SECONDS, wait_until


@contextmanager
def run_follower(
    redis_url: str,
    database_url: str,
    prepare: Callable[[Engine], None] = lambda _: None,
    shards: Iterable[int] = (),
) -> Iterator[Follower]:
    """Run an archive as long as the context; `prepare` gets its database first.

    It follows the shards that are given, else those of the topology. It does not wait for the disk,
    since nothing here cuts the power.
    """
    database = open_database(database_url)
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
    prepare(database)
    followed = [
        name_shard(shard, is_clustered=is_cluster(redis_url)) for shard in shards
    ] or list_names(redis_url)
    clients = [connect_redis(redis_url, names) for names in followed]
    journals = [
        Journal(client, names=names) for client, names in zip(clients, followed, strict=True)
    ]
    retention = Retention(database, None, None)
    follower = Follower(journals, database, retention)
    thread = threading.Thread(target=follower.run, name="archive")
    thread.start()
    try:
        yield follower
    finally:
        follower.stop()
        thread.join(DEADLINE_SECONDS)
        database.dispose()
        for client in clients:
            client.close()
        assert not thread.is_alive()


def start_archive(
    redis_url: str, database_url: str, log: Path, **settings: str
) -> "subprocess.Popen[bytes]":
    """Start `python -m archive`, which writes to `log`."""
    environment = {**os.environ, "REDIS_URL": redis_url, "DATABASE_URL": database_url, **settings}
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "archive"],
            cwd=ROOT, env=environment, stdout=output, stderr=output,
            preexec_fn=make_child_setup(),
        )  # fmt: skip


def run_archive_to_end(redis_url: str, database_url: str, log: Path) -> tuple[int, str]:
    """Run an archive that is expected to give up; return exit status and log."""
    process = start_archive(redis_url, database_url, log)
    try:
        status = process.wait(60)
    finally:
        process.kill()
        process.wait()
    return status, log.read_text()


def read_announced(client: Redis) -> int:
    """Return the sequence that the archive says it has reached."""
    stored = client.hget(channels.STATE, channels.STATE_ARCHIVE_SEQUENCE)
    assert stored is None or isinstance(stored, bytes)
    return int(stored or -1)


def wait_until_archived(client: Redis, sequence: int) -> None:
    """Wait until the archive says that it has everything up to `sequence`."""
    wait_until(lambda: read_announced(client) >= sequence, f"the archive is at {sequence}")


def wait_until_archive_is_there(client: Redis) -> None:
    """Wait until the archive says that it has everything that is committed now."""
    sequence = client.hget(channels.STATE, channels.STATE_SEQUENCE)
    assert sequence is None or isinstance(sequence, bytes)
    wait_until_archived(client, int(sequence or 0))
