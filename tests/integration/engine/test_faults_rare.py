"""Faults that take a rare coincidence: each was found by killing and filling things."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from engine.audit.record import Record
from engine.order_path.handler import Handler
from engine.storage import snapshots
from engine.storage.lease import Lease
from engine.storage.recovery import recover_exchange
from engine.storage.redis_client import connect_redis
from engine.storage.snapshot_store import delete_orphans, read_snapshots
from engine.storage.snapshots import SnapshotWriter
from engine.storage.writes import write_anyway
from protocol import channels
from tests.support.engine_service import make_service, run_engine, wait_until_drained
from tests.support.instruments import make_instrument, make_instruments
from tests.support.redis_server import run_small_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until

ORDER = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"1"}'


def fill(client: Redis) -> None:
    """Push orders that will not rest until Redis refuses."""
    with suppress(OutOfMemoryError):
        while True:
            client.rpush(channels.ORDER_QUEUE, *[ORDER.replace(b"limit", b"ioc")] * 500)


def test_engine_that_starts_on_a_full_redis_drains(tmp_path: Path) -> None:
    with run_small_redis(tmp_path) as (url, client):
        fill(client)
        with run_engine(url):
            wait_until_drained(client)


def is_taken(client: Redis) -> bool:
    with suppress(OutOfMemoryError):
        return bool(client.rpush(channels.ORDER_QUEUE, ORDER))
    return False


def wait_until_orders_are_taken(client: Redis) -> None:
    wait_until_drained(client)
    wait_until(lambda: is_taken(client), "an order is taken")


def test_full_redis_takes_orders_again_once_it_was_drained(tmp_path: Path) -> None:
    with run_small_redis(tmp_path) as (url, client), run_engine(url, snapshot_interval=1000):
        fill(client)
        wait_until_orders_are_taken(client)


def test_redis_full_of_journal_takes_orders_again_long_before_a_snapshot_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "BYTES_A_COMMAND", 1)
    with run_small_redis(tmp_path) as (url, client), run_engine(url, snapshot_interval=10**9):
        for _ in range(3):
            fill(client)
            wait_until_orders_are_taken(client)


def test_small_redis_has_snapshots_more_often(tmp_path: Path) -> None:
    with run_small_redis(tmp_path) as (url, client), run_engine(url, snapshot_interval=10**9):
        client.rpush(channels.ORDER_QUEUE, *[ORDER.replace(b"limit", b"ioc")] * 3000)
        wait_until(lambda: Record(client).snapshots, "a snapshot")


def test_full_redis_waits_for_an_archive_that_moves_and_not_for_one_that_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_small_redis(tmp_path) as (url, client), run_engine(url, max_batch=1):
        client.hset(channels.STATE, channels.STATE_ARCHIVE_SEQUENCE, 1)
        client.rpush(channels.ORDER_QUEUE, *[ORDER] * 50)
        wait_until_drained(client)
        client.config_set("maxmemory", "1")
        wait_until(lambda: Record(client).snapshots == [50], "a snapshot at once")
        wait_until(lambda: Record(client).journal_start == 1, "the archive is waited for")
        write_anyway(client, "HSET", channels.STATE, channels.STATE_ARCHIVE_SEQUENCE, 20)
        wait_until(lambda: Record(client).journal_start == 20, "it has moved")
        monkeypatch.setattr(snapshots, "ARCHIVE_PATIENCE_SECONDS", 0.0)
        wait_until(lambda: Record(client).journal_start == 50, "it stands still")


@pytest.fixture
def finish_snapshot(client: Redis, redis_url: str) -> Callable[[], None]:
    """What lets an engine that has recovered go on; its child wrote a snapshot at 1 before."""
    lease = Lease(client)
    assert lease.acquire()
    exchange = recover_exchange(client, make_instruments(), 1000)
    writer = SnapshotWriter(client, lambda: connect_redis(redis_url), interval=1)
    Handler(exchange).handle([ORDER], now=1, elapsed=0)
    writer.advance(exchange, lease.owner)
    wait_until(lambda: client.exists(channels.snapshot_key(1)), "written")

    def finish() -> None:
        writer.begin()  # the engine has recovered since
        wait_until(advance, "the child ended")

    def advance() -> bool:
        writer.advance(exchange, lease.owner)
        return not writer._child

    return finish


def test_snapshot_that_a_recovery_deleted_is_not_counted(
    client: Redis, finish_snapshot: Callable[[], None]
) -> None:
    delete_orphans(client)  # what a recovery does, for example after a lost reply
    finish_snapshot()
    counted = Record(client).snapshots
    assert [snapshot.sequence for snapshot in read_snapshots(client)] == counted


def test_snapshot_of_an_earlier_epoch_does_not_replace_a_newer_one(
    client: Redis, finish_snapshot: Callable[[], None]
) -> None:
    client.hset(channels.STATE, channels.STATE_SNAPSHOTS, "9")  # the other engine's
    client.copy(channels.snapshot_key(1), channels.snapshot_key(9))
    finish_snapshot()
    assert client.hget(channels.STATE, channels.STATE_SNAPSHOTS) in (b"9", b"9,1")


def test_instrument_added_later_does_not_change_the_past(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, ORDER.replace(b"BTC-USDT", b"NEW-USDT"), ORDER)
        wait_until_drained(client)
    more = [*make_instruments(), make_instrument("NEW-USDT", "0.01", "0.01")]
    recover_exchange(client, more, 1000)


def test_smaller_memory_of_closed_orders_does_not_change_the_past(
    client: Redis, redis_url: str
) -> None:
    fleeting = ORDER.replace(b'"limit"', b'"ioc"')
    first = fleeting.replace(b"{", b'{"client_order_id":"first",', 1)
    resting = ORDER.replace(b'"buy"', b'"sell"')
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, first, *[fleeting] * 20, resting, first)
        wait_until_drained(client)
    recover_exchange(client, make_instruments(), 10)


def test_deeply_nested_entry_does_not_stop_a_recovery(client: Redis, redis_url: str) -> None:
    nested = [
        ORDER.replace(b"{", b'{"x":' + b"[" * depth + b"]" * depth + b",", 1)
        for depth in range(900, 1000)
    ]
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, *nested)
        wait_until_drained(client)
    recover_exchange(client, make_instruments(), 1000)


def test_recovery_longer_than_the_lease_ends_with_two_engines(
    client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_engine(redis_url, snapshot_interval=1):
        client.rpush(channels.ORDER_QUEUE, ORDER)
        wait_until(lambda: Record(client).snapshots, "a snapshot")

    def recover_slowly(*arguments: Any) -> Any:
        threading.Event().wait(1.2)
        return recover_exchange(*arguments)

    monkeypatch.setattr("engine.service.recover_exchange", recover_slowly)
    monkeypatch.setattr("engine.storage.lease.LEASE_MILLISECONDS", 400)
    run_two_engines(client, redis_url)


def test_lease_is_longer_where_a_command_may_be_over_many_open_orders(
    client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.storage.lease.MILLISECONDS_AN_OPEN_ORDER", 10_000)
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, *[ORDER] * 20)
        wait_until_drained(client)
        client.rpush(channels.ORDER_QUEUE, ORDER)
        wait_until_drained(client)
        assert client.pttl(channels.LEASE) > 100_000
    with run_engine(redis_url):
        wait_until(lambda: client.pttl(channels.LEASE) > 100_000, "after a recovery too")


def run_two_engines(client: Redis, redis_url: str) -> None:
    """Until both together have matched an order."""
    services = [make_service(redis_url) for _ in range(2)]
    threads = [threading.Thread(target=service.run) for service in services]
    client.rpush(channels.ORDER_QUEUE, ORDER)
    try:
        for thread in threads:
            thread.start()
        wait_until_drained(client)
    finally:
        for service in services:
            service.stop()
        for thread in threads:
            thread.join(DEADLINE_SECONDS)
