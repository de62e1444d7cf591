"""The engine against a real Redis: one commit is all or nothing, and the journal is the truth."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from engine.exchange.batch import Batch
from engine.exchange.entries import read_entry
from engine.exchange.exchange import Exchange
from engine.exchange.levels import Level
from engine.order_path import handler
from engine.order_path.handler import Handler
from engine.storage.journal import JournalDamaged, read_journal
from engine.storage.lease import Fenced, Lease
from engine.storage.order_queue import CommitRefused, OrderQueue
from engine.storage.recovery import recover_exchange
from engine.storage.state import StateConflict, load_id_key, settle_instruments
from protocol import channels
from protocol.commands import QueueEntry
from tests.support.engine_service import make_service, run_engine, wait_until_drained
from tests.support.instruments import make_instrument, make_instruments
from tests.support.ports import find_free_port
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until

BUY = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"60000"}'
SELL = b'{"symbol":"BTC-USDT","side":"sell","order_type":"limit","quantity":"0.6","price":"60000"}'


def make_handler(client: Redis) -> Handler:
    return Handler(Exchange(make_instruments(), load_id_key(client), 1000))


def recover(client: Redis) -> Exchange:
    return recover_exchange(client, make_instruments(), 1000)


def acquire(client: Redis) -> Lease:
    lease = Lease(client)
    assert lease.acquire()
    return lease


def handle_first(queue: OrderQueue, handler: Handler) -> Batch:
    """What the head of the list leads to, in memory."""
    assert queue.wait_for_entries(1)
    return handler.handle(queue.known[:1], 5, 0)


def commit(queue: OrderQueue, batch: Batch, lease: Lease) -> None:
    queue.send(batch, lease.owner, b"")
    queue.confirm()


def read_events(client: Redis, channel: str) -> list[dict[str, Any]]:
    return [
        event
        for entry in read_journal(client, 0)
        if channel in entry.messages
        for event in json.loads(entry.messages[channel])["events"]
    ]


def test_commit_journals_pops_and_publishes_in_one_step(client: Redis) -> None:
    listener = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    listener.subscribe(*channels.EVENT_CHANNELS)
    wait_until(lambda: len(client.pubsub_channels()) == 4, "subscribed")
    client.rpush(channels.ORDER_QUEUE, BUY, SELL, BUY)
    queue, handler, lease = OrderQueue(client), make_handler(client), acquire(client)
    assert queue.wait_for_entries(1)
    assert queue.known == [BUY, SELL]  # two batches of one
    assert client.llen(channels.ORDER_QUEUE) == 3
    batch = handler.handle(queue.known, 5, 0)
    queue.send(batch, lease.owner, b"")
    assert queue.confirm() is batch
    assert queue.confirm() is None
    assert client.lrange(channels.ORDER_QUEUE, 0, -1) == [BUY]
    [entry] = read_journal(client, 0)
    assert (entry.previous, entry.sequence, entry.commands) == (
        0,
        2,
        b"[" + BUY + b"," + SELL + b"]",
    )
    published: dict[str, bytes] = {}
    wait_until(lambda: _collect(listener, published) == 4, "four messages")
    assert published == entry.messages
    state = client.hgetall(channels.STATE)
    assert state[b"sequence"] == state[b"last:trade_events"] == b"2"


def _collect(listener: Any, published: dict[str, bytes]) -> int:
    message = listener.get_message(timeout=0.1)
    if message:
        published[message["channel"].decode()] = message["data"]
    return len(published)


@pytest.mark.parametrize("change", ["owner", "sequence", "list"])
def test_commit_that_does_not_fit_writes_nothing(client: Redis, change: str) -> None:
    client.rpush(channels.ORDER_QUEUE, BUY)
    queue, handler, lease = OrderQueue(client), make_handler(client), acquire(client)
    batch = handle_first(queue, handler)
    if change == "owner":
        client.hset(channels.STATE, "owner", "another")
    elif change == "sequence":
        client.hset(channels.STATE, "sequence", "9")
    else:
        client.lpush(channels.ORDER_QUEUE, SELL)
    before = _dump(client)
    with pytest.raises((Fenced, CommitRefused)):
        commit(queue, batch, lease)
    assert _dump(client) == before


def _dump(client: Redis) -> dict[bytes, bytes | None]:
    return {key: client.dump(key) for key in client.scan_iter()}


def test_stale_engine_is_fenced(client: Redis) -> None:
    first, handler = acquire(client), make_handler(client)
    client.rpush(channels.ORDER_QUEUE, BUY)
    queue = OrderQueue(client)
    batch = handle_first(queue, handler)
    client.delete(channels.LEASE)
    second = acquire(client)
    assert int(second.epoch) == int(first.epoch) + 1
    with pytest.raises(Fenced):
        commit(queue, batch, first)
    with pytest.raises(Fenced):
        first.renew()
    commit(OrderQueue(client), batch, second)


def test_second_batch_is_matched_while_the_first_is_on_its_way(client: Redis) -> None:
    client.rpush(channels.ORDER_QUEUE, BUY, SELL, BUY, SELL)
    handler, lease = make_handler(client), acquire(client)
    with OrderQueue(client) as queue:
        first = handle_first(queue, handler)
        queue.send(first, lease.owner, b"")
        second = handle_first(queue, handler)
        assert queue.confirm() is first
        assert queue.known == [SELL, BUY]  # what the second is made of, and what came after it
        commit(queue, second, lease)
        assert queue.known == [BUY, SELL]
    assert [entry.sequence for entry in read_journal(client, 0)] == [1, 2]
    assert [trade["quantity"] for trade in read_events(client, channels.TRADE_EVENTS)] == [
        "0.60000"
    ]


def test_entry_put_before_what_is_being_matched_comes_first_and_nothing_is_lost(
    client: Redis, redis_url: str
) -> None:
    client.rpush(channels.ORDER_QUEUE, BUY, SELL)
    lease, handler = acquire(client), Handler(recover(client))
    with OrderQueue(client) as queue:
        first = handle_first(queue, handler)
        queue.send(first, lease.owner, b"")
        second = handler.handle(queue.known, 5, 0)
        assert queue.confirm() is first
        client.lpush(channels.ORDER_QUEUE, b'{"command":"cancel_all"}')
        with pytest.raises(CommitRefused, match="CHANGED"):
            commit(queue, second, lease)
    lease.release()
    with run_engine(redis_url):
        wait_until_drained(client)
    assert not read_events(client, channels.TRADE_EVENTS)  # the buy was canceled before
    assert recover(client).sequence == 3


def test_entry_put_before_others_that_are_all_alike_is_not_taken_for_one_of_them(
    client: Redis,
) -> None:
    client.rpush(channels.ORDER_QUEUE, SELL, BUY, BUY)
    handler, lease = make_handler(client), acquire(client)
    with OrderQueue(client) as queue:
        assert queue.wait_for_entries(3)
        batch = handler.handle(queue.known, 5, 0)
        client.lpush(channels.ORDER_QUEUE, b'{"command":"clear_queue","quantity":"3"}')
        with pytest.raises(CommitRefused, match="CHANGED"):
            commit(queue, batch, lease)
    assert client.llen(channels.ORDER_QUEUE) == 4
    assert not client.exists(channels.JOURNAL)


def test_connection_lost_while_a_batch_is_matched_ahead_loses_and_repeats_nothing(
    client: Redis, redis_url: str
) -> None:
    client.rpush(channels.ORDER_QUEUE, BUY, SELL)
    lease, handler = acquire(client), Handler(recover(client))
    with OrderQueue(client) as queue:
        queue.send(handle_first(queue, handler), lease.owner, b"")
        handler.handle(queue.known, 5, 0)  # and then hangs up: the outcome of the first is unknown
    lease.release()
    with run_engine(redis_url):
        wait_until_drained(client)
    assert len(read_events(client, channels.TRADE_EVENTS)) == 1
    assert recover(client).sequence == 2


def test_lease_is_held_by_one_at_a_time(client: Redis) -> None:
    lease = acquire(client)
    assert not Lease(client).acquire()
    lease.release()
    assert Lease(client).acquire()


def test_engine_that_lost_its_lease_while_it_recovered_is_fenced_not_damaged(
    client: Redis, redis_url: str
) -> None:
    """What it read meanwhile may be the other engine's: no reason to call for an operator."""

    def recover_meanwhile() -> None:
        with lease.kept(lambda: open_redis(redis_url), 3000):
            client.delete(channels.LEASE)
            assert Lease(client).acquire()
            raise JournalDamaged("the journal ends at sequence 1, the state at 2")

    lease = acquire(client)
    with pytest.raises(Fenced):
        recover_meanwhile()


