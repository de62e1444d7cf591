"""Snapshots: written beside the matching, counted once they are there, and enough to go on from."""

from collections.abc import Iterator
from typing import cast

import pytest
from redis import Redis

from engine.handler import Handler
from engine.journal import JournalDamaged
from engine.recovery import recover_handler
from engine.snapshots import read_snapshots
from protocol import channels
from protocol.snapshot import parse_snapshot_list
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


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client


def test_restored_exchange_goes_on_like_the_one_that_was_saved() -> None:
    saved, restored = Exchange(), Exchange()
    saved.send(BUY, SELL, STOP, b"garbage", CLEAR)
    restored.handler.restore(saved.handler.export())
    restored.now = saved.now
    rest = [SELL, BUY, {"command": "cancel", "order_id": "5"}, *[STOP] * 6, SELL, BUY]
    expected, actual = saved.send(*rest), restored.send(*rest)
    assert actual.to_journal_entry() == expected.to_journal_entry()


def test_snapshot_has_the_readable_book() -> None:
    exchange = Exchange()
    exchange.send(BUY, SELL)
    book = exchange.handler.export().books[0]
    assert (book.symbol, book.last_update_id, book.last_trade_id) == ("BTC-USDT", 2, 1)
    assert (book.bids, book.asks, book.last_price) == ([("60000.01", "0.40000")], [], "60000.01")


def push(client: Redis, count: int) -> None:
    entry = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"1"}'
    client.rpush(channels.ORDER_QUEUE, *[entry] * count)
    wait_until_drained(client)


def list_snapshots(client: Redis) -> list[int]:
    text = client.hget(channels.STATE, channels.STATE_SNAPSHOTS)
    return parse_snapshot_list(cast(bytes | None, text))


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


def recover(client: Redis) -> Handler:
    return recover_handler(client, make_instruments(), 1000)


def make_history(client: Redis, redis_url: str) -> None:
    """Forty commands, snapshots at 30 and 20."""
    test_two_snapshots_are_kept_and_the_journal_is_trimmed_behind_the_older(client, redis_url)
    with run_engine(redis_url, max_batch=5):
        push(client, 10)


def test_damaged_snapshot_is_passed_over_for_the_older(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    expected = recover(client).matcher.state_hash()
    newest = cast(bytes, client.get(channels.snapshot_key(30)))
    for damage in (b"", b"garbage", newest[:-7]):
        client.set(channels.snapshot_key(30), damage)
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
    client.set(channels.snapshot_key(77), b"left behind")
    with run_engine(redis_url):
        push(client, 1)
    assert not client.exists(channels.snapshot_key(77))


def test_instrument_added_after_the_snapshot_begins_empty(client: Redis, redis_url: str) -> None:
    make_history(client, redis_url)
    expected = recover(client).matcher.state_hash()
    more = [*make_instruments(), make_instrument("NEW-USDT", "1", "1")]
    handler = recover_handler(client, more, 1000)
    assert handler.matcher.symbols == 4
    assert handler.matcher.state_hash() == expected
