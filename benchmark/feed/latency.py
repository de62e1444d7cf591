"""From an order's scheduled time to its trade at a reader, through the whole system."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmark.feed.readers import TradeReader
from benchmark.load.sending.pairs import Sent, send_orders
from benchmark.shared.feed_watch import FeedWatch
from benchmark.shared.latency import Latency
from benchmark.shared.machine import describe_redis
from benchmark.shared.market import find_spot
from tests.support.launched_system import REAL, launch

SYMBOL = "SOL-USDT"
DRAIN_SECONDS = 30.0
CONNECTIONS = 64
"""With fewer, a disk that takes 16 ms a write would be slower than the rate."""


class Arrivals(NamedTuple):
    """Latency at one reader; how many trades it, and the other readers, did not get.

    `redis` says how the system's Redis persists.
    """

    latency: Latency
    lost: int
    redis: str


def measure_latency(readers: int, rate: float, seconds: float) -> Arrivals:
    """Start a system, read its feed with so many readers, and send it orders."""
    with tempfile.TemporaryDirectory() as folder, launch(REAL, Path(folder) / "data") as system:
        record = system.wait_until_ready()
        latency, lost = asyncio.run(
            _measure(record.gateway_url, record.market_data_url, readers, rate, seconds)
        )
        return Arrivals(latency, lost, describe_redis(record.redis.url))


async def _measure(
    gateway: str, market_data: str, count: int, rate: float, seconds: float
) -> tuple[Latency, int]:
    spot = find_spot(gateway, market_data, SYMBOL)
    address, feed = urlsplit(gateway), urlsplit(market_data)
    url = f"{market_data.replace('http', 'ws', 1)}/ws/market-data?symbols={SYMBOL}"
    others = [await _connect(feed.port or 80, url) for _ in range(count - 1)]
    async with FeedWatch(url, SYMBOL) as watch:
        sent = await send_orders(
            "127.0.0.1", address.port or 80, spot, rate, int(rate * seconds) // 2 * 2, CONNECTIONS
        )
        await _wait_until_seen(watch, sent)
        lost = len(set(sent.order_ids) - watch.arrivals.keys()) + watch.missing_trades
        lost += sum(len(watch.trade_ids) - each.trades for each in others)
        return Latency.of(_list_latencies(watch, sent)), lost


async def _wait_until_seen(watch: FeedWatch, sent: Sent) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    for _ in iter(lambda: time.monotonic() < deadline, False):
        if not set(sent.order_ids) - watch.arrivals.keys():
            return
        await asyncio.sleep(0.02)


async def _connect(port: int, url: str) -> TradeReader:
    loop = asyncio.get_running_loop()
    path = f"/ws/market-data?{urlsplit(url).query}"
    _, reader = await loop.create_connection(lambda: TradeReader(path), "127.0.0.1", port)
    while not reader.is_subscribed:  # noqa: ASYNC110  # a reader has no event for us
        await asyncio.sleep(0)
    return reader


def _list_latencies(watch: FeedWatch, sent: Sent) -> list[float]:
    due = dict(zip(sent.order_ids, sent.scheduled, strict=True))
    return [watch.arrivals[taker] - due[taker] for taker in watch.takers if taker in due]
