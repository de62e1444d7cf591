"""A real engine, in a thread of the test or as a process."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from msgspec.structs import replace
from redis import Redis

from cluster.address import is_cluster
from engine.clock import Clock
from engine.service import Limits, Service
from engine.storage.redis_client import connect_redis
from engine.storage.state import Birth
from launcher.supervision.parent_death import make_child_setup
from protocol.assets import LedgerSettings
from protocol.instrument import Instrument, parse_instruments
from protocol.machine_clocks import Reading, open_machine_clocks
from protocol.shards import FIRST, ShardNames, name_shard
from tests.support.instruments import make_instruments
from tests.support.redis_client import open_redis
from tests.support.shards import INSTRUMENTS, SYMBOLS
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
    reach: Callable[[ShardNames], Redis] | None = None,
) -> Service:
    """Make an engine that has not started, with the shipped file's instruments if not others."""
    limits = Limits(max_batch, closed_orders=1000, snapshot_interval=snapshot_interval)
    return Service(
        lambda: connect_redis(url, names),
        instruments or make_instruments(),
        Clock(open_machine_clocks()),
        limits,
        ledger=ledger,
        birth=birth,
        names=names,
        reach=reach,
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
    """Run an engine as long as the context; it is ready when the context begins.

    On a cluster there are those of all shards, unless the instruments are given; the service is
    that of the first.
    """
    if is_cluster(url) and not instruments:
        with run_engines(url, max_batch, snapshot_interval, ledger, birth) as services:
            yield services[0]
        return
    with ExitStack() as others:
        service = make_service(
            url, max_batch, snapshot_interval, ledger, birth, instruments=instruments, names=names,
            reach=cache(lambda other: others.enter_context(connect_redis(url, other)))
            if names.is_clustered
            else None,
        )  # fmt: skip
        thread = threading.Thread(target=service.run, name="engine")
        thread.start()
        try:
            with open_redis(url, names) as client:
                wait_until(lambda: client.exists(names.lease), "an engine holds the lease")
            yield service
        finally:
            service.stop()
            thread.join(DEADLINE_SECONDS)
            assert not thread.is_alive()


@contextmanager
def run_engines(
    url: str,
    max_batch: int = 512,
    snapshot_interval: int = 100_000,
    ledger: LedgerSettings | None = None,
    birth: Birth = Birth(),  # noqa: B008 - it cannot change
) -> Iterator[list[Service]]:
    """Run an engine for each shard as long as the context; accounts open on the first."""
    known, birth = parse_instruments(INSTRUMENTS), birth._replace(has_shards=True)
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                run_engine(
                    url, max_batch, snapshot_interval, _choose_part(ledger, symbol, shard), birth,
                    instruments=[known[symbol]],
                    names=name_shard(shard, is_clustered=is_cluster(url)),
                )
            )
            for shard, symbol in SYMBOLS.items()
        ]  # fmt: skip


def _choose_part(ledger: LedgerSettings | None, symbol: str, shard: int) -> LedgerSettings | None:
    """Return what a shard's engine knows of the ledger."""
    if ledger is None:
        return None
    assets = ledger.assets
    if shard != 1:
        assets = [replace(asset, starting_balance="0") for asset in assets]
    return replace(ledger, assets=assets, fees={symbol: ledger.fees[symbol]})


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