def test_lease_lives_longer_while_a_large_snapshot_is_decoded(client: Redis) -> None:
    assert Lease(client).allow_for_recovery(0) == 3000
    assert Lease(client).allow_for_recovery(284 << 20) > 3 * 2350


def test_an_order_popped_before_a_crash_is_not_gone(client: Redis, redis_url: str) -> None:
    """The engine matched and died before its commit: the entries are still in the list."""
    client.rpush(channels.ORDER_QUEUE, BUY, SELL)
    queue, handler = OrderQueue(client), make_handler(client)
    assert queue.wait_for_entries(2)
    handler.handle(queue.known, 5, 0)  # and nothing more: this engine is dead
    with run_engine(redis_url):
        wait_until_drained(client)
    trades = read_events(client, channels.TRADE_EVENTS)
    assert [trade["quantity"] for trade in trades] == ["0.60000"]


def test_restarted_engine_goes_on_from_its_journal(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, BUY)
        wait_until_drained(client)
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, SELL)
        wait_until_drained(client)
    [trade] = read_events(client, channels.TRADE_EVENTS)
    assert trade["trade_id"] == 1
    recovered = recover(client)
    assert recovered.sequence == 2
    assert recovered.matcher.l2(0) == ([(6_000_000, 40_000)], [])


@pytest.mark.parametrize("max_batch", [1, 7, 512])
def test_recovered_state_equals_the_one_left_behind(
    client: Redis, redis_url: str, max_batch: int
) -> None:
    entries = [BUY, SELL, b"garbage", BUY, SELL, SELL, b'{"command":"cancel","order_id":"1"}'] * 10
    client.rpush(channels.ORDER_QUEUE, *entries)
    with run_engine(redis_url, max_batch):
        wait_until_drained(client)
    recovered = recover(client)
    direct = make_handler(client)
    direct.handle(entries, 5, 0)
    assert recovered.sequence == direct.exchange.sequence == 70
    assert recovered.matcher.state_hash() == direct.exchange.matcher.state_hash()
    assert client.llen(channels.DEAD) == 10


