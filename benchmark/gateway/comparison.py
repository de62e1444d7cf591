"""The gateway's cases and the bare endpoint in turn: CPU an order, orders a second, latency."""

import argparse
import statistics
from typing import NamedTuple

from benchmark.gateway.load import Load, Sent, open_order_stream, send, share
from benchmark.gateway.process import Server
from benchmark.gateway.signed import (
    BinanceConnection,
    BinanceSocket,
    SignedConnection,
)
from benchmark.shared.cpu_clock import read_cpu
from benchmark.shared.figures import Figures, name_latency

BATCH = 100
RATE = 1000.0
GUARDED = "ack, key, audit"
ON_STREAM = "ack on a stream"
KEY = "benchmark-key-0123456789"
KEYS = f'[{{"key":"{KEY}","account":"a","scopes":["trade"],"rate_limit":1000000000}}]'
BINANCE_REST = "Binance, POST order"
BINANCE_SOCKETS, BINANCE_SOCKET = "order.place, 32 sockets", "order.place, one socket"
REQUIRED = {
    "ack": 1.4, ON_STREAM: 1.4, GUARDED: 1.4, "result": 2.2, f"batch of {BATCH}": 0.1,
    BINANCE_REST: 1.3,
}  # fmt: skip
SOCKET_WANTED = 0.5
"""Of `order.place` beside `POST order`; what both share is more than that."""


class Case(NamedTuple):
    """A load, and the server that gets it."""

    name: str
    server: Server
    load: Load


class Run(NamedTuple):
    """CPU microseconds an order of the serving process, and what the load saw."""

    cpu: float
    orders_a_second: float
    sent: Sent


def measure_cpu(
    bare: Server, gateway: Server, guarded: Server, arguments: argparse.Namespace, figures: Figures
) -> bool:
    """Send as fast as 32 connections can; return whether every ratio is as required."""
    requests = arguments.requests
    orders = "/v1/orders"
    cases = [
        Case("bare FastAPI", bare, Load(orders, requests)),
        Case("ack", gateway, Load(orders, requests)),
        Case(GUARDED, guarded, Load(orders, requests, headers={"X-API-Key": KEY})),
        Case(ON_STREAM, gateway, Load(orders, requests, open=open_order_stream)),
        Case("result", gateway, Load(f"{orders}?response=result", requests)),
        Case(f"batch of {BATCH}", gateway, Load(f"{orders}/batch", requests // 50, BATCH)),
    ]
    print(f"\nCPU of the serving process, 32 connections, {requests:,} requests")
    return _report("", cases, arguments.rounds, figures)


def measure_latency(
    bare: Server, gateway: Server, arguments: argparse.Namespace, figures: Figures
) -> None:
    """Send at a steady rate, each request at its scheduled time."""
    requests = min(arguments.requests, int(RATE * 5))
    orders = "/v1/orders"
    cases = [
        Case("bare FastAPI", bare, Load(orders, requests, rate=RATE)),
        Case("ack", gateway, Load(orders, requests, rate=RATE)),
        Case("result", gateway, Load(f"{orders}?response=result", requests, rate=RATE)),
    ]
    print(f"\nThe same at {RATE:,.0f} a second, open loop")
    _report(f"{RATE:,.0f} a second, ", cases, max(1, arguments.rounds // 2), figures)


def measure_binance(
    native: Server, binance: Server, arguments: argparse.Namespace, figures: Figures
) -> bool:
    """Send signed orders that are told in full; return whether every ratio is as required."""
    requests = arguments.requests
    result = "/v1/orders?response=result"
    cases = [
        Case(
            "native result, signed", native, Load(result, requests, open=SignedConnection.connect)
        ),
        Case(BINANCE_REST, binance, Load("", requests, open=BinanceConnection.connect)),
        Case(BINANCE_SOCKETS, binance, Load("", requests, open=BinanceSocket.connect)),
        Case(BINANCE_SOCKET, binance, Load("", requests, open=share(BinanceSocket.connect))),
    ]
    print("\nThe same with key and signature, and what became of the order in the answer")
    is_met = _report("", cases, arguments.rounds, figures)
    rest = figures[f"{BINANCE_REST}: us an order"]
    for name in (BINANCE_SOCKETS, BINANCE_SOCKET):
        ratio = figures[f"{name}: x POST order"] = figures[f"{name}: us an order"] / rest
        print(f"  {name} beside POST order: {ratio:.3f} x (wanted: at most {SOCKET_WANTED})")
    return is_met


def _report(prefix: str, cases: list[Case], rounds: int, figures: Figures) -> bool:
    """Run them in turn, so that a slow moment of the machine meets all of them."""
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
            f"{prefix}{name}: x {cases[0].name.partition(' ')[0]}": median.cpu / floor,
            **name_latency(prefix + name, median.sent.latency),
        }
    return all(
        median.cpu / floor <= REQUIRED[name] for name, median in medians.items() if name in REQUIRED
    )


def find_median(runs: list[Run]) -> Run:
    """Return the medians of CPU and rate, with the latency of the run that is nearest in CPU."""
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
