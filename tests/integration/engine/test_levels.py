"""Levels on Redis: where an exchange begins, how an older one goes on, and a later one's data."""

import msgspec
import pytest
from redis import Redis

from engine.audit.findings import Rule
from engine.audit.record import Record
from engine.audit.verify import verify_record
from engine.exchange.levels import NEWEST, Level
from engine.exchange.stored import decode_engine, encode_engine
from engine.storage.journal import read_journal
from engine.storage.lease import Lease
from engine.storage.recovery import recover_exchange
from engine.storage.snapshot_store import list_snapshots, read_snapshot, write_snapshot
from engine.storage.state import StateConflict
from protocol import channels
from protocol.snapshot import encode_snapshot
from tests.support.engine_service import make_service, run_engine, wait_until_drained
from tests.support.instruments import make_instruments
from tests.support.waiting import wait_until

BUY = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"60000"}'
UNKNOWN = NEWEST + 1
LATER = f"a later version wrote the data .*level {UNKNOWN} is not known here"


def push(client: Redis, *entries: bytes) -> None:
    client.rpush(channels.ORDER_QUEUE, *entries)
    wait_until_drained(client)


def read_level(client: Redis) -> Level:
    return recover_exchange(client, make_instruments(), 1000).level


def test_new_exchange_begins_at_the_newest_level(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        push(client, BUY)
    assert client.hget(channels.STATE, channels.STATE_LEVEL) == b"%d" % NEWEST
    assert [entry.commands for entry in read_journal(client, 0)] == [b"[" + BUY + b"]"]
    assert read_level(client) is NEWEST
    assert Record(client).make_exchange(None).level is NEWEST


def test_older_exchange_is_configured_before_all_that_waits(client: Redis, redis_url: str) -> None:
    client.hset(channels.STATE, channels.STATE_LEVEL, int(Level.FIRST))
    client.rpush(channels.ORDER_QUEUE, BUY, BUY)
    with run_engine(redis_url, max_batch=1):
        wait_until_drained(client)
    first, *rest = [entry.commands for entry in read_journal(client, 0)]
    assert b'"command":"configure"' in first
    assert b'"level":%d' % NEWEST in first
    assert rest == [b"[" + BUY + b"]"] * 2
    assert read_level(client) is NEWEST
    assert verify_record(Record(client)).findings == []
    with run_engine(redis_url):
        push(client, BUY)
    assert client.hget(channels.STATE, channels.STATE_SEQUENCE) == b"4"


def test_exchange_without_the_field_is_at_the_first_level(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        push(client, BUY)
    client.hdel(channels.STATE, channels.STATE_LEVEL)
    assert Record(client).make_exchange(None).level is Level.FIRST


def test_exchange_that_a_later_version_began_stops_the_engine(
    client: Redis, redis_url: str
) -> None:
    client.hset(channels.STATE, channels.STATE_LEVEL, UNKNOWN)
    with pytest.raises(StateConflict, match=LATER):
        make_service(redis_url).run()


def test_snapshot_of_a_later_version_stops_the_engine(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url, snapshot_interval=1) as service:
        push(client, BUY)
        wait_until(lambda: list_snapshots(client), "a snapshot counts")
        service.stop()
    [sequence] = list_snapshots(client)
    snapshot = read_snapshot(client, sequence)
    engine = decode_engine(snapshot.engine)
    engine.level = UNKNOWN
    raw = encode_snapshot(msgspec.structs.replace(snapshot, engine=encode_engine(engine)))
    client.delete(channels.snapshot_key(sequence))
    lease = Lease(client)
    assert lease.acquire()
    write_snapshot(client, lease.owner, sequence, "later", raw)
    lease.release()
    with pytest.raises(StateConflict, match=LATER):
        make_service(redis_url).run()
    [finding] = verify_record(Record(client)).findings
    assert finding.rule is Rule.SNAPSHOT


def test_level_that_a_later_version_began_stops_the_engine(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        push(client, BUY)
    [entry] = read_journal(client, 0)
    client.delete(channels.JOURNAL)
    commands = b'[{"command":"configure","level":%d}]' % UNKNOWN
    fields = entry._replace(commands=commands).to_fields()
    client.execute_command("XADD", channels.JOURNAL, "1-0", *fields)  # type: ignore[no-untyped-call]
    with pytest.raises(StateConflict, match=f"journal entry 1 .*level {UNKNOWN} is not known"):
        make_service(redis_url).run()


def test_unknown_level_in_the_list_stops_nothing(client: Redis, redis_url: str) -> None:
    with run_engine(redis_url):
        push(client, b'{"command":"configure","level":%d}' % UNKNOWN, BUY)
    with run_engine(redis_url):
        push(client, BUY)
    assert client.llen(channels.DEAD) == 1
    assert verify_record(Record(client)).findings == []
