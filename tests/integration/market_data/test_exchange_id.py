"""Another exchange in the place of the one before: nobody may go on with the old one's ids."""

import asyncio

import pytest

from goquant import FeedReader
from goquant.client.book import Json
from tests.support.market_data import MarketData, RestartedMarketData
from tests.support.publisher import Publisher
from tests.support.waiting import DEADLINE_SECONDS, until, wait_until

BTC = "BTC-USDT"
"""Two starts of the service are in it, each of many seconds where the machine is busy."""
PRICES = {"before": "50000.00", "after": "40000.00"}


def trade(publisher: Publisher, price: str, count: int) -> None:
    for number in range(count):
        publisher.set_levels(bids=[(price, f"{number + 1}.00000")], trades=[(price, "0.10000")])


def reset(redis_url: str, publisher: Publisher) -> Publisher:
    publisher.redis.flushall()
    publisher.close()
    return Publisher(redis_url)


def read_exchange_id(service: MarketData) -> str:
    with service.read(query="?channels=heartbeat") as reader:
        connected, heartbeat = reader.next(), reader.next()
    assert connected["exchange_id"] == heartbeat["exchange_id"]
    exchange_id: str = connected["exchange_id"]
    return exchange_id


def wait_for_update(service: MarketData, update_id: int, price: str) -> None:
    def is_there() -> bool:
        book = service.get(f"/v1/orderbook/{BTC}")
        return bool(book.get("last_update_id") == update_id and book["bids"][0][0] == price)

    wait_until(is_there, "the update is in the book")


def test_the_exchange_has_an_id_of_its_own_that_does_not_tell_the_key(
    service: MarketData, publisher: Publisher, redis_url: str
) -> None:
    first = read_exchange_id(service)
    assert read_exchange_id(service) == first
    key = publisher.redis.hget("{order_queue}:state", "id_key")
    assert first not in str(key)
    second = reset(redis_url, publisher)
    wait_until(lambda: read_exchange_id(service) != first, "the exchange has another id")
    second.close()


def test_the_ids_of_another_exchange_give_a_snapshot_and_all_its_trades(
    service: MarketData, publisher: Publisher, redis_url: str
) -> None:
    trade(publisher, PRICES["before"], 5)
    wait_for_update(service, 5, PRICES["before"])
    exchange_id = read_exchange_id(service)
    second = reset(redis_url, publisher)
    trade(second, PRICES["after"], 8)
    wait_for_update(service, 8, PRICES["after"])
    with service.read(query="?channels=") as reader:
        reader.next()
        ids = {"update_id": 5, "trade_id": 5}
        reader.ask("resume", symbols={BTC: ids}, exchange_id=exchange_id)
        snapshot = reader.next()
        assert (snapshot["type"], snapshot["reason"]) == ("book_snapshot", "rebuilt")
        assert snapshot["bids"] == [[PRICES["after"], "8.00000"]]
        trades = [reader.next()["data"]["trade_id"] for _ in range(8)]
        assert trades == list(range(1, 9))
    second.close()


def test_the_ids_of_the_same_exchange_are_continued(
    service: MarketData, publisher: Publisher
) -> None:
    trade(publisher, PRICES["before"], 5)
    wait_for_update(service, 5, PRICES["before"])
    with service.read(query="?channels=") as reader:
        exchange_id = reader.next()["exchange_id"]
        reader.ask("resume", symbols={BTC: {"update_id": 3}}, exchange_id=exchange_id)
        assert reader.next()["first_update_id"] == 4


@pytest.mark.parametrize(
    ("is_away", "is_noticed"),
    [(False, False), (False, True), (True, False)],
    ids=["connected", "connected and between them none", "away"],
)
def test_a_reader_begins_anew_with_the_new_exchange(
    redis_url: str, publisher: Publisher, is_away: bool, is_noticed: bool
) -> None:
    """The new exchange has gone further than the old one."""
    with RestartedMarketData(redis_url) as service:
        reader, trades = FeedReader(service.url, [BTC]), list[Json]()

        async def follow() -> None:
            async with asyncio.timeout(DEADLINE_SECONDS):
                following = asyncio.create_task(collect_trades(reader, trades))
                await until(lambda: reader.books[BTC].last_update_id is not None)
                await asyncio.to_thread(trade, publisher, PRICES["before"], 5)
                await until(lambda: len(trades) == 5)
                if is_away:
                    service.kill()
                publisher.redis.flushall()
                if is_noticed:
                    await until(lambda: reader.last_trade_ids[BTC] == 0)
                second = Publisher(redis_url)
                await asyncio.to_thread(trade, second, PRICES["after"], 12)
                if is_away:
                    service.start()
                await until(lambda: len(trades) == 17 and reader.books[BTC].last_update_id == 12)
                following.cancel()
                await asyncio.wait([following])
                second.close()

        asyncio.run(follow())
    assert [each["trade_id"] for each in trades] == [*range(1, 6), *range(1, 13)]
    assert {each["price"] for each in trades[5:]} == {PRICES["after"]}
    assert reader.books[BTC].bids() == [(PRICES["after"], "12.00000")]
    assert reader.counts["missing_trades"] == 0


async def collect_trades(reader: FeedReader, trades: list[Json]) -> None:
    async with reader:
        async for message in reader:
            if message["type"] == "trade":
                trades.append(message["data"])
