"""The feed: deliveries a second beside websockets.broadcast, a crowd with slow readers, latency."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from benchmark._feed_crowd import run_crowd
from benchmark._feed_latency import measure_latency
from benchmark._feed_throughput import LOADS, TRADES_A_COMMIT, measure_feed, measure_floor
from benchmark.machine import describe_machine
from market_data.open_files import allow_connections
from tests.support.redis_server import run_redis

REQUIRED_RATIO = 0.3
READERS = 1_000
SLOW = 50
TRADES_A_SECOND = 20.0
ORDERS_A_SECOND = 1_000.0
PARTS = ("throughput", "crowd", "latency")


def main() -> int:
    """Measure what is asked for; exit status 1 where the requirement is not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.feed", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--seconds", type=float, default=60, help="of the crowd (60)")
    arguments = parser.parse_args()
    allow_connections(2 * READERS)
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder, run_redis(Path(folder)) as url:
        is_good = True
        if "throughput" in arguments.parts:
            is_good &= report_throughput(url)
        if "crowd" in arguments.parts:
            is_good &= report_crowd(url, arguments.seconds)
    if "latency" in arguments.parts:
        is_good &= report_latency()
    return 0 if is_good else 1


def report_throughput(url: str) -> bool:
    """Whether every ratio is what is required."""
    print(f"\ndeliveries: Redis, {TRADES_A_COMMIT} trades a commit -> service -> readers' sockets;")
    print("floor: websockets.broadcast of the same texts from memory, one a turn of the loop")
    ratios = []
    for load in LOADS:
        floor, feed = measure_floor(load), measure_feed(url, load)
        ratios.append(feed.rate / floor.rate)
        print(
            f"  {load.readers:>5} readers: {feed.rate:>11,.0f}/s {feed.cpu:>7.3f} us of CPU each"
            f"   floor {floor.rate:>9,.0f}/s {floor.cpu:>6.3f} us"
            f"   {ratios[-1]:6.2f} x the rate",
            flush=True,
        )
    return min(ratios) >= REQUIRED_RATIO


def report_crowd(url: str, seconds: float) -> bool:
    """Whether all who read saw every trade."""
    good = READERS - 2 * SLOW
    crowd = asyncio.run(run_crowd(url, good, SLOW, SLOW, TRADES_A_SECOND, seconds))
    print(f"\n{READERS:,} readers, {SLOW} never read, {SLOW} trickle, {crowd.trades:,} trades")
    print(f"  {crowd.complete} of {good} saw every trade once and in order,")
    print(f"  the last {crowd.late_seconds:.3f} s after it was published")
    print(f"  memory {crowd.memory_before:.0f} MB, highest {crowd.memory_highest:.0f} MB")
    print(f"  conflated {crowd.conflated:,}, closed {crowd.closed}", flush=True)
    return crowd.complete == good


def report_latency() -> bool:
    """Whether nothing was lost."""
    print(f"\norder to reader, {ORDERS_A_SECOND:,.0f} orders a second by REST, the whole system")
    lost = 0
    for readers in (1, 100):
        arrivals = measure_latency(readers, ORDERS_A_SECOND, 10)
        lost += arrivals.lost
        print(f"  {readers:>4} readers: {arrivals.latency}   lost {arrivals.lost}", flush=True)
    return lost == 0


if __name__ == "__main__":
    sys.exit(main())
