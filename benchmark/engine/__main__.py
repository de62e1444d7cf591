"""From the list to the published fill: orders a second, CPU an order, latency, beside RPUSH."""

import argparse
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from redis import Redis

from benchmark.engine.latency import measure_fills
from benchmark.engine.recovery import measure_recovery
from benchmark.engine.replicated import measure_accepts
from benchmark.engine.shards import measure_shards
from benchmark.engine.snapshot import measure_snapshot, push_resting
from benchmark.shared.child_process import Child, run_python
from benchmark.shared.cpu_clock import read_cpu
from benchmark.shared.figures import Figures, add_json_option, name_latency, write_figures
from benchmark.shared.machine import describe_machine, describe_redis
from benchmark.shared.order_entries import make_entries
from benchmark.shared.positions import read_redis_pid, read_sequence
from engine.storage.state import load_id_key
from launcher.redis.binary import PACKAGED
from launcher.setup.environment import ROOT
from protocol import channels
from protocol.instrument import parse_instruments
from protocol.settings import Settings
from tests.support.redis_client import open_redis
from tests.support.redis_cluster import run_redis_cluster
from tests.support.redis_server import run_redis
from tests.support.waiting import wait_until

POLICIES = ("always", "everysec")
DEADLINE_SECONDS = 120.0


class Run(NamedTuple):
    """One drained queue: orders a second, CPU microseconds an order."""

    rate: float
    engine_cpu: float
    redis_cpu: float


