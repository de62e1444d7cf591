"""The reader in the project, used wrongly: it says so, and does not wait in silence."""

import asyncio
import logging
from pathlib import Path

import pytest

from goquant import FeedReader, FeedRefused
from tests.support.feed_stand_in import BTC, StandInFeed, run_stand_in_feed
from tests.support.market_data import Json, MarketData, run_market_data
from tests.support.ports import find_free_port
from tests.support.publisher import Publisher
from tests.support.redis_server import run_redis
from tests.support.waiting import DEADLINE_SECONDS, until


async def read_one(reader: FeedReader) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), reader:
        async for _ in reader:
            return


def test_symbol_that_is_not_traded_is_named_with_those_that_are(
    shared_service: MarketData,
) -> None:
    reader = FeedReader(shared_service.url, ["XXX-USDT"])
    with pytest.raises(FeedRefused, match="not traded here: XXX-USDT; symbols are BTC-USDT"):
        asyncio.run(read_one(reader))


def test_server_that_is_not_there_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    reader = FeedReader(f"ws://127.0.0.1:{find_free_port()}/ws/market-data", ["BTC-USDT"])

    async def try_for_a_while() -> None:
        trying = asyncio.create_task(read_one(reader))
        await until(lambda: bool(caplog.messages))
        trying.cancel()
        await asyncio.wait([trying])

    with caplog.at_level(logging.WARNING, "goquant.client.feed_reader"):
        asyncio.run(asyncio.wait_for(try_for_a_while(), DEADLINE_SECONDS))
    assert "connecting again" in caplog.messages[0]


@pytest.mark.parametrize(
    ("scheme", "path", "text"),
    [
        ("http", "/ws/market-data", "begins with ws:// or wss://"),
        ("ws", "/nothing", "HTTP 40[34] instead of a WebSocket"),
        ("ws", "/ws/market-data?chanels=book", "unknown_field: unknown parameter 'chanels'"),
        ("ws", "/ws/market-data?symbols=DOGE", "unknown_symbol"),
        ("ws", "/health", "HTTP"),
    ],
)
def test_what_no_waiting_mends_is_raised(
    shared_service: MarketData, scheme: str, path: str, text: str
) -> None:
    reader = FeedReader(f"{scheme}://127.0.0.1:{shared_service.port}{path}", [BTC])
    with pytest.raises(FeedRefused, match=text):
        asyncio.run(read_one(reader))


@pytest.mark.parametrize("query", ["?symbols=BTC-USDT", "?channels=trades", "?"])
def test_a_url_with_a_query_of_its_own_is_the_feeds(
    shared_service: MarketData, shared_publisher: Publisher, query: str
) -> None:
    shared_publisher.set_levels(bids=[("60000.00", "1.00000")])
    reader = FeedReader(shared_service.url + query, [BTC])
    asyncio.run(read_one(reader))
    assert reader.books[BTC].bids() == [("60000.00", "1.00000")]


async def watch(reader: FeedReader) -> None:
    async with reader:
        async for _ in reader:
            pass


def test_heartbeats_ahead_of_a_reader_make_it_ask_again() -> None:
    """The feed sends its book at update 5, and what comes then only to who comes back."""

    async def answer(feed: StandInFeed, request: Json) -> None:
        if request["action"] == "subscribe":
            await feed.send_snapshot(5, [("1.00", "1.00000")])
            feed.update_id = 9
        elif request["action"] == "resume" and "update_id" in request["symbols"][BTC]:
            assert request["symbols"][BTC]["update_id"] == 5
            await feed.send_snapshot(9, [("2.00", "1.00000")])
        elif request["action"] == "ping":
            await feed.send(type="pong", id=None, timestamp="")

    async def follow() -> FeedReader:
        async with (
            asyncio.timeout(DEADLINE_SECONDS),
            run_stand_in_feed(answer, update_id=5) as (url, feeds),
        ):
            reader = FeedReader(url, [BTC])
            watching = asyncio.create_task(watch(reader))
            await until(lambda: reader.books[BTC].last_update_id == 9)
            watching.cancel()
            await asyncio.wait([watching])
            assert len(feeds) == 1
            return reader

    reader = asyncio.run(follow())
    assert reader.books[BTC].bids() == [("2.00", "1.00000")]
    assert reader.counts["out_of_step"] == 1


def test_a_gap_in_the_trades_is_asked_for() -> None:
    async def answer(feed: StandInFeed, request: Json) -> None:
        if request["action"] == "resume":
            first = request["symbols"][BTC]["trade_id"] + 1
            is_first = len([each for each in feed.requests if each["action"] == "resume"]) == 1
            for trade_id in (1, 2, 5, 6) if is_first else range(first, 9):
                await feed.send_trade(trade_id)
        elif request["action"] == "ping":
            await feed.send(type="pong", id=None, timestamp="")
            feed.trade_id = 8

    async def follow() -> FeedReader:
        async with asyncio.timeout(DEADLINE_SECONDS), run_stand_in_feed(answer) as (url, _):
            reader = FeedReader(url, [BTC])
            watching = asyncio.create_task(watch(reader))
            await until(lambda: reader.last_trade_ids.get(BTC) == 8)
            watching.cancel()
            await asyncio.wait([watching])
            return reader

    reader = asyncio.run(follow())
    assert (reader.counts["trades"], reader.counts["missing_trades"]) == (8, 0)


def test_feed_that_refuses_after_its_prices_is_asked_ever_more_rarely() -> None:
    async def answer(feed: StandInFeed, request: Json) -> None:
        if request["action"] == "subscribe":
            prices = dict.fromkeys(("bid", "bid_quantity", "ask", "ask_quantity", "timestamp"))
            await feed.send(type="bbo", data={"symbol": BTC, "update_id": 0, **prices})
        else:
            await feed.send(type="error", code="not_in_sync", message="come back later")

    async def follow() -> int:
        async with run_stand_in_feed(answer) as (url, feeds):
            watching = asyncio.create_task(watch(FeedReader(url, [BTC], channels=["bbo"])))
            await asyncio.wait([watching], timeout=1)
            watching.cancel()
            await asyncio.wait([watching])
            return len(feeds)

    assert 2 <= asyncio.run(follow()) <= 7  # after 0, 0.05, 0.15, 0.35, 0.75 seconds


def test_reader_is_live_only_while_the_feed_hears_the_engine(tmp_path: Path) -> None:
    async def follow(service: MarketData, publisher: Publisher) -> None:
        reader = FeedReader(service.url, [BTC])
        watching = asyncio.create_task(watch(reader))
        async with asyncio.timeout(DEADLINE_SECONDS):
            await until(lambda: reader.is_live)
            await asyncio.to_thread(publisher.redis.shutdown)
            await until(lambda: not reader.is_live)
        watching.cancel()
        await asyncio.wait([watching])
        assert not reader.is_live

    with run_redis(tmp_path) as url:
        publisher = Publisher(url)
        publisher.set_levels(bids=[("60000.00", "1.00000")])
        with run_market_data(url) as service:
            asyncio.run(follow(service, publisher))
        publisher.close()
