"""A reader's book is the engine's at every update id, whatever happens to the messages."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from goquant import FeedReader
from participants.formats.commands import FileCommand, read_commands
from protocol.commands import derive_order_id
from tests.support.exchange import ID_KEY, Json
from tests.support.instruments import make_instruments
from tests.support.market_data import MarketData, run_market_data
from tests.support.publisher import ExchangePublisher
from tests.support.waiting import until

BTC = "BTC-USDT"
HOUR = Path(__file__).resolve().parents[3] / "shared" / "data" / "AAPL_hour.commands.csv.xz"
DEADLINE_SECONDS = 200.0


@pytest.fixture
def service(redis_url: str) -> Iterator[MarketData]:
    with run_market_data(redis_url) as service:
        yield service


class Witness:
    """A reader that is compared with the engine after every message."""

    def __init__(self, publisher: ExchangePublisher, reader: FeedReader) -> None:
        self.compared = 0
        self.trade_ids: list[int] = []
        self.reader = reader
        self._publisher = publisher
        self._book = reader.books[BTC]

    async def watch(self) -> None:
        async for message in self.reader:
            if message["type"] == "trade":
                self.trade_ids.append(message["data"]["trade_id"])
                continue
            bids, asks = self._publisher.books[message["last_update_id"]]
            depth = self._publisher.depth
            assert (self._book.bids(depth), self._book.asks(depth)) == (bids, asks)
            self.compared += 1

    def is_done(self) -> bool:
        has_trades = self.reader.last_trade_ids.get(BTC) == self._publisher.last_trade_id
        return has_trades and self._book.last_update_id == self._publisher.update_id


async def follow(
    service: MarketData, publisher: ExchangePublisher, commits: Iterable[tuple[Json, ...]]
) -> Witness:
    """Send `commits` while a witness watches, until it has seen all."""
    async with asyncio.timeout(DEADLINE_SECONDS), FeedReader(service.url, [BTC]) as reader:
        witness = Witness(publisher, reader)
        watching = asyncio.create_task(witness.watch())
        remaining = iter(commits)
        await until(lambda: watching.done() or witness.is_done())  # the reader has begun
        while chunk := list(islice(remaining, 50)):
            await asyncio.to_thread(send_all, publisher, chunk)
        await until(lambda: watching.done() or witness.is_done())
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        if not watching.cancelled():
            watching.result()
    assert witness.trade_ids == list(range(1, publisher.last_trade_id + 1))
    assert reader.counts["missing_trades"] == reader.counts["out_of_step"] == 0
    return witness


def group(entries: Iterable[Json], size: int) -> Iterator[tuple[Json, ...]]:
    """The entries of one commit after the other."""
    remaining = iter(entries)
    while commit := tuple(islice(remaining, size)):
        yield commit


def send_all(publisher: ExchangePublisher, commits: Iterable[tuple[Json, ...]]) -> None:
    for commit in commits:
        publisher.send(*commit)


def make_flow(random: Random) -> Iterator[Json]:
    """Orders of two accounts around one price, on two symbols, and cancels and amends of them."""
    for number in range(1, 10**9):
        account, target = f"account-{random.randrange(2)}", f"order-{random.randrange(number)}"
        named = {"account": account, "client_order_id": target}
        order_id = str(derive_order_id(ID_KEY, account, target))
        if random.random() < 0.35:
            yield {"command": "cancel", "order_id": order_id, "account": account}
        elif random.random() < 0.1:
            quantity = f"0.0000{random.randrange(1, 9)}"
            yield {"command": "amend", "order_id": order_id, "account": account} | {
                "quantity": quantity
            }
        else:
            yield named | {
                "client_order_id": f"order-{number}",
                "symbol": random.choice((BTC, BTC, BTC, "ETH-USDT")),
                "side": random.choice(("buy", "sell")),
                "order_type": random.choice(("limit", "limit", "limit", "ioc", "post_only")),
                "quantity": f"0.000{random.randrange(1, 90):02}",
                "price": f"{60000 + random.randrange(-30, 31)}.{random.randrange(4)}0",
            }


def test_a_random_session_rebuilds_the_engines_book_at_every_message(
    service: MarketData, redis_url: str
) -> None:
    publisher = ExchangePublisher(redis_url)
    commits = group(islice(make_flow(Random(20261122)), 30_000), 3)
    witness = asyncio.run(follow(service, publisher, commits))
    publisher.close()
    assert witness.compared > 2_000
    assert witness.reader.counts["snapshots"] == 1
    assert service.get("/stats")["feed"]["gaps"] == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_lost_repeated_and_late_messages_are_noticed_and_recovered(
    service: MarketData, redis_url: str, seed: int
) -> None:
    publisher = ExchangePublisher(redis_url, seed, faults=0.03)
    commits = group(islice(make_flow(Random(seed)), 15_000), 3)
    witness = asyncio.run(follow(service, publisher, commits))
    publisher.close()
    assert witness.compared > 1_000
    assert witness.reader.counts["snapshots"] == 1
    feed = service.get("/stats")["feed"]
    assert min(feed["gaps"], feed["duplicates"]) > 50
    assert (feed["rebuilds"], feed["garbage"]) == (0, 0)


@pytest.mark.skipif(not HOUR.exists(), reason="the recorded hour is not at hand")
def test_the_real_hour_rebuilds_the_engines_book_at_every_message(
    service: MarketData, redis_url: str
) -> None:
    publisher = ExchangePublisher(redis_url)
    publisher.depth = 25
    commits = group(map(to_entry, read_commands(HOUR)), 10)
    witness = asyncio.run(follow(service, publisher, commits))
    assert publisher.last_trade_id == len(witness.trade_ids) == 4058
    assert witness.compared > 8_000
    publisher.depth = None
    bids, asks = publisher.read_book()
    assert (witness.reader.books[BTC].bids(), witness.reader.books[BTC].asks()) == (bids, asks)
    publisher.close()


def to_entry(command: FileCommand) -> Json:
    """The recorded command as an entry of the queue, a tick for a unit of price."""
    instrument = make_instruments()[0]
    order_id = str(derive_order_id(ID_KEY, "default", command.order_id))
    if command.kind == "C":
        return {"command": "cancel", "order_id": order_id}
    quantity = instrument.lots_to_quantity(command.quantity)
    if command.kind == "A":
        return {"command": "amend", "order_id": order_id, "quantity": quantity}
    return {
        "client_order_id": command.order_id,
        "symbol": BTC,
        "side": "buy" if command.is_buy else "sell",
        "order_type": "limit" if command.kind == "N" else "ioc",
        "price": instrument.ticks_to_price(command.price),
        "quantity": quantity,
    }
