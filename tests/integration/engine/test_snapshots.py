"""Snapshots: written beside the matching, counted once they are there, and enough to go on from."""

from collections.abc import Iterator
from typing import cast

import pytest
from redis import Redis

from engine.exchange.exchange import Exchange as EngineExchange
from engine.storage import snapshot_store
from engine.storage.journal import JournalDamaged
from engine.storage.lease import Fenced, Lease
from engine.storage.recovery import recover_exchange
from engine.storage.snapshot_store import list_snapshots, read_snapshots, write_snapshot
from protocol import channels
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.exchange import Exchange
from tests.support.instruments import make_instrument, make_instruments
from tests.support.waiting import wait_until

BUY = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1",
       "price": "60000.01", "client_order_id": "first"}  # fmt: skip
SELL = {"symbol": "BTC-USDT", "side": "sell", "order_type": "limit", "quantity": "0.6",
        "price": "60000.01", "account": "bob"}  # fmt: skip
STOP = {"symbol": "ETH-USDT", "side": "sell", "order_type": "stop_limit", "quantity": "2",
        "price": "1999", "stop_price": "2000"}  # fmt: skip
CLEAR = {"command": "clear_queue", "quantity": "7"}


def test_restored_exchange_goes_on_like_the_one_that_was_saved() -> None:
    saved, restored = Exchange(), Exchange()
    saved.send(BUY, SELL, STOP, b"garbage", CLEAR)
    restored.state.restore(saved.state.export())
    restored.now = saved.now
    rest = [SELL, BUY, {"command": "cancel", "order_id": "5"}, *[STOP] * 6, SELL, BUY]
    expected, actual = saved.send(*rest), restored.send(*rest)
    assert actual.to_journal_entry() == expected.to_journal_entry()


def test_snapshot_has_the_readable_book() -> None:
    exchange = Exchange()
    exchange.send(BUY, SELL)
    book = exchange.state.export().books[0]
    assert (book.symbol, book.last_update_id, book.last_trade_id) == ("BTC-USDT", 2, 1)
    assert (book.bids, book.asks, book.last_price) == ([("60000.01", "0.40000")], [], "60000.01")


def push(client: Redis, count: int) -> None:
    entry = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"1"}'
    client.rpush(channels.ORDER_QUEUE, *[entry] * count)
    wait_until_drained(client)


def read_journal_ids(client: Redis) -> Iterator[bytes]:
    for entry_id, _ in cast(list[tuple[bytes, object]], client.xrange(channels.JOURNAL)):
        yield entry_id


def test_two_snapshots_are_kept_and_the_journal_is_trimmed_behind_the_older(
    client: Redis, redis_url: str
) -> None:
    with run_engine(redis_url, max_batch=5, snapshot_interval=10):
        for expected in (10, 20, 30):
            push(client, 10)
            wait_until(lambda: list_snapshots(client)[:1] == [expected], "snapshot")  # noqa: B023
    assert list_snapshots(client) == [30, 20]
    assert sorted(client.scan_iter(channels.snapshot_key_pattern())) == [
        channels.snapshot_key(20).encode(), channels.snapshot_key(30).encode(),
    ]  # fmt: skip
    assert next(read_journal_ids(client)) == b"25-0"
    assert recover(client).sequence == 30


def recover(client: Redis) -> EngineExchange:
    return recover_exchange(client, make_instruments(), 1000)


def make_history(client: Redis, redis_url: str) -> None:
    """Forty commands, snapshots at 30 and 20."""
    test_two_snapshots_are_kept_and_the_journal_is_trimmed_behind_the_older(client, redis_url)
    with run_engine(redis_url, max_batch=5):
        push(client, 10)


