"""A running system with an archive: a Redis that syncs every write, engine, feed, archive."""

import bisect
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from redis import Redis
from sqlalchemy import func, select

from archive import schema
from archive.database import open_for_queries
from benchmark.shared.child_process import run_python
from benchmark.shared.cpu_clock import read_cpu
from benchmark.shared.latency import Latency
from benchmark.shared.positions import read_positions
from protocol import channels
from tests.support.redis_server import run_redis
from tests.support.waiting import wait_until

CHUNK_SECONDS = 0.01
SAMPLE_SECONDS = 0.002
DEADLINE_SECONDS = 600.0
_DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class Lag(NamedTuple):
    """How far the archive was behind the commits, and what it cost."""

    rate: float
    late: Latency
    most_sequences: int
    cpu_share: float


@contextmanager
def run_durable_redis(folder: Path) -> Iterator[str]:
    """Run a Redis as the system starts it."""
    with run_redis(folder, *_DURABLE) as url:
        yield url


@contextmanager
def run_module(name: str, environment: Mapping[str, str]) -> Iterator[int]:
    """Run a service as a process of its own; gives its pid."""
    with run_python(["-m", name], {"LOG_LEVEL": "warning", **environment}) as process:
        yield process.pid


def commit_all(client: Redis, entries: list[bytes]) -> None:
    """Push `entries`, and wait until the engine has committed them."""
    for start in range(0, len(entries), 5000):
        client.rpush(channels.ORDER_QUEUE, *entries[start : start + 5000])
    wait_until(lambda: client.llen(channels.ORDER_QUEUE) == 0, "all matched", DEADLINE_SECONDS)


def catch_up(client: Redis, environment: Mapping[str, str]) -> float:
    """Return the seconds in which a new archive reads the whole journal, without its start."""
    sequence, _ = read_positions(client)
    with run_module("archive", environment):
        wait_until(lambda: read_positions(client)[1] > 0, "the archive has begun")
        first, start = read_positions(client)[1], time.perf_counter()
        wait_until(lambda: read_positions(client)[1] >= sequence, "all is there", DEADLINE_SECONDS)
        seconds = time.perf_counter() - start
    return seconds * sequence / max(1, sequence - first)


def count_rows(database_url: str) -> dict[str, int]:
    """Count the rows of each table."""
    database = open_for_queries(database_url)
    with database.connect() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (schema.orders, schema.fills, schema.trades, schema.candles)
        }
    database.dispose()
    return counts


def measure_lag(client: Redis, archive: int, entries: list[bytes], rate: float) -> Lag:
    """Push at `rate` a second, whatever the system does, and watch both sequences meanwhile.

    `archive` is its pid.
    """
    wait_until(lambda: len(set(read_positions(client))) == 1, "the archive is there", 60)
    first = read_positions(client)[0]
    pusher = threading.Thread(target=_push, args=(client, entries, rate))
    cpu, began = read_cpu(archive), time.perf_counter()
    samples: list[tuple[float, int, int]] = []
    pusher.start()
    while not samples or samples[-1][2] < first + len(entries):
        samples.append((time.perf_counter(), *read_positions(client)))
        time.sleep(SAMPLE_SECONDS)
        if time.perf_counter() - began > DEADLINE_SECONDS:
            raise RuntimeError("the archive does not keep up")
    seconds = time.perf_counter() - began
    pusher.join()
    most = max(engine - archived for _, engine, archived in samples)
    late = Latency.of(_list_delays(samples))
    return Lag(len(entries) / seconds, late, most, (read_cpu(archive) - cpu) / seconds)


def _push(client: Redis, entries: list[bytes], rate: float) -> None:
    """Push in chunks, as a gateway pushes all requests of a turn of its loop."""
    size = max(1, int(rate * CHUNK_SECONDS))
    start = time.perf_counter()
    for at in range(0, len(entries), size):
        time.sleep(max(0.0, start + at / rate - time.perf_counter()))
        client.rpush(channels.ORDER_QUEUE, *entries[at : at + size])


def _list_delays(samples: list[tuple[float, int, int]]) -> list[float]:
    """List for each commit the time from when it was seen until the archive had it."""
    archived = [sample[2] for sample in samples]
    delays, before = [], 0
    for moment, engine, _ in samples:
        if engine > before:
            before = engine
            delays.append(samples[bisect.bisect_left(archived, engine)][0] - moment)
    return delays
