"""How long a snapshot of a large book keeps others waiting, and the engine."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from redis import Redis

from benchmark.shared.figures import Figures, name_latency
from benchmark.shared.latency import Latency
from engine.storage.snapshot_store import list_snapshots, measure_newest
from protocol import channels
from tests.support.waiting import wait_until

DEADLINE_SECONDS = 300.0
_PUSHED_AT_ONCE = 1000
_PROBE = "probe"
_PAUSE = re.compile(r"the engine paused ([\d.]+) ms")


def push_resting(client: Redis, count: int) -> None:
    """Push orders that do not trade: bids far below asks, a thousand prices of each."""
    for first in range(0, count, _PUSHED_AT_ONCE):
        last = min(first + _PUSHED_AT_ONCE, count)
        client.rpush(channels.ORDER_QUEUE, *map(_make_order, range(first, last)))


def measure_snapshot(client: Redis, log: Path, count: int) -> Figures:
    """Print what writes of others take while the snapshot of `count` orders is written.

    The list holds the orders, and an engine that takes a snapshot after them serves it; `log` has
    what it says.
    """
    quiet = list(_time_writes(client, 200))
    wait_until(lambda: client.llen(channels.ORDER_QUEUE) == 0, "all are resting", DEADLINE_SECONDS)
    busy: list[float] = []
    started = time.perf_counter()
    while not list_snapshots(client):
        busy += _time_writes(client, 10)
        assert time.perf_counter() - started < DEADLINE_SECONDS, "no snapshot"
    seconds = time.perf_counter() - started
    size = measure_newest(client)
    pauses = ", ".join(_PAUSE.findall(log.read_text()))
    print(f"\nsnapshot of {count:,} open orders: {size >> 20:,} MB in {seconds:.1f} s")
    print(f"  the engine paused {pauses} ms")
    print(f"  a write of others meanwhile {Latency.of(busy)}")
    print(f"  before, beside the matching {Latency.of(quiet)}")
    return {
        **name_latency("snapshot: a write of others", Latency.of(busy)),
        "snapshot: written in s": seconds,
    }


def _make_order(number: int) -> bytes:
    side, price = ("buy", 10_000) if number % 2 else ("sell", 90_000)
    return (
        f'{{"symbol":"BTC-USDT","side":"{side}","order_type":"limit","quantity":"1"'
        f',"price":"{price + number // 2 % 1000}","account":"a{number % 100}"}}'
    ).encode()


def _time_writes(client: Redis, count: int) -> Iterator[float]:
    for number in range(count):
        started = time.perf_counter()
        client.set(_PROBE, number)
        yield time.perf_counter() - started
        time.sleep(0.001)