def main() -> int:
    """Measure each fsync policy and batch size in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=50_000, help="orders a run (50,000)")
    parser.add_argument("--batch", type=int, nargs="*", default=[1, 16, 128, 512])
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, the median counts (3)")
    parser.add_argument(
        "--recovery", type=int, nargs="?", const=1_000_000, metavar="COMMANDS",
        help="measure instead how long so many journaled commands (1,000,000) take to replay",
    )  # fmt: skip
    parser.add_argument(
        "--snapshot", type=int, nargs="?", const=500_000, metavar="ORDERS",
        help="measure instead whom the snapshot of so many open orders (500,000) keeps waiting",
    )  # fmt: skip
    parser.add_argument(
        "--shards", type=int, nargs="?", const=4, metavar="N",
        help="measure instead what an order costs on so many shards (4) of one Redis",
    )  # fmt: skip
    parser.add_argument(
        "--cluster", action="store_true",
        help="measure instead what a cluster costs beside one Redis, batches of 512",
    )  # fmt: skip
    add_json_option(parser)
    arguments = parser.parse_args()
    print(describe_machine())
    figures: Figures = {}
    if arguments.recovery:
        _recover(arguments.recovery, figures)
    elif arguments.cluster:
        figures |= _replicate(arguments)
    elif arguments.shards:
        figures |= _spread(arguments)
    elif arguments.snapshot:
        figures |= _take_snapshot(arguments.snapshot)
    else:
        for policy in POLICIES:
            _measure_policy(policy, arguments, figures)
    write_figures(arguments.json, figures)
    return 0


def _measure_policy(policy: str, arguments: argparse.Namespace, figures: Figures) -> None:
    with tempfile.TemporaryDirectory() as folder:
        options = ("--appendonly", "yes", "--appendfsync", policy)
        with run_redis(Path(folder), *options) as url, open_redis(url) as client:
            entries = make_entries(arguments.orders, load_id_key(client))
            size = sum(map(len, entries)) // len(entries)
            print(f"\n{describe_redis(url)}, {arguments.orders:,} orders of {size} bytes")
            for batch in arguments.batch:
                count = max(1000, arguments.orders // 10) if batch == 1 else arguments.orders
                floors, runs = [], []
                for _ in range(arguments.rounds):
                    floors.append(_measure_rpush(url, size))
                    runs.append(_drain(url, client, entries[:count], batch))
                figures |= _report_runs(f"{policy}, batch {batch}", runs, floors)
            for rate in (200, 2000):
                figures |= _measure_latency(url, client, policy, rate)


def _recover(count: int, figures: Figures) -> None:
    """Have an engine write a journal without snapshots, then come back from it."""
    options = ("--appendonly", "yes", "--appendfsync", "everysec")
    with (
        tempfile.TemporaryDirectory() as folder,
        run_redis(Path(folder), *options) as url,
        open_redis(url) as client,
    ):
        print(describe_redis(url))
        entries = make_entries(count, load_id_key(client))
        with _engine(url, 512, SNAPSHOT_INTERVAL="1000000000"):
            for start in range(0, count, 1000):
                client.rpush(channels.ORDER_QUEUE, *entries[start : start + 1000])
            wait_until(
                lambda: client.llen(channels.ORDER_QUEUE) == 0, "all matched", DEADLINE_SECONDS
            )
        settings = Settings()
        instruments = parse_instruments((ROOT / "instruments.toml").read_text())
        figures |= measure_recovery(url, list(instruments.values()), settings.closed_orders)


def _take_snapshot(count: int) -> Figures:
    """Fill the books, and have the engine take a snapshot at the last order."""
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with (
        tempfile.TemporaryDirectory() as folder,
        run_redis(Path(folder), *options) as url,
        open_redis(url) as client,
    ):
        push_resting(client, count)
        log = Path(folder) / "engine.log"
        settings = {"SNAPSHOT_INTERVAL": str(count), "MAX_OPEN_ORDERS": str(count)}
        with log.open("wb") as stderr, _engine(url, 512, stderr, LOG_LEVEL="info", **settings):
            return measure_snapshot(client, log, count)


def _spread(arguments: argparse.Namespace) -> Figures:
    """Spread the orders over shards."""
    options = ("--appendonly", "yes", "--appendfsync", "everysec")
    with (
        tempfile.TemporaryDirectory() as folder,
        run_redis(Path(folder), *options) as url,
        open_redis(url) as client,
    ):
        print(f"\n{describe_redis(url)}, {arguments.orders:,} orders")
        return measure_shards(url, client, arguments.shards, arguments.orders, arguments.rounds)


def _replicate(arguments: argparse.Namespace) -> Figures:
    """Push and drain on one Redis and on a cluster, in turn."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = ("--appendonly", "yes", "--appendfsync", "always")
        url = stack.enter_context(run_redis(folder, *options, server=PACKAGED))
        cluster = stack.enter_context(run_redis_cluster(folder))
        print(f"\n{describe_redis(url)}, and a cluster 3x3; {arguments.orders:,} orders")
        runs: dict[str, list[Run]] = {url: [], cluster.url: []}
        clients = {each: stack.enter_context(open_redis(each)) for each in runs}
        figures = measure_accepts(url, cluster.url, make_entries(1, load_id_key(clients[url]))[0])
        for _ in range(arguments.rounds):
            for each, client in clients.items():
                entries = make_entries(arguments.orders, load_id_key(client))
                runs[each].append(_drain(each, client, entries, 512))
    alone, replicated = runs.values()
    figures |= _report_runs("one, batch 512", alone, [])
    figures |= _report_runs("cluster, batch 512", replicated, [])
    ratio = statistics.median(b.rate / a.rate for a, b in zip(alone, replicated, strict=True))
    print(f"  cluster / one: {ratio:.3f} x the orders a second")
    return figures | {"cluster: x orders a second of one": ratio}


def _report_runs(name: str, runs: list[Run], floors: list[float | None]) -> Figures:
    rate, engine_cpu, redis_cpu = (statistics.median(column) for column in zip(*runs, strict=True))
    floor = statistics.median([one for one in floors if one]) if any(floors) else None
    ratio = f"{rate / floor:6.3f} x RPUSH -P 16 ({floor:,.0f}/s)" if floor else "no redis-benchmark"
    print(
        f"  {name:<19}: {rate:>9,.0f} orders/s   engine {engine_cpu:5.1f} us"
        f"   Redis {redis_cpu:5.1f} us of CPU an order   {ratio}"
    )
    figures = {
        f"{name}: orders a second": rate,
        f"{name}: engine us an order": engine_cpu,
        f"{name}: Redis us an order": redis_cpu,
    }
    return figures | ({f"{name}: x RPUSH": rate / floor} if floor else {})


