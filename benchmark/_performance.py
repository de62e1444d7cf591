"""The load test behind `performance_test.py`."""

import argparse
import asyncio
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmark.feed_watch import FeedWatch
from benchmark.latency import Latency
from benchmark.load import Sent, send_orders
from benchmark.market import find_spot
from protocol.settings import Settings

REQUIRED_RATE = 1000
DRAIN_SECONDS = 10.0
_POLL_SECONDS = 0.02


@dataclass
class Result:
    """What was measured; rates in orders a second, `lost` and the rest are counts."""

    orders: int
    accepted: int
    matched_and_seen: int
    lost: int
    missing_trade_ids: int
    repeated_trade_ids: int
    refused: dict[str, int]
    accepted_rate: float
    seen_rate: float
    accept_latency: Latency
    order_to_feed_latency: Latency
    generator_cpu_share: float

    @property
    def passes(self) -> bool:
        """Fast enough, and nothing missing."""
        is_complete = not (self.lost or self.missing_trade_ids or self.repeated_trade_ids)
        return is_complete and not self.refused and self.seen_rate > REQUIRED_RATE


def main() -> int:
    """Run the test; exit status 0 where the requirement is met, 1 where not, 2 without a system."""
    arguments = _parse_arguments()
    try:
        result = asyncio.run(_measure(arguments))
    except (httpx.HTTPError, OSError, LookupError) as error:
        print(f"cannot measure: {error or type(error).__name__}")
        print("Is the system running? Start it with: python start_system.py")
        return 2
    _print(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(_to_json(result), indent=2) + "\n")
    return 0 if result.passes else 1


def _parse_arguments() -> argparse.Namespace:
    settings = Settings()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1500, help="orders a second (1500)")
    parser.add_argument("--seconds", type=float, default=20, help="how long (20)")
    parser.add_argument("--symbol", default="SOL-USDT", help="instrument (SOL-USDT)")
    parser.add_argument("--connections", type=int, default=32, help="HTTP connections (32)")
    parser.add_argument("--json", type=Path, help="write the result to this file")
    parser.add_argument(
        "--gateway", default=f"http://{settings.gateway_host}:{settings.gateway_port}"
    )
    parser.add_argument(
        "--market-data", default=f"http://{settings.market_data_host}:{settings.market_data_port}"
    )
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> Result:
    spot = find_spot(arguments.gateway, arguments.market_data, arguments.symbol)
    count = int(arguments.rate * arguments.seconds) // 2 * 2
    address = urlsplit(arguments.gateway)
    feed_url = arguments.market_data.replace("http", "ws", 1) + "/ws/market-data"
    cpu, wall = time.process_time(), time.perf_counter()
    async with FeedWatch(feed_url, spot.symbol) as feed:
        sent = await send_orders(
            address.hostname or "127.0.0.1",
            address.port or 80,
            spot,
            arguments.rate,
            count,
            arguments.connections,
        )
        cpu_share = (time.process_time() - cpu) / (time.perf_counter() - wall)
        await _wait_until_seen(sent, feed)
    return _summarize(count, sent, feed, cpu_share)


async def _wait_until_seen(sent: Sent, feed: FeedWatch) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    missing = set(sent.order_ids)
    while missing and time.monotonic() < deadline:
        await asyncio.sleep(_POLL_SECONDS)
        missing -= feed.arrivals.keys()


def _summarize(count: int, sent: Sent, feed: FeedWatch, cpu_share: float) -> Result:
    due = dict(zip(sent.order_ids, sent.scheduled, strict=True))
    seen = [order_id for order_id in sent.order_ids if order_id in feed.arrivals]
    last_seen = max((feed.arrivals[order_id] for order_id in seen), default=0.0)
    first_due = min(sent.scheduled, default=0.0)
    return Result(
        orders=count,
        accepted=len(sent.order_ids),
        matched_and_seen=len(seen),
        lost=len(sent.order_ids) - len(seen),
        missing_trade_ids=feed.missing_trades,
        repeated_trade_ids=feed.repeated_trades,
        refused=sent.refusals,
        accepted_rate=len(sent.order_ids) / sent.seconds if seen else 0.0,
        seen_rate=len(seen) / (last_seen - first_due) if seen else 0.0,
        accept_latency=Latency.of(
            [end - start for start, end in zip(sent.scheduled, sent.accepted, strict=True)]
        ),
        order_to_feed_latency=Latency.of(_measure_feed(feed, due)),
        generator_cpu_share=cpu_share,
    )


def _measure_feed(feed: FeedWatch, due: dict[str, float]) -> list[float]:
    """From an order's scheduled time to its trade on the WebSocket, for the order that traded."""
    return [feed.arrivals[taker] - due[taker] for taker in feed.takers if taker in due]


def _print(result: Result) -> None:
    print(f"""
orders             {result.orders:>10,}
accepted           {result.accepted:>10,}   {result.accepted_rate:>8,.0f} a second
matched and seen   {result.matched_and_seen:>10,}   {result.seen_rate:>8,.0f} a second
lost               {result.lost:>10,}
trade ids          {result.missing_trade_ids:>10,} missing, {result.repeated_trade_ids} repeated
accept             {result.accept_latency}
order to feed      {result.order_to_feed_latency}
load generator     {result.generator_cpu_share:>10.0%} of one core
""")
    for why, times in result.refused.items():
        print(f"refused {times:,} times: {why}")
    verdict = "PASS" if result.passes else "FAIL"
    requirement = f"more than {REQUIRED_RATE:,} orders a second accepted, matched and seen"
    print(f"{verdict}: {requirement}, none lost")


def _to_json(result: Result) -> dict[str, object]:
    values: dict[str, object] = asdict(result)
    for name in ("accept_latency", "order_to_feed_latency"):
        values[f"{name}_ms"] = getattr(result, name)._asdict()
        del values[name]
    return values | {"passes": result.passes}
