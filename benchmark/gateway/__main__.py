"""CPU of the gateway an order, beside a bare FastAPI endpoint; orders a second and latency."""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmark.gateway.load import Load, Sent, send
from benchmark.gateway.process import Server, run_engine, run_server
from benchmark.shared.cpu_clock import read_cpu
from benchmark.shared.figures import Figures, add_json_option, name_latency, write_figures
from benchmark.shared.machine import describe_machine, describe_redis
from tests.support.redis_server import run_redis

BATCH = 100
RATE = 1000.0
GUARDED = "ack, key, audit"
KEY = "benchmark-key-0123456789"
KEYS = f'[{{"key":"{KEY}","account":"a","scopes":["trade"],"rate_limit":1000000000}}]'
REQUIRED = {"ack": 1.4, GUARDED: 1.4, "result": 2.2, f"batch of {BATCH}": 0.1}


class Case(NamedTuple):
    """What is measured, and where."""

    name: str
    server: Server
    load: Load


class Run(NamedTuple):
    """CPU microseconds an order of the serving process, and what the load saw."""

    cpu: float
    orders_a_second: float
    sent: Sent


def main() -> int:
    """Measure in turn, several rounds; exit status 1 where a figure is not what it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=6000, help="requests a run (6,000)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, the median counts (5)")
    add_json_option(parser)
    arguments = parser.parse_args()
    figures: Figures = {}
    print(describe_machine())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = ("--appendonly", "yes", "--appendfsync", "always")
        url = stack.enter_context(run_redis(folder, *options))
        print(describe_redis(url))
        stack.enter_context(run_engine(url, folder))
        bare = stack.enter_context(run_server("benchmark.gateway.bare", url, folder))
        gateway = stack.enter_context(run_server("order_gateway", url, folder))
        with_keys = {"API_KEYS": KEYS, "LOG_FORMAT": "json", "LOG_LEVEL": "info"}
        guarded = stack.enter_context(run_server("order_gateway", url, folder, **with_keys))
        is_met = _measure_cpu(bare, gateway, guarded, arguments, figures)
        _measure_latency(bare, gateway, arguments, figures)
    write_figures(arguments.json, figures)
    return 0 if is_met else 1


def _measure_cpu(
    bare: Server, gateway: Server, guarded: Server, arguments: argparse.Namespace, figures: Figures
) -> bool:
    """As fast as 32 connections can; whether every ratio is what it must be."""
    requests = arguments.requests
    orders = "/v1/orders"
    cases = [
        Case("bare FastAPI", bare, Load(orders, requests)),
        Case("ack", gateway, Load(orders, requests)),
        Case(GUARDED, guarded, Load(orders, requests, headers={"X-API-Key": KEY})),
        Case("result", gateway, Load(f"{orders}?response=result", requests)),
        Case(f"batch of {BATCH}", gateway, Load(f"{orders}/batch", requests // 50, BATCH)),
    ]
    print(f"\nCPU of the serving process, 32 connections, {requests:,} requests")
    return _report("", cases, arguments.rounds, figures)


def _measure_latency(
    bare: Server, gateway: Server, arguments: argparse.Namespace, figures: Figures
) -> None:
    """At a steady rate, at the scheduled times."""
    requests = min(arguments.requests, int(RATE * 5))
    orders = "/v1/orders"
    cases = [
        Case("bare FastAPI", bare, Load(orders, requests, rate=RATE)),
        Case("ack", gateway, Load(orders, requests, rate=RATE)),
        Case("result", gateway, Load(f"{orders}?response=result", requests, rate=RATE)),
    ]
    print(f"\nThe same at {RATE:,.0f} a second, open loop")
    _report(f"{RATE:,.0f} a second, ", cases, max(1, arguments.rounds // 2), figures)


def _report(prefix: str, cases: list[Case], rounds: int, figures: Figures) -> bool:
    """Runs them in turn, so that a slow moment of the machine meets all of them."""
    runs: dict[str, list[Run]] = {case.name: [] for case in cases}
    for case in cases:  # to warm up
        send(case.server.port, case.load._replace(requests=case.load.requests // 5))
    for _ in range(rounds):
        for case in cases:
            runs[case.name].append(_run(case))
    medians = {name: find_median(each) for name, each in runs.items()}
    floor = medians[cases[0].name].cpu
    for name, median in medians.items():
        _print(name, median, median.cpu / floor)
        figures |= {
            f"{prefix}{name}: us an order": median.cpu,
            f"{prefix}{name}: x bare": median.cpu / floor,
            **name_latency(prefix + name, median.sent.latency),
        }
    return all(median.cpu / floor <= REQUIRED.get(name, 1.0) for name, median in medians.items())


def find_median(runs: list[Run]) -> Run:
    """Of CPU and of the rate, each by itself; the latency is that of the run nearest to it."""
    cpu = statistics.median(run.cpu for run in runs)
    rate = statistics.median(run.orders_a_second for run in runs)
    nearest = min(runs, key=lambda run: abs(run.cpu - cpu))
    return Run(cpu, rate, nearest.sent)


def _run(case: Case) -> Run:
    before = read_cpu(case.server.pid)
    sent = send(case.server.port, case.load)
    count = case.load.requests * case.load.orders
    return Run((read_cpu(case.server.pid) - before) / count * 1e6, count / sent.seconds, sent)


def _print(name: str, middle: Run, ratio: float) -> None:
    required = f"(at most {REQUIRED[name]})" if name in REQUIRED else ""
    print(
        f"  {name:<15} {middle.cpu:7.1f} us an order  {ratio:6.3f} x {required:<14}"
        f" {middle.orders_a_second:>9,.0f}/s   {middle.sent.latency}"
    )


if __name__ == "__main__":
    sys.exit(main())
