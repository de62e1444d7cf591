"""One archive for the journals of several shards."""

import json
from pathlib import Path

from redis import Redis

from archive.queries import Archive, OrderFilter
from protocol.channels import STATE_ARCHIVE_SEQUENCE, STATE_SEQUENCE
from protocol.shards import name_shard
from tests.support.archive_database import run_queries, sqlite_url
from tests.support.archive_service import run_follower
from tests.support.engine_service import run_engines, wait_until_drained
from tests.support.ledgers import make_ledger
from tests.support.shards import SYMBOLS
from tests.support.waiting import wait_until


def trade(client: Redis, shard: int, price: str) -> None:
    order = {"symbol": SYMBOLS[shard], "order_type": "limit", "quantity": "1", "price": price}
    pushed = [json.dumps(order | {"side": side}) for side in ("sell", "buy")]
    client.rpush(name_shard(shard).order_queue, *pushed)
    wait_until_drained(client, name_shard(shard))


def wait_until_archived(client: Redis) -> None:
    """Wait until the archive has told of each shard that it has all of it."""

    def has_all() -> bool:
        return all(
            len(set(client.hmget(name_shard(shard).state, STATE_SEQUENCE, STATE_ARCHIVE_SEQUENCE)))
            == 1
            for shard in SYMBOLS
        )

    wait_until(has_all, "all of each shard is in the archive")


def list_symbols(archive: Archive) -> list[str | None]:
    page = archive.list_orders(OrderFilter("default"), 100, None)
    return [order.symbol for order in page.items]


def test_all_shards_are_in_one_list_after_a_restart_too(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path)
    with run_engines(redis_url):
        for _ in range(2):
            with run_follower(redis_url, url, shards=SYMBOLS):
                for shard in SYMBOLS:
                    trade(client, shard, "100")
                wait_until_archived(client)
        trade(client, 3, "200")  # while nobody follows
    with run_follower(redis_url, url, shards=SYMBOLS), run_queries(url) as archive:
        wait_until_archived(client)
        symbols = list_symbols(archive)
        assert sorted(symbols, key=str) == sorted([*SYMBOLS.values()] * 4 + ["SOL-USDT"] * 2)
        assert symbols[:2] == ["SOL-USDT", "SOL-USDT"]
        reached = archive.read_reached()
        of_shard = {1: reached.sequence, **reached.others}
        for shard, sequence in of_shard.items():
            assert client.hget(name_shard(shard).state, STATE_SEQUENCE) == b"%d" % sequence
        assert archive.last_sequence() == reached.total == sum(of_shard.values())


def test_shard_that_begins_later_is_followed_then(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path)
    with run_follower(redis_url, url, shards=SYMBOLS), run_engines(redis_url):
        for shard in SYMBOLS:
            trade(client, shard, "100")
        wait_until_archived(client)
        with run_queries(url) as archive:
            assert sorted(list_symbols(archive), key=str) == sorted([*SYMBOLS.values()] * 2)


def test_balances_are_summed_over_the_shards(client: Redis, redis_url: str, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    with run_engines(redis_url, ledger=make_ledger()), run_follower(redis_url, url, shards=SYMBOLS):
        for shard in SYMBOLS:
            credit = {"command": "credit", "account": "carol", "asset": "USDT", "amount": "5",
                      "id": "first"}  # fmt: skip
            client.rpush(name_shard(shard).order_queue, json.dumps(credit))
            wait_until_drained(client, name_shard(shard))
        wait_until_archived(client)
        with run_queries(url) as archive:
            found = {
                each.asset: each.free for each in archive.read_balances("carol").balances or ()
            }
    assert found["USDT"] == "100015.00000000"
