"""The private stream's reports on a cluster of which the exchange uses one shard."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import RedisError

from launcher.setup.environment import ROOT
from order_gateway.account.report_feed import ReportFeed
from order_gateway.account.report_listener import Told
from order_gateway.queueing.redis_client import make_client
from protocol import channels
from protocol.shards import name_shard
from tests.support.engine_service import run_engine_process
from tests.support.redis_cluster import RedisCluster
from tests.support.waiting import DEADLINE_SECONDS, until

NAMES = name_shard(1, is_clustered=True)
ORDER = (
    '{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"100",'
    '"account":"alice"}'
)


def test_reports_come_by_the_shards_channel(
    cluster: RedisCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only by the look at the state, which is far between here."""
    monkeypatch.setattr("order_gateway.account.report_feed.CHECK_SECONDS", 3600)
    file = str(ROOT / "instruments.toml")
    with run_engine_process(cluster.url, tmp_path, INSTRUMENTS_FILE=file, BALANCES="unlimited"):
        told = asyncio.run(listen(cluster.url))
    assert told is not None


def test_reports_come_by_the_channel_when_a_replica_has_taken_over(
    cluster: RedisCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both nodes live, so that nobody cuts the connection."""
    monkeypatch.setattr("order_gateway.account.report_feed.CHECK_SECONDS", 3600)
    file = str(ROOT / "instruments.toml")
    with run_engine_process(cluster.url, tmp_path, INSTRUMENTS_FILE=file, BALANCES="unlimited"):
        asyncio.run(listen_through_a_failover(cluster))


async def listen_through_a_failover(cluster: RedisCluster) -> None:
    client: Any = make_client(cluster.url)
    feed = ReportFeed(cluster.url, client, NAMES)

    async def push() -> bool:
        with suppress(RedisError):
            await client.rpush(NAMES.order_queue, ORDER)
            return True
        return False

    try:
        await until(lambda: client.hexists(channels.STATE, channels.STATE_READY))
        async with feed.listen("alice") as listener:
            await push()
            assert await listener.take(DEADLINE_SECONDS) is not None
            await asyncio.to_thread(cluster.fail_over, NAMES.order_queue)
            await until(push)
            assert await listener.take(DEADLINE_SECONDS) is not None
    finally:
        await feed.aclose()
        await client.aclose()


async def listen(url: str) -> Told | None:
    """Push an order, and return what its account is told first."""
    client: Any = make_client(url)
    feed = ReportFeed(url, client, NAMES)
    try:
        await until(lambda: client.hexists(channels.STATE, channels.STATE_READY))
        async with feed.listen("alice") as listener:
            await client.rpush(NAMES.order_queue, ORDER)
            return await listener.take(30)
    finally:
        await feed.aclose()
        await client.aclose()
