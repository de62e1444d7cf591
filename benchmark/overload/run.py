"""One run of `benchmark.overload`: find the capacity, send more than that, watch memory, judge."""

import argparse
import asyncio
import random
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import OutOfMemoryError

from benchmark.overload.load import BATCH, HttpLoad, ListLoad, Load
from benchmark.shared.figures import Figures
from benchmark.shared.machine import describe_redis
from benchmark.shared.memory import MemoryWatch
from benchmark.shared.positions import read_sequence
from engine.audit.record import RecordUnavailable, open_record
from engine.audit.verify import Report, verify_record
from launcher.supervision.run_file import RunRecord
from protocol import channels
from tests.support.launched_system import REAL, LaunchedSystem, launch
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

WAYS = {
    "orders": "one order a request",
    "batches": f"{BATCH} orders a request",
    "list": "straight into the list",
}
DRAIN_SECONDS = 300.0
VERIFY_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


def overload_system(way: str, arguments: argparse.Namespace, figures: Figures) -> int:
    """Load a new system in one of the WAYS; return 1 if something accepted is not matched."""
    print(f"\n{WAYS[way]}, Redis limited to {arguments.maxmemory}")
    with (
        tempfile.TemporaryDirectory(prefix="goquant-overload-") as folder,
        launch(
            REAL, Path(folder) / "data", RATE_LIMIT="1000000", LOG_LEVEL="info",
            REDIS_MAXMEMORY=arguments.maxmemory,
        ) as system,
    ):  # fmt: skip
        record = system.wait_until_ready()
        print(describe_redis(record.redis.url))
        load = _make_load(way, record)
        status, watch = asyncio.run(_overload(system, record, load, arguments))
        for name, growth in watch.list_growths():
            figures[f"{way}: {name} MB at most"] = max(growth.first_half, growth.second_half)
        figures[f"{way}: accepted"] = load.outcomes["accepted"]
        figures[f"{way}: entries waited at most"] = watch.deepest
        return status


def _make_load(way: str, record: RunRecord) -> Load:
    generator = random.Random(1)
    if way == "list":
        return ListLoad(record.redis.url, generator)
    return HttpLoad(record.gateway_url, 1 if way == "orders" else BATCH, generator)


async def _overload(
    system: LaunchedSystem, record: RunRecord, load: Load, arguments: argparse.Namespace
) -> tuple[int, MemoryWatch]:
    with open_redis(record.redis.url) as client:
        await load.open()
        before = read_sequence(client)
        await load.saturate(arguments.saturate)
        capacity = (read_sequence(client) - before) / arguments.saturate
        await asyncio.to_thread(_drain, client)
        rate = arguments.times * capacity
        print(f"matched at its limit {capacity:,.0f} orders/s; now {rate:,.0f} a second")
        taken = load.outcomes["accepted"]
        load.outcomes.clear()
        processes = {name: process.pid for name, process in system.processes.items()}
        processes["launcher"] = system.process.pid
        with MemoryWatch(processes, record.redis.url) as watch:
            await load.send(rate, arguments.seconds)
            await asyncio.to_thread(_drain, client)
        load.close()
        taken += load.outcomes["accepted"]
        _print_result(load, watch)
        began = time.monotonic()
        wait_until(lambda: _takes_orders(client), "orders are taken again", DRAIN_SECONDS)
        print(f"  orders are taken again {time.monotonic() - began:.1f} s after the list was empty")
        return _judge(record.redis.url, client, taken), watch


def _drain(client: Redis) -> None:
    wait_until(lambda: client.llen(channels.ORDER_QUEUE) == 0, "drained", DRAIN_SECONDS)


def _takes_orders(client: Redis) -> bool:
    """Push an entry that changes nothing; return whether Redis takes it."""
    with suppress(OutOfMemoryError):
        return bool(client.rpush(channels.ORDER_QUEUE, b'{"command":"cancel","order_id":"1"}'))
    return False


def _print_result(load: Load, watch: MemoryWatch) -> None:
    for outcome, count in load.outcomes.most_common():
        print(f"  {count:>10,} orders {outcome}")
    print(
        f"  {watch.deepest:>10,} entries waited at most, {watch.journal:,} commits in the journal"
    )
    print(f"  {'resident MB':<14}{'start':>8}{'1st half':>10}{'2nd half':>10}{'drained':>10}")
    for name, growth in watch.list_growths():
        print(
            f"  {name:<14}{growth.start:8.0f}{growth.first_half:10.0f}{growth.second_half:10.0f}"
            f"{growth.end:10.0f}"
        )


def verify(redis_url: str) -> Report:
    """Verify the history, again if the engine has trimmed the journal meanwhile.

    Raises RecordUnavailable if it is trimmed each time until the deadline.
    """
    deadline = time.monotonic() + VERIFY_SECONDS
    while True:
        try:
            with open_record(redis_url) as record:
                return verify_record(record)
        except RecordUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def _judge(redis_url: str, client: Redis, taken: int) -> int:
    """Return 0 if everything that was accepted was matched and the history is right, else 1."""
    try:
        report = verify(redis_url)
    except RecordUnavailable as error:
        print(f"  cannot verify: {error}")
        return 1
    matched = read_sequence(client)
    print(
        f"  {taken:,} accepted, {matched:,} matched (the probe's own included);"
        f" findings of verify from {report.start:,} on: {report.findings_total}"
    )
    for finding in report.findings:
        print(f"  {finding}")
    return int(report.findings_total > 0 or matched < taken)
