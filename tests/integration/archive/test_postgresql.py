"""The archive on PostgreSQL: the same service, killed too, and the same answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.queries import FillFilter, OrderFilter
from archive.retention import Retention
from archive.versions import prepare_schema
from tests.support.archive_database import go_back_to_version, run_database, run_queries
from tests.support.archive_journal import (
    commit_entries,
    limit,
    list_entries,
    publish_exchange,
    trade_once,
)
from tests.support.archive_postgresql import empty_database, run_postgresql
from tests.support.archive_replay import Replay, assert_same
from tests.support.archive_service import (
    read_announced,
    run_follower,
    start_archive,
    wait_until_archived,
)
from tests.support.exchange import Exchange
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

DAY = 86_400_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with run_postgresql() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    empty_database(server)
    return server


def make_exchange(trades: int) -> Exchange:
    exchange = Exchange()
    exchange.send(limit("buy", "0.1", "10", "stays"))
    for _ in range(trades):
        exchange.now += DAY
        trade_once(exchange)
    return exchange


def test_killed_archive_goes_on_where_the_database_is(
    redis_url: str, url: str, tmp_path: Path
) -> None:
    entries = list_entries(make_exchange(2000).batches)
    with open_redis(redis_url) as client:
        publish_exchange(client)
        for start in range(0, 2001, 500):
            commit_entries(client, entries[start : start + 500])
            process = start_archive(redis_url, url, tmp_path / "log")
            target = entries[start].sequence
            wait_until(lambda target=target: read_announced(client) >= target, "it follows")  # type: ignore[misc]
            process.kill()
            process.wait()
        with run_follower(redis_url, url):
            wait_until_archived(client, entries[-1].sequence)
    with run_database(url) as database:
        assert_same(database, Replay(entries))


def test_every_question_has_the_same_answer(redis_url: str, url: str) -> None:
    exchange = make_exchange(10)
    with open_redis(redis_url) as client:
        publish_exchange(client)
        commit_entries(client, list_entries(exchange.batches))
        with run_follower(redis_url, url):
            wait_until_archived(client, 21)
    with run_queries(url) as archive:
        which = OrderFilter("default", "BTC-USDT", start=exchange.now - 3 * DAY, end=exchange.now)
        page = archive.list_orders(which, 3)
        rest = archive.list_orders(which, 3, page.after)
        assert [order.sequence for order in page.items + rest.items] == [19, 19, 17, 17]
        (still_open,) = archive.list_orders(OrderFilter("default", is_open=True)).items
        assert still_open.client_order_id == "stays"
        order_id = int(page.items[0].order_id)
        assert len(archive.list_fills(FillFilter("default", order_id=order_id)).items) == 1
        assert [t.trade_id for t in archive.list_trades("BTC-USDT", 2, before=5)] == [4, 3]
        candles = archive.list_candles("BTC-USDT", 86_400, exchange.now - 5 * DAY, exchange.now)
        assert [candle.trades for candle in candles] == [1] * 5
        assert archive.list_gaps() == []


def test_retention_deletes_what_is_too_old_and_too_much(redis_url: str, url: str) -> None:
    exchange = make_exchange(10)
    with open_redis(redis_url) as client:
        publish_exchange(client)
        commit_entries(client, list_entries(exchange.batches))
        with run_follower(redis_url, url):
            wait_until_archived(client, 21)
    with run_database(url) as database, run_queries(url) as archive:
        Retention(database, 4.5, None).apply()
        assert len(archive.list_trades("BTC-USDT")) == 5
        Retention(database, None, 2).apply()
        assert len(archive.list_trades("BTC-USDT")) == 2
        assert len(archive.list_orders(OrderFilter("default")).items) == 3


def test_first_version_is_upgraded(url: str) -> None:
    with run_database(url) as database, run_queries(url) as archive:
        go_back_to_version(1, database)
        prepare_schema(database)
        assert archive.list_candles("BTC-USDT", 60, 0, 1) == []


def test_server_that_does_not_answer_is_said_and_waited_for(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with open_redis(redis_url) as client:
        publish_exchange(client)
        with run_follower(redis_url, "postgresql://archive@127.0.0.1:1/postgres"):
            wait_until(lambda: "trying again" in caplog.text, "it says so")
    assert "database:" in caplog.text
