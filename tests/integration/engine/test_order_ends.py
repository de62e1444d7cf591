"""Orders end on an exchange in which nothing else happens, and stay so after a restart."""

import pytest
from redis import Redis

from engine.audit.record import Record
from engine.audit.verify import verify_record
from engine.order_path.handler import Handler
from engine.storage.journal import read_journal
from engine.storage.lease import Lease
from engine.storage.order_queue import OrderQueue
from engine.storage.recovery import recover_exchange
from protocol import channels, codec
from protocol.commands import QueueEntry
from protocol.enums import OrderType, Side, TimeInForce
from protocol.timestamps import format_timestamp, now_in_microseconds
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.instruments import make_instruments
from tests.support.waiting import wait_until


def make_order(microseconds: int) -> bytes:
    return codec.encode(
        QueueEntry(
            symbol="BTC-USDT",
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            quantity="1",
            price="60000",
            time_in_force=TimeInForce.GTD,
            expires_at=format_timestamp(now_in_microseconds() + microseconds),
        )
    )


def has_ended(client: Redis) -> bool:
    entries = list(read_journal(client, 0))
    return any(
        b"time_reached" in entry.messages.get(channels.EXECUTION_REPORTS, b"") for entry in entries
    )


def test_idle_engine_ends_an_order_at_its_time(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, make_order(1_500_000))
        wait_until_drained(client)
        wait_until(lambda: has_ended(client), "the order has ended")
    assert recover_exchange(client, make_instruments(), 1000).matcher.open_orders() == 0
    assert verify_record(Record(client)).findings == []


def test_order_whose_time_comes_while_no_engine_runs_ends_first(
    client: Redis, redis_url: str
) -> None:
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, make_order(2_000_000))
        wait_until_drained(client)
    assert not has_ended(client)
    client.rpush(channels.ORDER_QUEUE, make_order(3_600_000_000).replace(b'"buy"', b'"sell"'))
    end = now_in_microseconds() + 2_000_000
    wait_until(lambda: now_in_microseconds() > end, "the time has come")
    with run_engine(redis_url):
        wait_until_drained(client)
    last = list(read_journal(client, 1))[-1]
    reports = last.messages[channels.EXECUTION_REPORTS]
    assert reports.index(b"time_reached") < reports.index(b'"side":"sell"')
    assert channels.TRADE_EVENTS not in last.messages
    assert verify_record(Record(client)).findings == []


def test_orders_that_are_too_many_for_a_commit_end_before_the_next_command(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("exchange.batch", "order_path.handler", "exchange.exchange"):
        monkeypatch.setattr(f"engine.{module}.MAX_BATCH_SIZE", 10)
    lease = Lease(client)
    assert lease.acquire()
    handler = Handler(recover_exchange(client, make_instruments(), 1000))
    client.rpush(channels.ORDER_QUEUE, *[make_order(3_600_000_000)] * 25)
    sell = make_order(7_200_000_000).replace(b'"buy"', b'"sell"')
    now = now_in_microseconds()
    with OrderQueue(client) as queue:
        while queue.wait_for_entries(5):
            queue.send(handler.handle(queue.known[:5], now, 0), lease.owner, b"")
            queue.confirm()
        client.rpush(channels.ORDER_QUEUE, sell)
        assert queue.wait_for_entries(5)
        for left, elapsed in ((15, 3_700_000_000), (5, 0), (1, 0)):
            batch = handler.handle(queue.known[:5], now + 3_700_000_000, elapsed)
            queue.send(batch, lease.owner, b"")
            queue.confirm()
            assert handler.exchange.matcher.open_orders() == left
    assert client.llen(channels.ORDER_QUEUE) == 0
    recovered = recover_exchange(client, make_instruments(), 1000)
    assert recovered.matcher.state_hash() == handler.exchange.matcher.state_hash()
    assert verify_record(Record(client)).findings == []