def test_damaged_snapshot_is_passed_over_for_the_older(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    expected = recover(client).matcher.state_hash()
    [newest] = cast(list[bytes], client.lrange(channels.snapshot_key(30), 0, -1))
    for damage in ([b"garbage"], [newest[:-7]], [newest, newest], []):
        client.delete(channels.snapshot_key(30))
        if damage:
            client.rpush(channels.snapshot_key(30), *damage)
        assert [snapshot.sequence for snapshot in read_snapshots(client)][-1] == 20
        assert recover(client).matcher.state_hash() == expected


def test_engine_asks_for_the_operator_when_no_snapshot_is_usable(
    client: Redis, redis_url: str
) -> None:
    make_history(client, redis_url)
    client.delete(channels.snapshot_key(20), channels.snapshot_key(30))
    with pytest.raises(JournalDamaged, match="expected 0"):
        recover(client)


def test_journal_is_not_trimmed_behind_the_archive(client: Redis, redis_url: str) -> None:
    client.hset(channels.STATE, channels.STATE_ARCHIVE_SEQUENCE, 5)
    with run_engine(redis_url, max_batch=5, snapshot_interval=10):
        for expected in (10, 20, 30):
            push(client, 10)
            wait_until(lambda: list_snapshots(client)[:1] == [expected], "snapshot")  # noqa: B023
    assert next(read_journal_ids(client)) == b"10-0"


def test_snapshot_that_never_counted_is_removed_at_the_next_start(
    client: Redis, redis_url: str
) -> None:
    left_behind = [channels.snapshot_key(77), channels.unfinished_snapshot_key(78, "somebody")]
    for name in left_behind:
        client.rpush(name, b"left behind")
    with run_engine(redis_url):
        push(client, 1)
    assert not client.exists(*left_behind)


def test_snapshot_under_a_name_of_another_kind_is_passed_over(
    client: Redis, redis_url: str
) -> None:
    make_history(client, redis_url)
    client.set(channels.snapshot_key(30), b"a string")
    assert recover(client).sequence == 40


def test_snapshot_lies_in_parts_and_is_read_back_whole(
    client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_store, "PART_BYTES", 100)
    monkeypatch.setattr(snapshot_store, "PARTS_AT_ONCE", 3)
    make_history(client, redis_url)
    assert client.llen(channels.snapshot_key(30)) > 9
    assert [snapshot.sequence for snapshot in read_snapshots(client)] == [30, 20]
    assert recover(client).sequence == 40


def test_stale_writer_of_a_snapshot_is_stopped_and_renames_nothing(client: Redis) -> None:
    lease = Lease(client)
    assert lease.acquire()
    write_snapshot(client, lease.owner, 5, "first", b"whole")
    client.delete(channels.LEASE)
    assert Lease(client).acquire()
    with pytest.raises(Fenced):
        write_snapshot(client, lease.owner, 5, "second", b"stale")
    assert client.lrange(channels.snapshot_key(5), 0, -1) == [b"whole"]


def test_writer_whose_first_parts_were_removed_does_not_finish(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_store, "PART_BYTES", 4)
    lease = Lease(client)
    assert lease.acquire()
    client.rpush(channels.unfinished_snapshot_key(5, "writer"), b"another's")
    with pytest.raises(Fenced):
        write_snapshot(client, lease.owner, 5, "writer", b"two parts")
    assert not client.exists(channels.snapshot_key(5))


def test_engine_that_cannot_fork_goes_on_without_a_snapshot(
    client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("engine.storage.snapshots.os.fork", fail)
    with run_engine(redis_url, max_batch=5, snapshot_interval=10):
        push(client, 40)
        push(client, 5)
    assert list_snapshots(client) == []
    assert recover(client).sequence == 45


def test_instrument_added_after_the_snapshot_begins_empty(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    expected = recover(client).matcher.state_hash()
    more = [*make_instruments(), make_instrument("NEW-USDT", "1", "1")]
    recovered = recover_exchange(client, more, 1000)
    assert recovered.matcher.symbols == 4
    assert recovered.matcher.state_hash() == expected