def test_garbage_in_the_list_stops_nothing(client: Redis, redis_url: str) -> None:
    garbage = [
        b"",
        b"\x00\xff",
        b"[]",
        b"{",
        b'{"price":1}',
        b"x" * 5_000_000,
        b"\xff" * 120_000_000,
        b'{"command":"dead"}',
    ]
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, *garbage, BUY)
        wait_until_drained(client)
    assert client.llen(channels.DEAD) == 6
    dead = [json.loads(entry) for entry in client.lrange(channels.DEAD, 0, -1)]
    assert {entry["reason"] for entry in dead} == {"unreadable_entry"}
    reports = read_events(client, channels.EXECUTION_REPORTS)
    assert reports[-1]["status"] == "open"
    assert reports[-1]["sequence"] == len(garbage) + 1


def test_entry_that_raises_is_rejected_and_the_rest_goes_on(
    client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_for_eth(raw: bytes, level: Level) -> QueueEntry:
        entry = read_entry(raw, level)
        if entry.symbol == "ETH-USDT":
            raise ZeroDivisionError
        return entry

    monkeypatch.setattr(handler, "read_entry", fail_for_eth)
    client.rpush(channels.ORDER_QUEUE, BUY, BUY.replace(b"BTC", b"ETH"), SELL)
    with run_engine(redis_url):
        wait_until_drained(client)
    reports = read_events(client, channels.EXECUTION_REPORTS)
    assert [report["reason"] for report in reports if report["sequence"] == 2] == ["internal_error"]
    assert client.llen(channels.DEAD) == 1
    assert recover(client).sequence == 3


def test_entry_that_raised_once_is_no_reason_against_its_like(
    client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([True])

    def fail_once(raw: bytes, level: Level) -> QueueEntry:
        if next(failures, False):
            raise ZeroDivisionError
        return read_entry(raw, level)

    monkeypatch.setattr(handler, "read_entry", fail_once)
    with run_engine(redis_url):
        for _ in range(2):
            client.rpush(channels.ORDER_QUEUE, BUY)
            wait_until_drained(client)
    reports = read_events(client, channels.EXECUTION_REPORTS)
    assert [report["reason"] for report in reports] == ["internal_error", None]


def test_engine_recovers_by_itself_when_redis_comes_back(tmp_path: Path) -> None:
    options = ("--appendonly", "yes", "--appendfsync", "always")
    port = find_free_port()
    with run_redis(tmp_path, *options, port=port) as url:
        service = make_service(url)
        thread = threading.Thread(target=service.run)
        thread.start()
        with open_redis(url) as client:
            client.rpush(channels.ORDER_QUEUE, BUY)
            wait_until_drained(client)
    with run_redis(tmp_path, *options, port=port) as url, open_redis(url) as client:
        client.rpush(channels.ORDER_QUEUE, SELL)
        wait_until_drained(client)
        service.stop()
        thread.join(DEADLINE_SECONDS)
        assert [trade["quantity"] for trade in read_events(client, channels.TRADE_EVENTS)] == [
            "0.60000"
        ]


def test_journal_with_a_hole_is_not_recovered_from(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url, max_batch=1):
        client.rpush(channels.ORDER_QUEUE, BUY, SELL, BUY)
        wait_until_drained(client)
    client.xdel(channels.JOURNAL, "2-0")
    with pytest.raises(JournalDamaged, match="follows 2, expected 1"):
        recover(client)


@pytest.mark.parametrize(
    ("commands", "damage"),
    [
        (b"[" + SELL + b"]", "differs at journal entry 1"),
        (b"[" + BUY, "commands of journal entry 1 cannot be run"),
        (b"{}", "commands of journal entry 1 cannot be run"),
    ],
)
def test_journal_that_leads_elsewhere_stops_the_engine_for_the_operator(
    client: Redis, redis_url: str, commands: bytes, damage: str
) -> None:
    with run_engine(redis_url):
        client.rpush(channels.ORDER_QUEUE, BUY)
        wait_until_drained(client)
    [entry] = read_journal(client, 0)
    client.delete(channels.JOURNAL)
    fields = entry._replace(commands=commands).to_fields()
    client.execute_command("XADD", channels.JOURNAL, "1-0", *fields)  # type: ignore[no-untyped-call]
    with pytest.raises(JournalDamaged, match=damage):
        make_service(redis_url).run()


def test_engine_stops_for_the_operator_when_the_journal_is_gone(
    client: Redis, redis_url: str
) -> None:
    client.hset(channels.STATE, "sequence", 5)
    with pytest.raises(JournalDamaged, match="ends at sequence 0, the state at 5"):
        make_service(redis_url).run()
    assert not client.exists(channels.LEASE)


def test_changed_tick_is_refused_with_the_way_out(client: Redis) -> None:
    settle_instruments(client, make_instruments())
    changed = [make_instrument("BTC-USDT", "0.1", "0.00001"), *make_instruments()[1:]]
    with pytest.raises(StateConflict, match=r"tick 0\.01 .*start_system\.py reset"):
        settle_instruments(client, changed)
    with pytest.raises(StateConflict, match="ETH-USDT has a history"):
        settle_instruments(client, make_instruments()[:1])


def test_added_instrument_comes_last(client: Redis) -> None:
    old = make_instruments()
    settle_instruments(client, old)
    settled = settle_instruments(client, [make_instrument("AAA-USDT", "1", "1"), *old])
    assert [instrument.symbol for instrument in settled] == [
        "BTC-USDT",
        "ETH-USDT",
        "SOL-USDT",
        "AAA-USDT",
    ]
    assert [instrument.index for instrument in settled] == [0, 1, 2, 3]


def test_second_engine_waits_for_the_first(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        waiting = make_service(redis_url)
        thread = threading.Thread(target=waiting.run)
        thread.start()
        owner = client.hget(channels.STATE, "owner")
        client.rpush(channels.ORDER_QUEUE, BUY)
        wait_until_drained(client)
        assert client.hget(channels.STATE, "owner") == owner
    wait_until(lambda: client.hget(channels.STATE, "owner") != owner, "the second took over")
    client.rpush(channels.ORDER_QUEUE, SELL)
    wait_until_drained(client)
    waiting.stop()
    thread.join(DEADLINE_SECONDS)
    assert client.xlen(channels.JOURNAL) == 2
