"""The feed of an exchange with several shards: one to its readers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from protocol.shards import name_shard
from tests.support.engine_service import run_engines
from tests.support.market_data import MarketData, run_market_data
from tests.support.shards import SYMBOLS, write_instruments
from tests.support.waiting import wait_until


@pytest.fixture
def service(redis_url: str, tmp_path: Path) -> Iterator[MarketData]:
    file = write_instruments(tmp_path)
    with (
        run_engines(redis_url),
        run_market_data(redis_url, INSTRUMENTS_FILE=str(file)) as service,
    ):
        yield service


def trade(client: Redis, shard: int, price: str) -> None:
    order = {"symbol": SYMBOLS[shard], "order_type": "limit", "quantity": "1", "price": price}
    pushed = [json.dumps(order | {"side": side}) for side in ("sell", "buy")]
    client.rpush(name_shard(shard).order_queue, *pushed)


def test_readers_get_what_happens_on_every_shard(service: MarketData, client: Redis) -> None:
    with service.read() as reader:
        for shard in SYMBOLS:
            trade(client, shard, f"{shard}00")
        seen = {reader.next_of("trade")["data"]["symbol"] for _ in SYMBOLS}
        assert seen == set(SYMBOLS.values())
        trades = service.get("/v1/trades/SOL-USDT")["trades"]
        assert [each["price"] for each in trades] == ["300.000"]


def test_health_says_how_far_each_shard_is_followed(service: MarketData, client: Redis) -> None:
    trade(client, 2, "5")
    trade(client, 2, "6")
    trade(client, 3, "7")

    def has_all() -> bool:
        health = service.get("/health")
        of = {shard["shard"]: shard["sequence"] for shard in health["shards"]}
        return bool(of[2] >= 4 and of[3] >= 2 and health["sequence"] == sum(of.values()))

    wait_until(has_all, "every shard is followed")


def test_shard_that_begins_anew_leaves_the_books_of_the_others(
    service: MarketData, client: Redis
) -> None:
    for shard in (1, 2):
        order = {"symbol": SYMBOLS[shard], "side": "buy", "quantity": "1", "price": "5",
                 "order_type": "limit"}  # fmt: skip
        client.rpush(name_shard(shard).order_queue, json.dumps(order))
    names = name_shard(2)
    wait_until(lambda: service.get("/v1/bbo/ETH-USDT")["bid"], "the order on shard 2 is told")
    wait_until(lambda: service.get("/v1/bbo/BTC-USDT")["bid"], "the order on shard 1 is told")
    client.delete(names.state, names.journal)  # its engine recovers an empty shard
    wait_until(lambda: not service.get("/v1/bbo/ETH-USDT")["bid"], "the book of shard 2 is empty")
    assert service.get("/v1/bbo/BTC-USDT")["bid"] == "5.00"
