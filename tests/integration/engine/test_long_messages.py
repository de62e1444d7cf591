"""Commands whose messages are too long for pub/sub, for one value on Redis, for any commit."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from redis import Redis

from archive.journal import Journal
from engine.storage import order_queue
from engine.storage.recovery import recover_exchange
from order_gateway.account.report_feed import ReportFeed
from order_gateway.account.report_listener import Told
from order_gateway.queueing.redis_client import make_client
from protocol import channels, codec, journal
from protocol.journal import JournalEntry
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.faults_orders import assert_history_is_right, make_order
from tests.support.instruments import make_instruments
from tests.support.market_data import run_market_data
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until

RESTING = 2500
LONGEST = 100_000
SWEEP = b'{"side":"sell","order_type":"market","quantity":"%d","symbol":"BTC-USDT"}' % RESTING


@pytest.fixture(autouse=True)
def short_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is long here at a hundredth of its real size."""
    monkeypatch.setattr(journal, "MAX_VALUE_BYTES", LONGEST)


@contextmanager
def run_strict_redis(folder: Path) -> Iterator[tuple[str, Redis]]:
    """One that takes no value above 1 MB, where it usually takes 512."""
    with run_redis(folder, "--proto-max-bulk-len", "1mb") as url, open_redis(url) as client:
        yield url, client


def rest_orders(client: Redis) -> None:
    for first in range(0, RESTING, 100):
        entries = [make_order(n, price=1 + n % 50) for n in range(first, first + 100)]
        client.rpush(channels.ORDER_QUEUE, *entries)
    wait_until_drained(client)


def read_last_entry(client: Redis) -> dict[bytes, bytes]:
    newest = client.xrevrange(channels.JOURNAL, count=1)
    [(_, fields)] = cast(list[tuple[bytes, dict[bytes, bytes]]], newest)
    return fields


def test_long_messages_are_committed_in_parts_and_every_reader_follows(tmp_path: Path) -> None:
    with (
        run_strict_redis(tmp_path) as (url, client),
        run_engine(url, max_batch=100),
        run_market_data(url) as market_data,
    ):
        rest_orders(client)
        client.rpush(channels.ORDER_QUEUE, SWEEP)
        wait_until_drained(client)
        fields = read_last_entry(client)
        assert max(map(len, fields.values())) == LONGEST
        assert {b"trade_events:5", b"execution_reports:20"} < set(fields)

        def has_followed() -> bool:
            trades = market_data.get("/v1/trades/BTC-USDT?limit=1")["trades"]
            bids = market_data.get("/v1/orderbook/BTC-USDT")["bids"]
            return ([trade["trade_id"] for trade in trades], bids) == ([RESTING], [])

        wait_until(has_followed, "market data follows")
        assert market_data.get("/stats")["feed"]["gaps"] == 1
        recover_exchange(client, make_instruments(), 1000)
        assert_history_is_right(client)
        entry = Journal(client).find_entry(RESTING + 1)
        assert entry is not None
        reports = codec.decode_message(entry.messages[channels.EXECUTION_REPORTS]).events
        assert len(reports) == 2 * RESTING + 1


def test_gateway_passes_on_reports_that_were_not_published(tmp_path: Path) -> None:
    async def follow(url: str, client: Redis) -> list[Told | None]:
        reading = make_client(url)
        feed = ReportFeed(url, reading)
        async with feed.listen("default") as listener, asyncio.timeout(DEADLINE_SECONDS):
            client.rpush(channels.ORDER_QUEUE, SWEEP)
            news = [await listener.take(DEADLINE_SECONDS) for _ in range(2 * RESTING + 1)]
        await feed.aclose()
        await reading.aclose()
        return news

    with run_strict_redis(tmp_path) as (url, client), run_engine(url, max_batch=100):
        rest_orders(client)
        news = asyncio.run(follow(url, client))
        assert all(each and each.kind == "execution_report" for each in news)
        assert {each.sequence for each in news if each} == {RESTING + 1}


def test_command_too_large_for_any_commit_is_rejected_and_the_rest_is_matched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_queue, "MAX_JOURNAL_ENTRY_BYTES", 1_000_000)
    with run_strict_redis(tmp_path) as (url, client), run_engine(url, max_batch=100):
        rest_orders(client)
        client.rpush(channels.ORDER_QUEUE, make_order(9998), SWEEP)  # as the last of its batch
        wait_until_drained(client)
        client.rpush(channels.ORDER_QUEUE, make_order(9999))
        wait_until_drained(client)
        [dead] = client.lrange(channels.DEAD, 0, -1)
        assert json.loads(dead)["reason"] == "internal_error"
        assert json.loads(dead)["entry"].encode() == SWEEP
        assert recover_exchange(client, make_instruments(), 1000).orders.count_open("default") == (
            RESTING + 2
        )
        assert_history_is_right(client)


@pytest.mark.parametrize("length", [0, 1, LONGEST, LONGEST + 1, 12 * LONGEST])
def test_entry_of_the_journal_comes_back_whole(length: int) -> None:
    messages = {channels.TRADE_EVENTS: b"t" * 5, channels.EXECUTION_REPORTS: b"r" * length}
    entry = JournalEntry(1, 2, 3, b"[]", b"0" * 16, messages)
    values = entry.to_fields()
    fields = dict(zip(values[::2], values[1::2], strict=True))
    assert JournalEntry.from_stream(b"2-0", fields) == entry
    published = [(name.encode(), message) for name, message in entry.published.items()]
    assert list(zip(values[::2], values[1::2], strict=True))[4:][-len(published) :] == published
    assert (length <= LONGEST) == (channels.EXECUTION_REPORTS in entry.published)
