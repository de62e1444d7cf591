"""The reader in the project, used wrongly: it says so, and does not wait in silence."""

import asyncio
import logging

import pytest

from launcher.listening import find_free_port
from market_data.client import FeedReader
from tests.support.market_data import run_market_data, until
from tests.support.publisher import Publisher

SECONDS = 20.0


async def read_one(reader: FeedReader) -> None:
    async with asyncio.timeout(SECONDS), reader:
        async for _ in reader:
            return


def test_symbol_that_is_not_traded_is_named_with_those_that_are(redis_url: str) -> None:
    publisher = Publisher(redis_url)
    try:
        with run_market_data(redis_url) as service:
            reader = FeedReader(service.url, ["XXX-USDT"])
            with pytest.raises(ValueError, match="not traded here: XXX-USDT; symbols are BTC-USDT"):
                asyncio.run(read_one(reader))
    finally:
        publisher.close()


def test_server_that_is_not_there_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    reader = FeedReader(f"ws://127.0.0.1:{find_free_port()}/ws/market-data", ["BTC-USDT"])

    async def try_for_a_while() -> None:
        trying = asyncio.create_task(read_one(reader))
        await until(lambda: bool(caplog.messages))
        trying.cancel()
        await asyncio.wait([trying])

    with caplog.at_level(logging.WARNING, "market_data.client"):
        asyncio.run(asyncio.wait_for(try_for_a_while(), SECONDS))
    assert "connecting again" in caplog.messages[0]
