"""What a program learns of the market: typed answers by REST, and typed values from the feed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from goquant import FeedReader, MarketDataClient, MarketDataError, SyncMarketDataClient
from protocol.enums import Reason, Side
from tests.support.archive_database import sqlite_url
from tests.support.archive_service import run_follower, wait_until_archived
from tests.support.feed_stand_in import BTC
from tests.support.market_data import MarketData, run_market_data
from tests.support.publisher import Publisher
from tests.support.redis_client import open_redis

SECONDS = 30.0
CHANNELS = ("bbo", "ticker", "candles_1m")


@pytest.fixture
def service(redis_url: str, publisher: Publisher) -> Iterator[MarketData]:
    """A market with one level a side and three trades."""
    publisher.set_levels(
        bids=[("59999.00", "1.00000")],
        asks=[("60001.00", "2.00000")],
        trades=[("60000.00", "0.10000")] * 3,
    )
    with run_market_data(redis_url) as service:
        yield service


def test_every_question_has_a_typed_answer(service: MarketData) -> None:
    with SyncMarketDataClient(f"http://127.0.0.1:{service.port}", wait=SECONDS) as market:
        book = market.read_orderbook(BTC, depth=1)
        assert (book.bids, book.asks) == ([("59999.00", "1.00000")], [("60001.00", "2.00000")])
        bbo = market.read_bbo(BTC)
        assert (bbo.bid, bbo.ask_quantity) == ("59999.00", "2.00000")
        assert market.read_bbo("ETH-USDT").timestamp is None
        assert market.read_ticker(BTC).volume == "0.30000"
        assert market.read_ticker("ETH-USDT").last is None
        page = market.list_trades(BTC, limit=2)
        assert ([each.trade_id for each in page.trades], page.next_before) == ([3, 2], 2)
        trades = list(market.iterate_trades(BTC))
        assert [each.trade_id for each in trades] == [3, 2, 1]
        assert isinstance(trades[0].aggressor_side, Side)
        page_of_candles = market.list_candles(BTC, interval="1d", limit=1)
        assert page_of_candles.candles[0].close == "60000.00"
        candles = list(market.iterate_candles(BTC, interval="1d"))
        assert [each.trades for each in candles if each.trades] == [3]


def test_refusal_says_what_is_valid(service: MarketData) -> None:
    with SyncMarketDataClient(f"http://127.0.0.1:{service.port}", wait=SECONDS) as market:
        with pytest.raises(MarketDataError, match="BTC-USDT") as caught:
            market.read_ticker("DOGE-USDT")
        assert (caught.value.status, caught.value.code) == (404, Reason.UNKNOWN_SYMBOL)
        with pytest.raises(MarketDataError) as caught:
            market.list_candles(BTC, interval="2m")
        assert (caught.value.field, caught.value.nearest) == ("interval", "5m")


@pytest.fixture
def forgetful_service(redis_url: str, publisher: Publisher, tmp_path: Path) -> Iterator[MarketData]:
    """A service that has seen the last two of four trades, with an archive of the first two.

    The archive's file is away: it is in the folder `away`.
    """
    away = tmp_path / "away"
    away.mkdir()
    for _ in range(2):
        publisher.trade()
    with run_follower(redis_url, sqlite_url(away)), open_redis(redis_url) as client:
        wait_until_archived(client, publisher.sequence)
    publisher.snapshot()
    for _ in range(2):
        publisher.trade()
    with run_market_data(redis_url, DATABASE_URL=sqlite_url(tmp_path)) as service:
        yield service


def test_history_does_not_end_where_the_archive_fails(forgetful_service: MarketData) -> None:
    with SyncMarketDataClient(f"http://127.0.0.1:{forgetful_service.port}", wait=0) as market:
        trades: list[Any] = []
        with pytest.raises(MarketDataError, match="archive_unavailable"):
            trades.extend(market.iterate_trades(BTC))
        assert [each.trade_id for each in trades] == [4, 3]
        candles: list[Any] = []
        with pytest.raises(MarketDataError, match="archive_unavailable"):
            candles.extend(market.iterate_candles(BTC, interval="1d"))
        assert [each.trades for each in candles] == [2]


def test_history_read_with_asyncio_does_not_end_there_either(
    forgetful_service: MarketData,
) -> None:
    async def count(items: AsyncIterator[object]) -> None:
        with pytest.raises(MarketDataError, match="archive_unavailable"):
            async for _ in items:
                pass

    async def scenario() -> None:
        url = f"http://127.0.0.1:{forgetful_service.port}"
        async with MarketDataClient(url, wait=0) as market:
            await count(market.iterate_trades(BTC))
            await count(market.iterate_candles(BTC))

    asyncio.run(scenario())


def test_history_goes_on_once_the_archive_answers(
    forgetful_service: MarketData, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{forgetful_service.port}"
    with SyncMarketDataClient(url, wait=SECONDS) as market:
        trades = market.iterate_trades(BTC)
        first = next(trades)
        for file in (tmp_path / "away").iterdir():
            file.rename(tmp_path / file.name)
        assert [each.trade_id for each in (first, *trades)] == [4, 3, 2, 1]


async def read_until(reader: FeedReader, is_done: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        async for _ in reader:
            if is_done():
                return


def test_reader_has_the_prices_it_asked_for(service: MarketData, publisher: Publisher) -> None:
    async def follow() -> None:
        async with FeedReader(service.url, [BTC], channels=CHANNELS) as reader:
            await read_until(reader, lambda: (BTC, "1m") in reader.candles and BTC in reader.books)
            await read_until(reader, lambda: reader.is_live and BTC in reader.tickers)
            assert reader.bbos[BTC].bid == "59999.00"
            publisher.set_levels(bids=[("60000.00", "1.00000")], trades=[("60001.00", "0.10000")])
            await read_until(reader, lambda: reader.bbos[BTC].bid == "60000.00")
            await read_until(reader, lambda: reader.tickers[BTC].last == "60001.00")
            await read_until(reader, lambda: reader.candles[BTC, "1m"].close == "60001.00")

    asyncio.run(follow())


def test_channel_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match=r"no such channels: candles_2m; there are bbo, ticker"):
        FeedReader("ws://localhost:8001/ws/market-data", [BTC], channels=["bbo", "candles_2m"])
