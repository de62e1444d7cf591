"""The feed: deliveries a second beside websockets.broadcast, a crowd with slow readers, latency."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from benchmark.feed.binance import BESTS, TRADES, compare_diffs, measure_stream
from benchmark.feed.crowd import run_crowd
from benchmark.feed.latency import measure_latency
from benchmark.feed.throughput import (
    LOADS,
    SHAPES,
    Measured,
    measure_feed,
    measure_floor,
    measure_subscribed_floor,
)
from benchmark.shared.figures import Figures, add_json_option, name_latency, write_figures
from benchmark.shared.machine import describe_machine, describe_redis
from edge.open_files import allow_connections
from tests.support.redis_server import run_redis

REQUIRED_RATIO = 0.3
READERS = 1_000
SLOW = 50
TRADES_A_SECOND = 20.0
ORDERS_A_SECOND = 1_000.0
PARTS = ("throughput", "binance", "crowd", "latency")


def main() -> int:
    """Run the command line; exit status 1 if a requirement is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.feed", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--seconds", type=float, default=60, help="of the crowd (60)")
    add_json_option(parser)
    arguments = parser.parse_args()
    figures: Figures = {}
    allow_connections(2 * READERS)
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder, run_redis(Path(folder)) as url:
        print(describe_redis(url))
        is_good = True
        if "throughput" in arguments.parts:
            is_good &= report_throughput(url, figures)
        if "binance" in arguments.parts:
            is_good &= report_binance(url, figures)
        if "crowd" in arguments.parts:
            is_good &= report_crowd(url, arguments.seconds, figures)
    if "latency" in arguments.parts:
        is_good &= report_latency(figures)
    write_figures(arguments.json, figures)
    return 0 if is_good else 1


def report_throughput(url: str, figures: Figures) -> bool:
    """Print it; return whether every ratio to the floor in memory is as required."""
    print("\ndeliveries: Redis -> service -> readers' sockets, from a pipelining publisher")
    print("floor: websockets.broadcast of the same texts from memory, one a turn of the loop")
    print("subscribed floor: the same of texts that come from Redis in the same commits")
    ratios = []
    for load in LOADS:
        floor = measure_floor(load)
        print(f"  {load.readers:,} readers: floor {_describe(floor)}", flush=True)
        for shape in SHAPES:
            subscribed = measure_subscribed_floor(url, load, shape)
            feed = measure_feed(url, load, shape)
            ratios.append(feed.rate / floor.rate)
            name = f"{load.readers} readers, {shape} trades a commit"
            figures |= {
                f"{name}: deliveries a second": feed.rate,
                f"{name}: us a delivery": feed.cpu,
                f"{name}: x floor": ratios[-1],
                f"{name}: x subscribed floor": feed.rate / subscribed.rate,
            }
            print(
                f"    {shape:>2} trades a commit: {_describe(feed)}"
                f"   {ratios[-1]:6.2f} x the floor, {feed.rate / subscribed.rate:6.2f} x"
                f" the subscribed floor ({_describe(subscribed)})",
                flush=True,
            )
    print(f"  lowest: {min(ratios):.2f} x the floor; required {REQUIRED_RATIO}")
    return min(ratios) >= REQUIRED_RATIO


def _describe(measured: Measured) -> str:
    return f"{measured.rate:,.0f}/s, {measured.cpu:.2f} us of CPU each"


def report_binance(url: str, figures: Figures) -> bool:
    """Print what streams of the Binance gateway do; return whether every ratio is good."""
    ratios = []
    for name, stream in (("@trade", TRADES), ("@bookTicker", BESTS)):
        print(f"\n{name} of the Binance gateway, and websockets.broadcast of the same texts")
        for load in LOADS[1:]:
            floor = measure_floor(load, stream)
            print(f"  {load.readers:,} readers: floor {_describe(floor)}", flush=True)
            for shape in SHAPES:
                streams = measure_stream(url, load, shape, stream)
                ratios.append(streams.rate / floor.rate)
                measured = f"Binance {name}: {load.readers} readers, {shape} a commit"
                figures |= {
                    f"{measured}: deliveries a second": streams.rate,
                    f"{measured}: x floor": ratios[-1],
                }
                print(
                    f"    {shape:>2} a commit: {_describe(streams)}   {ratios[-1]:6.2f} x",
                    flush=True,
                )
    print("\n@depth@100ms: CPU of a delivery, as a window comes ten times a second")
    for load in LOADS[1:]:
        floor, diffs = compare_diffs(url, load.readers)
        ratios.append(floor.cpu / diffs.cpu)
        figures[f"Binance @depth@100ms: {load.readers} readers: x floor"] = ratios[-1]
        print(
            f"  {load.readers:,} readers: floor {floor.cpu:.2f} us, {diffs.cpu:.2f} us"
            f"   {ratios[-1]:6.2f} x",
            flush=True,
        )
    print(f"  lowest: {min(ratios):.2f} x the floor; required {REQUIRED_RATIO}")
    return min(ratios) >= REQUIRED_RATIO


def report_crowd(url: str, seconds: float, figures: Figures) -> bool:
    """Print it; return whether all who read got every trade."""
    good = READERS - 2 * SLOW
    crowd = asyncio.run(run_crowd(url, good, SLOW, SLOW, TRADES_A_SECOND, seconds))
    print(f"\n{READERS:,} readers, {SLOW} never read, {SLOW} trickle, {crowd.trades:,} trades")
    print(f"  {crowd.complete} of {good} saw every trade once and in order,")
    print(f"  the last {crowd.late_seconds:.3f} s after it was published")
    print(f"  memory {crowd.memory_before:.0f} MB, highest {crowd.memory_highest:.0f} MB")
    print(f"  conflated {crowd.conflated:,}, closed {crowd.closed}", flush=True)
    figures["crowd: readers complete"] = crowd.complete
    figures["crowd: highest MB"] = crowd.memory_highest
    return crowd.complete == good


def report_latency(figures: Figures) -> bool:
    """Print it; return whether nothing was lost."""
    print(f"\norder to reader, {ORDERS_A_SECOND:,.0f} orders a second by REST, the whole system")
    lost, redis = 0, ""
    for readers in (1, 100):
        arrivals = measure_latency(readers, ORDERS_A_SECOND, 10)
        lost += arrivals.lost
        redis = arrivals.redis
        figures |= name_latency(f"order to {readers} readers", arrivals.latency)
        print(f"  {readers:>4} readers: {arrivals.latency}   lost {arrivals.lost}", flush=True)
    print(f"  with a {redis}")
    return lost == 0


if __name__ == "__main__":
    sys.exit(main())
