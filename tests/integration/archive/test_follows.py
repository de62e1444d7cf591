"""The archive behind a real journal: exact after any kill, and clear about any trouble."""

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine, event

from archive.journal import Journal
from archive.queries import OrderFilter
from archive.schema import VERSION
from protocol import channels
from protocol.journal import JournalEntry, entry_id
from tests.support.archive_database import run_database, run_queries, sqlite_url
from tests.support.archive_journal import (
    commit_entries,
    limit,
    list_entries,
    publish_exchange,
    trade_once,
)
from tests.support.archive_replay import Replay, assert_same
from tests.support.archive_service import (
    read_announced,
    run_archive_to_end,
    run_follower,
    start_archive,
    wait_until_archived,
)
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.exchange import Exchange
from tests.support.ledgers import make_ledger
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis
from tests.support.waiting import wait_until


def read_journal(client: Redis) -> list[JournalEntry]:
    journal = Journal(client)
    entries: list[JournalEntry] = []
    while page := journal.read_page(entries[-1].sequence if entries else 0):
        entries += page
    return entries


def make_commits(commits: int) -> list[JournalEntry]:
    exchange = Exchange()
    for _ in range(commits):
        trade_once(exchange)
    return list_entries(exchange.batches)


def assert_archived(url: str, entries: list[JournalEntry]) -> None:
    with run_database(url) as database:
        assert_same(database, Replay(entries))


def push_random_orders(client: Redis, seed: int, count: int) -> None:
    chosen = random.Random(seed)
    orders = [
        limit(
            chosen.choice(["buy", "sell"]),
            f"0.{chosen.randint(1, 9)}",
            f"{chosen.randint(59_990, 60_010)}",
            account=f"account-{chosen.randint(1, 5)}",
        )
        for _ in range(count)
    ]
    client.rpush(channels.ORDER_QUEUE, *(json.dumps(order) for order in orders))


def test_archive_killed_again_and_again_has_everything_once(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path)
    chosen = random.Random(7)
    with run_engine(redis_url, max_batch=16):
        for kill in range(8):
            before = read_announced(client)
            process = start_archive(redis_url, url, tmp_path / "log")
            push_random_orders(client, kill, 1500)
            target = before + chosen.randint(1, 1000)
            wait_until(lambda target=target: read_announced(client) >= target, "it follows")  # type: ignore[misc]
            process.kill()
            process.wait()
        wait_until_drained(client)
    entries = read_journal(client)
    with run_follower(redis_url, url):
        wait_until_archived(client, entries[-1].sequence)
    assert len(Replay(entries).orders) == 8 * 1500
    with run_database(url) as database, run_queries(url) as archive:
        assert archive.last_sequence() == entries[-1].sequence
        with database.connect() as connection:
            result = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        assert result == "ok"
    assert_archived(url, entries)


