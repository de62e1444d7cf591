"""Another exchange that begins in the middle of the feed's work: nothing of the two is mixed."""

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from goquant.client.book import Json
from market_data.fanout.streams import BOOK, HEARTBEAT_STREAM, TRADES, Stream
from market_data.fanout.subscriber import Subscriber
from market_data.following.engine_redis import EngineRedis
from market_data.service import Service
from protocol.journal import JournalEntry
from tests.support.instruments import make_instruments
from tests.support.publisher import PUBLIC, Publisher
from tests.support.waiting import until

BTC = "BTC-USDT"
SECONDS = 20.0
OLD, NEW = "50000.00", "40000.00"


class InterruptedRedis(EngineRedis):
    """Something happens before the journal is read for the `at`th time from now."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.at = 0
        self.happen: Callable[[], None] = lambda: None

    async def read_journal(self, sequence: int) -> list[JournalEntry]:
        self.at -= 1
        if self.at == 0:
            self.happen()
        return await super().read_journal(sequence)


def trade(publisher: Publisher, price: str, count: int, lost: tuple[str, ...] = ()) -> None:
    for number in range(count):
        publisher.set_levels(
            bids=[(price, f"{number + 1}.00000")], trades=[(price, "0.10000")], lost=lost
        )


@pytest.fixture
def successor(redis_url: str, publisher: Publisher) -> Iterator[Callable[[], None]]:
    """Begins the new exchange, which goes further than the old one."""
    begun: list[Publisher] = []

    def begin() -> None:
        publisher.redis.flushall()
        begun.append(Publisher(redis_url))
        trade(begun[0], NEW, 12)

    yield begin
    for each in begun:
        each.close()


def read_frames(data: bytes) -> Iterator[Json]:
    while data:
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4]), 4
        yield json.loads(data[start : start + size])
        data = data[start + size :]


@pytest.mark.parametrize("at", [1, 2], ids=["before it is read", "after the old snapshot"])
def test_an_exchange_that_begins_during_a_rebuild_is_told_alone_and_from_its_first_trade(
    redis_url: str, publisher: Publisher, successor: Callable[[], None], at: int
) -> None:
    received: list[Json] = []

    async def follow() -> Service:
        redis = InterruptedRedis(redis_url)
        service = Service(redis, {each.symbol: each for each in make_instruments()})
        subscriber = Subscriber(
            lambda data: received.extend(read_frames(data)),
            lambda *_: None,
            lambda *_: None,
            service.hub.stats,
        )
        service.hub.add(subscriber, [HEARTBEAT_STREAM, Stream(TRADES, BTC), Stream(BOOK, BTC)])
        async with asyncio.timeout(SECONDS), service.run():
            await until(lambda: service.status.is_in_sync)
            trade(publisher, OLD, 5)
            await until(lambda: service.market[BTC].last_trade_id == 5)
            view = service.market[BTC]
            trade(publisher, OLD, 1, lost=PUBLIC)
            publisher.snapshot()
            before = service.market.exchange_id
            redis.happen, redis.at = successor, at
            trade(publisher, OLD, 1)
            await until(lambda: service.market[BTC] is not view)
            await until(lambda: has_told_all(received, before))
        return service

    asyncio.run(follow())
    beats = [index for index, each in enumerate(received) if each["type"] == "heartbeat"]
    ids = [received[index]["exchange_id"] for index in beats]
    begin = next(index for index in beats if received[index]["exchange_id"] == ids[-1])
    assert {ids.index(each) for each in ids} != {0}
    anew = received[begin:]
    trades = [each["data"] for each in anew if each["type"] == "trade"]
    assert [each["trade_id"] for each in trades] == list(range(1, 13))
    assert {each["price"] for each in trades} == {NEW}


def has_told_all(received: list[Json], before: str | None) -> bool:
    """The last heartbeat is of the new exchange, and the book has only what that has."""
    beats = [each["exchange_id"] for each in received if each["type"] == "heartbeat"]
    if not beats or beats[-1] in {before, None}:
        return False
    books = [each for each in received if each["type"] == "book_snapshot"]
    return bool(books) and books[-1]["bids"] == [[NEW, "12.00000"]]
