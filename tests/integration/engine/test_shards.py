"""Engines of several shards on one Redis: each knows its own list alone."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, cast

import pytest
from redis import Redis

from engine.audit.record import open_records
from engine.audit.show import show_book
from engine.audit.verify import verify_record
from engine.storage.state import Birth, StateConflict
from protocol import channels
from protocol.channels import EXECUTION_REPORTS, STATE_ID_KEY, STATE_SEQUENCE
from protocol.exchange_clock import ClockMode
from protocol.journal import JournalEntry
from protocol.shards import FIRST, name_shard
from tests.support.engine_service import make_service, run_engine, wait_until_drained
from tests.support.instruments import make_instrument
from tests.support.waiting import wait_until

SECOND = name_shard(2)
BTC = make_instrument("BTC-USDT", "0.01", "0.00001")
ETH = make_instrument("ETH-USDT", "0.01", "0.0001", shard=2)
ORDER = (
    '{"symbol":"%s","side":"buy","order_type":"limit","quantity":"1","price":"100",'
    '"client_order_id":"mine"}'
)


@pytest.fixture
def engines(redis_url: str) -> Iterator[None]:
    with ExitStack() as stack:
        for names, instruments in ((FIRST, [BTC]), (SECOND, [ETH])):
            stack.enter_context(run_engine(redis_url, instruments=instruments, names=names))
        yield


def order(symbol: str) -> str:
    return ORDER % symbol


def push(client: Redis, shard: int, *symbols: str) -> None:
    client.rpush(name_shard(shard).order_queue, *map(order, symbols))
    wait_until_drained(client, name_shard(shard))


def read_reports(client: Redis, shard: int) -> list[dict[str, Any]]:
    page = client.xrange(name_shard(shard).journal)
    entries = [JournalEntry.from_stream(*item) for item in cast("list[Any]", page)]
    messages = [entry.messages.get(EXECUTION_REPORTS) for entry in entries]
    return [
        event
        for message in messages
        if message
        for event in json.loads(message)["events"]
        if event["type"] == "execution_report"
    ]


@pytest.mark.usefixtures("engines")
def test_each_engine_serves_its_list_alone(client: Redis) -> None:
    push(client, 1, "BTC-USDT")
    push(client, 2, "ETH-USDT", "ETH-USDT")
    [first], [second] = read_reports(client, 1), read_reports(client, 2)
    assert (first["symbol"], first["number"]) == ("BTC-USDT", 64)
    assert (second["symbol"], second["number"]) == ("ETH-USDT", 65)
    assert client.hget(FIRST.state, STATE_SEQUENCE) != client.hget(SECOND.state, STATE_SEQUENCE)


@pytest.mark.usefixtures("engines")
def test_symbol_of_another_shard_is_refused_with_those_that_there_are(client: Redis) -> None:
    push(client, 2, "BTC-USDT")
    [report] = read_reports(client, 2)
    assert (report["status"], report["reason"]) == ("rejected", "unknown_symbol")


@pytest.mark.usefixtures("engines")
def test_same_name_on_two_shards_is_two_order_ids(client: Redis) -> None:
    push(client, 1, "BTC-USDT")
    push(client, 2, "ETH-USDT")
    [first], [second] = read_reports(client, 1), read_reports(client, 2)
    assert first["client_order_id"] == second["client_order_id"]
    assert first["order_id"] != second["order_id"]


def test_channels_of_a_shard_have_its_name(client: Redis, redis_url: str) -> None:
    listener = cast("Any", client).pubsub(ignore_subscribe_messages=True)
    listener.subscribe(EXECUTION_REPORTS, SECOND.channel(EXECUTION_REPORTS))
    with run_engine(redis_url, instruments=[ETH], names=SECOND):
        push(client, 2, "ETH-USDT")
    heard: dict[str, Any] = {}
    wait_until(lambda: heard.update(listener.get_message() or {}) or heard, "a report")
    listener.close()
    assert heard["channel"] == SECOND.channel(EXECUTION_REPORTS).encode()


def test_shard_goes_on_from_its_own_snapshot_and_journal(client: Redis, redis_url: str) -> None:
    for _ in range(2):
        with run_engine(redis_url, instruments=[ETH], names=SECOND, snapshot_interval=1):
            push(client, 2, "ETH-USDT")
    assert client.exists(SECOND.state, SECOND.journal) == 2
    assert not client.exists(FIRST.journal)


def test_verify_and_show_look_at_each_shard(client: Redis, redis_url: str) -> None:
    for names, instrument in ((FIRST, BTC), (SECOND, ETH)):
        with run_engine(redis_url, instruments=[instrument], names=names):
            push(client, names.shard, instrument.symbol)
    with open_records(redis_url) as records:
        assert [record.shard for record in records] == [1, 2]
        assert [verify_record(record).findings for record in records] == [[], []]
        title = next(iter(show_book(records[1], records[1].sequence, "ETH-USDT", 1)))
    assert title.startswith("ETH-USDT on shard 2 at sequence")


def test_shard_of_another_exchange_is_refused(client: Redis, redis_url: str) -> None:
    client.hset(SECOND.state, STATE_ID_KEY, "00" * 32)
    with pytest.raises(StateConflict, match="shard 2 is that of another exchange"):
        make_service(redis_url, instruments=[ETH], names=SECOND).run()


@pytest.mark.parametrize(
    ("birth", "message"),
    [
        (Birth(is_ephemeral=True), "EPHEMERAL=on has shard 1 alone"),
        (Birth(ClockMode.parse("manual")), "CLOCK=manual has shard 1 alone"),
    ],
)
def test_exchange_that_has_shard_1_alone_gets_no_other(
    client: Redis, redis_url: str, birth: Birth, message: str
) -> None:
    with run_engine(redis_url, birth=birth):
        client.rpush(channels.ORDER_QUEUE, order("BTC-USDT"))
        wait_until_drained(client)
    with pytest.raises(StateConflict, match=message):
        make_service(redis_url, instruments=[ETH], names=SECOND).run()