def test_sequence_of_the_database_decides_not_the_announced_one(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    entries = make_commits(10)
    publish_exchange(client)
    commit_entries(client, entries)
    client.hset(channels.STATE, "archive_sequence", 14)
    with run_follower(redis_url, sqlite_url(tmp_path)):
        wait_until_archived(client, 20)
    assert_archived(sqlite_url(tmp_path), entries)


def test_archive_that_starts_before_the_exchange_waits_for_it(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    entries = make_commits(3)
    with run_follower(redis_url, sqlite_url(tmp_path)):
        publish_exchange(client)
        wait_until(lambda: read_announced(client) == 0, "it has begun")
        commit_entries(client, entries)
        wait_until_archived(client, 6)
    assert_archived(sqlite_url(tmp_path), entries)


def test_two_archives_on_one_database_write_everything_once(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    entries = make_commits(300)
    publish_exchange(client)
    url = sqlite_url(tmp_path)
    with run_follower(redis_url, url), run_follower(redis_url, url):
        for start in range(0, 300, 20):
            commit_entries(client, entries[start : start + 20])
        wait_until_archived(client, 600)
    assert_archived(url, entries)


def test_trimmed_journal_leaves_a_recorded_gap_and_uncertain_orders(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    exchange = Exchange()
    exchange.send(limit("buy", "0.1", "50000", "lost-sight-of"))
    exchange.send(limit("buy", "0.2", "51000", "heard-of-again"))
    entries_before = list_entries(exchange.batches)
    exchange.send(limit("buy", "0.3", "52000", "never-seen"), {"symbol": "BTC-USDT"})
    exchange.send(limit("sell", "0.4", "51000", "after"))
    entries = list_entries(exchange.batches)
    publish_exchange(client)
    commit_entries(client, entries_before)
    url = sqlite_url(tmp_path)
    with run_follower(redis_url, url):
        wait_until_archived(client, 2)
    commit_entries(client, entries[2:])
    client.xtrim(channels.JOURNAL, minid=entry_id(5))
    with run_follower(redis_url, url), run_queries(url) as archive:
        wait_until_archived(client, 5)
        gaps = archive.list_gaps()
        orders = archive.list_orders(OrderFilter("default")).items
    assert [(gap.first, gap.last) for gap in gaps] == [(3, 4)]
    found = {order.client_order_id: (order.status, order.is_uncertain) for order in orders}
    assert found == {
        "lost-sight-of": ("open", True),
        "heard-of-again": ("partially_filled", False),
        "never-seen": ("filled", False),
        "after": ("filled", False),
    }


def test_new_archive_knows_the_ledger_though_the_journal_has_its_settings_no_more(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    orders = [json.dumps(limit(side, "0.1", "50000")) for side in ("sell", "buy")]
    with run_engine(redis_url, ledger=make_ledger()):
        client.rpush(channels.ORDER_QUEUE, orders[0])
        wait_until_drained(client)
        client.rpush(channels.ORDER_QUEUE, orders[1])
        wait_until_drained(client)
        wait_until(lambda: client.hexists(channels.STATE, channels.STATE_LEDGER), "it is shown")
        client.xtrim(channels.JOURNAL, maxlen=1, approximate=False)
        with run_follower(redis_url, sqlite_url(tmp_path)):
            wait_until_archived(client, 3)
    with run_queries(sqlite_url(tmp_path)) as archive:
        assert archive.has_ledger()
        (position,) = archive.read_positions("default").positions
        assert position.base_commission == "0.00010000"
        found = archive.read_balances("default")
        assert found.is_uncertain
        assert [each.asset for each in found.balances or ()] == ["USDT", "BTC", "ETH", "SOL"]
        assert {each.maker for each in archive.read_fees("default")} == {"0.00100000"}


def test_database_of_another_exchange_is_refused(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    publish_exchange(client)
    commit_entries(client, make_commits(3))
    with run_follower(redis_url, sqlite_url(tmp_path)):
        wait_until_archived(client, 6)
    publish_exchange(client, b"x" * 32)
    status, log = run_archive_to_end(redis_url, sqlite_url(tmp_path), tmp_path / "log")
    assert status == 1
    assert "that of another exchange: give this exchange another DATABASE_URL" in log


def test_exchange_behind_its_archive_is_refused(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    publish_exchange(client)
    commit_entries(client, make_commits(3))
    with run_follower(redis_url, sqlite_url(tmp_path)):
        wait_until_archived(client, 6)
    reached = {channels.STATE_SEQUENCE: 4, channels.STATE_CONFIRMED: 4}
    client.hset(channels.STATE, mapping=reached)  # type: ignore[arg-type]
    status, log = run_archive_to_end(redis_url, sqlite_url(tmp_path), tmp_path / "log")
    assert status == 1
    assert "at sequence 6, the exchange only at 4" in log


def test_journal_with_another_history_is_refused(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    publish_exchange(client)
    commit_entries(client, make_commits(3))
    with run_follower(redis_url, sqlite_url(tmp_path)):
        wait_until_archived(client, 6)
    client.delete(channels.JOURNAL)
    exchange = Exchange()
    exchange.now += 1
    for _ in range(5):
        trade_once(exchange, "61000")
    commit_entries(client, list_entries(exchange.batches))
    status, log = run_archive_to_end(redis_url, sqlite_url(tmp_path), tmp_path / "log")
    assert status == 1
    assert "another history at sequence 6" in log


def test_database_of_a_newer_version_is_refused_untouched(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    publish_exchange(client)
    with closing(sqlite3.connect(tmp_path / "archive.sqlite3")) as file, file:
        file.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        file.execute("INSERT INTO schema_version VALUES (99)")
    status, log = run_archive_to_end(redis_url, sqlite_url(tmp_path), tmp_path / "log")
    assert status == 1
    assert f"has version 99, this program knows {VERSION}" in log
    with closing(sqlite3.connect(tmp_path / "archive.sqlite3")) as file:
        assert file.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


def test_locked_database_is_named_and_followed_up_while_trading_goes_on(
    client: Redis, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entries = make_commits(20)
    publish_exchange(client)
    url = sqlite_url(tmp_path)
    with run_follower(redis_url, url):
        commit_entries(client, entries[:10])
        wait_until_archived(client, 20)
        with closing(sqlite3.connect(tmp_path / "archive.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            commit_entries(client, entries[10:])
            wait_until(lambda: "database is locked" in caplog.text, "it says so")
            assert read_announced(client) == 20
            other.execute("ROLLBACK")
        wait_until_archived(client, 40)
    assert_archived(url, entries)


def test_damaged_database_is_named_with_the_way_out(
    client: Redis, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish_exchange(client)
    (tmp_path / "archive.sqlite3").write_bytes(b"not a database at all " * 400)
    with run_follower(redis_url, sqlite_url(tmp_path)):
        wait_until(lambda: "the file is something else or damaged" in caplog.text, "it says so")
    assert (tmp_path / "archive.sqlite3").read_bytes().startswith(b"not a database")


def limit_pages(most: list[int]) -> Callable[[Engine], None]:
    """Let the database have so many pages at each new connection."""

    def limit_size(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={most[0]}")

    def limit_database(database: Engine) -> None:
        event.listen(database, "connect", limit_size)

    return limit_database


def test_full_disk_is_named_and_the_archive_goes_on_when_there_is_room(
    client: Redis, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entries = make_commits(400)
    publish_exchange(client)
    url = sqlite_url(tmp_path)
    most_pages = [60]
    with run_follower(redis_url, url, limit_pages(most_pages)):
        commit_entries(client, entries)
        wait_until(lambda: "make room; the archive goes on by itself" in caplog.text, "it says so")
        most_pages[0] = 1 << 20
        wait_until_archived(client, 800)
    assert_archived(url, entries)


def test_disk_that_is_too_full_for_the_tables_leaves_none(
    client: Redis, redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entries = make_commits(5)
    publish_exchange(client)
    url = sqlite_url(tmp_path)
    with run_follower(redis_url, url, limit_pages(most_pages := [20])):
        commit_entries(client, entries)
        wait_until(lambda: "make room; the archive goes on by itself" in caplog.text, "it says so")
        most_pages[0] = 1 << 20
        wait_until_archived(client, 10)
    assert_archived(url, entries)


def test_redis_that_is_full_still_hears_how_far_the_archive_is(tmp_path: Path) -> None:
    entries = make_commits(50)
    with run_redis(tmp_path) as redis_url, open_redis(redis_url) as client:
        publish_exchange(client)
        commit_entries(client, entries)
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        with run_follower(redis_url, sqlite_url(tmp_path)):
            wait_until_archived(client, 100)


def test_redis_that_ends_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    entries = make_commits(20)
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with run_redis(tmp_path, *options) as redis_url, open_redis(redis_url) as client:
        publish_exchange(client)
        commit_entries(client, entries[:10])
        port = int(client.connection_pool.connection_kwargs["port"])
        follower = run_follower(redis_url, sqlite_url(tmp_path))
        follower.__enter__()
        wait_until_archived(client, 20)
    wait_until(lambda: "trying again" in caplog.text, "it says so")
    with run_redis(tmp_path, *options, port=port), open_redis(redis_url) as client:
        commit_entries(client, entries[10:])
        wait_until_archived(client, 40)
        follower.__exit__(None, None, None)
    assert_archived(sqlite_url(tmp_path), entries)