def _measure_rpush(url: str, size: int) -> float | None:
    """Return what redis-benchmark pushes a second with this payload, 16 in a pipeline."""
    program = shutil.which("redis-benchmark") or shutil.which("valkey-benchmark")
    if program is None:
        return None
    port = str(urlsplit(url).port)
    command = [program, "-p", port, "-t", "rpush", "-P", "16", "-d", str(size), "-n", "200000"]
    output = subprocess.run(
        [*command, "--csv"], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    with open_redis(url) as client:
        client.delete("mylist")
    found = re.search(r'"RPUSH[^"]*","([\d.]+)"', output)
    return float(found[1]) if found else None


def _drain(url: str, client: Redis, entries: list[bytes], batch: int) -> Run:
    """Fill the queue while the engine is stopped, then let it go."""
    with _subscribed(client), _engine(url, batch) as engine:
        wait_until(lambda: client.exists(channels.LEASE), "an engine is ready")
        server = read_redis_pid(client)
        first = read_sequence(client)
        engine.send_signal(signal.SIGSTOP)
        for start in range(0, len(entries), 1000):
            client.rpush(channels.ORDER_QUEUE, *entries[start : start + 1000])
        before = read_cpu(engine.pid), read_cpu(server)
        started = time.perf_counter()
        engine.send_signal(signal.SIGCONT)
        wait_until(
            lambda: read_sequence(client) >= first + len(entries), "all matched", DEADLINE_SECONDS
        )
        seconds = time.perf_counter() - started
        after = read_cpu(engine.pid), read_cpu(server)
    _clear(client)
    used = [(end - start) / len(entries) * 1e6 for start, end in zip(before, after, strict=True)]
    return Run(len(entries) / seconds, *used)


def _clear(client: Redis) -> None:
    """Delete the exchange before the next run, but for its id key."""
    key = client.hget(channels.STATE, channels.STATE_ID_KEY)
    client.delete(channels.STATE, channels.JOURNAL, channels.LEASE, channels.ORDER_QUEUE)
    client.delete(*client.scan_iter(channels.snapshot_key_pattern()), channels.DEAD)
    client.hset(channels.STATE, channels.STATE_ID_KEY, key or "")


def _measure_latency(url: str, client: Redis, policy: str, rate: int) -> Figures:
    """Measure from the due time of an order that trades to its trade from pub/sub."""
    with _engine(url, 512):
        wait_until(lambda: client.exists(channels.LEASE), "an engine is ready")
        fills = measure_fills(url, rate)
    _clear(client)
    print(f"  {rate:>5} orders/s due, {fills.rate:,.0f} filled, due to fill: {fills.latency}")
    name = f"{policy}, {rate} a second due"
    return {f"{name}: filled a second": fills.rate, **name_latency(name, fills.latency)}


@contextmanager
def _subscribed(client: Redis) -> Iterator[None]:
    """Have one reader on all four channels, so that publishing costs what it does in service."""
    with client.pubsub() as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(**dict.fromkeys(channels.EVENT_CHANNELS, lambda _message: None))
        thread = listener.run_in_thread(sleep_time=1.0, daemon=True)
        yield
        thread.stop()
        thread.join()


@contextmanager
def _engine(
    url: str, batch: int, stderr: IO[bytes] | None = None, **settings: str
) -> Iterator[Child]:
    environment = {
        "REDIS_URL": url,
        "MAX_BATCH": str(batch),
        "LOG_LEVEL": "warning",
        "BALANCES": "unlimited",  # the entries are of one account that nobody gives money
        **settings,
    }
    with tempfile.TemporaryDirectory() as folder:
        environment["DATA_DIR"] = folder
        with run_python(["-m", "engine"], environment, stderr=stderr) as process:
            yield process


if __name__ == "__main__":
    sys.exit(main())
