"""What happens to the engine and its reader, fault by fault, and the largest single commands."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from redis import Redis

from protocol import channels, codec
from protocol.events import Event, L2Delta
from protocol.journal import JournalEntry
from tests.support.engine_service import (
    make_service,
    run_engine,
    run_engine_process,
    wait_until_drained,
)
from tests.support.faults_orders import (
    assert_history_is_right,
    make_order,
    read_client_order_ids,
)
from tests.support.market_data import MarketData, run_market_data
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until


def test_engine_paused_beyond_its_lease_is_fenced_when_it_goes_on(
    client: Redis, redis_url: str, tmp_path: Path
) -> None:
    with run_engine_process(redis_url, tmp_path) as first:
        wait_until(lambda: client.exists(channels.LEASE), "the first serves")
        with run_engine_process(redis_url, tmp_path):
            client.rpush(channels.ORDER_QUEUE, make_order(1))
            wait_until_drained(client)
            first.send_signal(signal.SIGSTOP)
            wait_until(lambda: client.hget(channels.STATE, "epoch") == b"2", "a takeover")
            client.rpush(channels.ORDER_QUEUE, *map(make_order, range(2, 50)))
            wait_until_drained(client)
            first.send_signal(signal.SIGCONT)
            log = tmp_path / "engine-0.log"
            wait_until(lambda: "another engine has taken over" in log.read_text(), "fenced")
            client.rpush(channels.ORDER_QUEUE, *map(make_order, range(50, 100)))
            wait_until_drained(client)
            assert client.hget(channels.STATE, "epoch") == b"2"
    assert read_client_order_ids(client) == [f"order-{number}" for number in range(1, 100)]
    assert_history_is_right(client)


def push_and_drain(client: Redis, entries: list[bytes]) -> None:
    for first in range(0, len(entries), 2000):
        client.rpush(channels.ORDER_QUEUE, *entries[first : first + 2000])
    wait_until_drained(client)


@contextmanager
def run_exchange(url: str) -> Iterator[MarketData]:
    """An engine, a second one that waits, and market data."""
    with run_engine(url), run_market_data(url) as market_data:
        waiting = make_service(url)
        thread = threading.Thread(target=waiting.run)
        thread.start()
        try:
            yield market_data
        finally:
            waiting.stop()
            thread.join(DEADLINE_SECONDS)


def assert_feed_follows(client: Redis, market_data: MarketData) -> None:
    """Its book, empty again, is the exchange's, and no second engine has had to take over."""
    book = next(iter(read_last_deltas(client)))

    def is_there() -> bool:
        seen = market_data.get("/v1/orderbook/BTC-USDT")
        return (seen.get("bids"), seen.get("last_update_id")) == ([], book.last_update_id)

    wait_until(is_there, "market data follows")
    assert client.hget(channels.STATE, "epoch") == b"1"


def read_last_trade_id(market_data: MarketData) -> int:
    """The feed's; 0 for none."""
    trades = market_data.get("/v1/trades/BTC-USDT?limit=1")["trades"]
    return trades[0]["trade_id"] if trades else 0


def read_last_deltas(client: Redis) -> list[L2Delta]:
    """Of the newest commit."""
    return cast(list[L2Delta], read_last_events(client, channels.ORDER_BOOK_UPDATES))


def read_last_events(client: Redis, channel: str) -> Sequence[Event]:
    """Of the newest commit."""
    [(name, fields)] = cast(
        list[tuple[bytes, dict[bytes, bytes]]], client.xrevrange(channels.JOURNAL, count=1)
    )
    entry = JournalEntry.from_stream(name, fields)
    return codec.decode_message(entry.messages[channel]).events


def test_cancel_all_of_100_000_orders_is_one_commit_within_the_lease(
    client: Redis, redis_url: str
) -> None:
    with run_exchange(redis_url) as market_data:
        push_and_drain(client, [make_order(n, price=1 + n % 500) for n in range(100_000)])
        push_and_drain(client, [b'{"command":"cancel_all"}'])
        assert len(read_last_events(client, channels.EXECUTION_REPORTS)) == 100_000
        assert_feed_follows(client, market_data)


def test_market_order_that_sweeps_50_000_orders_is_one_commit_within_the_lease(
    client: Redis, redis_url: str
) -> None:
    with run_exchange(redis_url) as market_data:
        push_and_drain(client, [make_order(n, price=1 + n % 500) for n in range(50_000)])
        sweep = b'{"side":"sell","order_type":"market","quantity":"50000","symbol":"BTC-USDT"}'
        push_and_drain(client, [sweep])
        assert len(read_last_events(client, channels.TRADE_EVENTS)) == 50_000
        assert_feed_follows(client, market_data)
        wait_until(lambda: read_last_trade_id(market_data) == 50_000, "its trades follow")


def test_market_data_stalled_past_the_output_buffer_limit_rebuilds_its_book(
    tmp_path: Path,
) -> None:
    with (
        run_redis(tmp_path, "--client-output-buffer-limit", "pubsub 64kb 32kb 1") as url,
        open_redis(url) as client,
        run_exchange(url) as market_data,
    ):
        push_and_drain(client, [make_order(n, price=1 + n % 500) for n in range(50_000)])
        wait_until(lambda: market_data.get("/v1/orderbook/BTC-USDT")["bids"], "a book")
        market_data.process.send_signal(signal.SIGSTOP)
        sweep = b'{"side":"sell","order_type":"market","quantity":"1000","symbol":"BTC-USDT"}'
        push_and_drain(client, [sweep] * 50)
        wait_until(lambda: client.pubsub_numsub(channels.TRADE_EVENTS)[0][1] == 0, "cut off")
        push_and_drain(client, [make_order(50_000)])
        market_data.process.send_signal(signal.SIGCONT)
        expected = [["100.00", "1.00000"]]
        wait_until(
            lambda: market_data.get("/v1/orderbook/BTC-USDT").get("bids") == expected,
            "market data follows",
        )
