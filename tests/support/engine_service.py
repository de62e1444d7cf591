"""A real engine, in a thread of the test or as a process."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from engine.clock import Clock
from engine.service import Limits, Service
from engine.storage.redis_client import connect_redis
from engine.storage.state import Birth
from launcher.supervision.parent_death import make_child_setup
from protocol.assets import LedgerSettings
from protocol.instrument import Instrument
from protocol.machine_clocks import Reading, open_machine_clocks
from protocol.shards import FIRST, ShardNames
from tests.support.instruments import make_instruments
from tests.support.redis_client import open_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until

DRAIN_SECONDS = 300.0
"""For tens of thousands of commands on a machine that has other things to do."""


def make_service(
    url: str,
    max_batch: int = 512,
    snapshot_interval: int = 100_000,
    ledger: LedgerSettings | None = None,
    birth: Birth = Birth(),  # noqa: B008 - it cannot change
    *,
    instruments: Sequence[Instrument] = (),
    names: ShardNames = FIRST,
) -> Service:
    """Make an engine that has not started, with the shipped file's instruments if not others."""
    limits = Limits(max_batch, closed_orders=1000, snapshot_interval=snapshot_interval)
    return Service(
        lambda: connect_redis(url),
        instruments or make_instruments(),
        Clock(open_machine_clocks()),
        limits,
        ledger=ledger,
        birth=birth,
        names=names,
    )


def make_clock(now: int) -> Clock:
    """Make a clock that stands at `now` (microseconds), of a machine that was never booted anew."""
    return Clock(lambda: Reading("boot", now, now))


@contextmanager
def run_engine(
    url: str,
    max_batch: int = 512,
    snapshot_interval: int = 100_000,
    ledger: LedgerSettings | None = None,
    birth: Birth = Birth(),  # noqa: B008 - it cannot change
    *,
    instruments: Sequence[Instrument] = (),
    names: ShardNames = FIRST,
) -> Iterator[Service]:
    """Run an engine as long as the context; it is ready when the context begins."""
    service = make_service(
        url, max_batch, snapshot_interval, ledger, birth, instruments=instruments, names=names
    )
    thread = threading.Thread(target=service.run, name="engine")
    thread.start()
    try:
        with open_redis(url) as client:
            wait_until(lambda: client.exists(names.lease), "an engine holds the lease")
        yield service
    finally:
        service.stop()
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()


@contextmanager
def run_engine_process(
    url: str, folder: Path, *arguments: str, **settings: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `python -m engine` with its data and its log in `folder`; kill it at the end."""
    folder.mkdir(exist_ok=True)
    number = len(list(folder.glob("engine-*.log")))
    with (folder / f"engine-{number}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", *arguments],
            env={**os.environ, "REDIS_URL": url, "DATA_DIR": str(folder), **settings},
            stderr=log,
            preexec_fn=make_child_setup(),
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_drained(client: Redis, names: ShardNames = FIRST) -> None:
    """Wait until the engine has committed everything in the list."""
    wait_until(lambda: client.llen(names.order_queue) == 0, "the list is empty", DRAIN_SECONDS)
