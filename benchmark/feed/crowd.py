"""Many readers of the default channels, some of which never read and some hardly."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from benchmark.feed.readers import TradeReader, connect_slow
from benchmark.feed.service import FeedService
from tests.support.publisher import Publisher

PATH = "/ws/market-data?symbols=BTC-USDT"
TRICKLE_SECONDS = 1.0
"""Pause between two reads of at most a few kilobytes."""
DRAIN_SECONDS = 60.0


@dataclass
class Crowd:
    """What became of the readers; memory in MB."""

    trades: int = 0
    good: int = 0
    complete: int = 0
    memory_before: float = 0.0
    memory_highest: float = 0.0
    conflated: int = 0
    closed: dict[str, int] = field(default_factory=dict)
    late_seconds: float = 0.0
    """From the last trade until all readers that read had it."""


async def run_crowd(
    redis_url: str, good: int, deaf: int, trickling: int, rate: float, seconds: float
) -> Crowd:
    """Publish so many trades a second, each with two changed levels, for so long."""
    publisher = Publisher(redis_url)
    publisher.redis.flushall()
    publisher = Publisher(redis_url)
    with FeedService(redis_url) as feed:
        crowd = Crowd(good=good)
        process = psutil.Process(feed.pid)
        readers = await _connect(feed.port, good)
        slow = [await connect_slow(feed.port, TradeReader(PATH, None)) for _ in range(deaf)]
        slow += [
            await connect_slow(feed.port, TradeReader(PATH, TRICKLE_SECONDS))
            for _ in range(trickling)
        ]
        crowd.memory_before = crowd.memory_highest = _read_memory(process)
        start = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            _publish(publisher, number)
            crowd.memory_highest = max(crowd.memory_highest, _read_memory(process))
        crowd.trades = publisher.book("BTC-USDT").trade_id
        await _wait(readers, crowd)
        stats = await asyncio.to_thread(_read_stats, feed.url)
        crowd.conflated, crowd.closed = stats["conflated"], stats["closed"]
        for reader in [*readers, *slow]:
            if reader.transport is not None:
                reader.transport.abort()
    return crowd


async def _connect(port: int, count: int) -> list[TradeReader]:
    loop = asyncio.get_running_loop()
    readers: list[TradeReader] = []
    for _ in range(count):
        _, reader = await loop.create_connection(lambda: TradeReader(PATH), "127.0.0.1", port)
        readers.append(reader)
        while not reader.is_subscribed:  # noqa: ASYNC110  # a reader has no event for us
            await asyncio.sleep(0)
    return readers


async def _wait(readers: list[TradeReader], crowd: Crowd) -> None:
    started = time.perf_counter()
    while time.perf_counter() < started + DRAIN_SECONDS:
        crowd.complete = sum(
            reader.trades == crowd.trades and not reader.missing + reader.repeated
            for reader in readers
        )
        if crowd.complete == crowd.good:
            break
        await asyncio.sleep(0.01)
    crowd.late_seconds = time.perf_counter() - started


def _publish(publisher: Publisher, number: int) -> None:
    quantity = f"{number % 9 + 1}.00000"
    publisher.set_levels(
        bids=[(f"{59_990 + number % 10}.00", quantity)],
        asks=[(f"{60_010 + number % 10}.00", quantity)],
        trades=[("60000.00", "0.10000")],
    )


def _read_stats(url: str) -> dict[str, Any]:
    stats: dict[str, Any] = httpx.get(f"{url}/stats", timeout=DRAIN_SECONDS).json()
    return stats


def _read_memory(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6
