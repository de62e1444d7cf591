"""The feed under load while its parts are killed: readers end equal to the journal."""

import asyncio
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from redis import Redis, RedisError

from benchmark.shared.order_entries import make_entries
from engine.storage.state import load_id_key
from goquant import FeedReader
from protocol import channels
from protocol.codec import decode_message
from protocol.events import L2Delta, Trade
from tests.support.engine_service import run_engine_process
from tests.support.market_data import RestartedMarketData
from tests.support.ports import find_free_port
from tests.support.redis_client import open_redis
from tests.support.redis_server import DURABLE, run_redis
from tests.support.waiting import until, wait_until

BTC = "BTC-USDT"
UNLIMITED = {"BALANCES": "unlimited"}
ENTRIES = 18_000
ENTRIES_A_PUSH = 30
SECONDS_A_PUSH = 0.01
DEADLINE_SECONDS = 90.0


class Journal:
    """What the journal says of BTC-USDT, replayed the plain way."""

    def __init__(self, client: Redis) -> None:
        self.trade_ids: list[int] = []
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.update_id = 0
        entries: Any = client.xrange(channels.JOURNAL)
        for _, fields in entries:
            for name in (channels.TRADE_EVENTS, channels.ORDER_BOOK_UPDATES):
                if (message := fields.get(name.encode())) is not None:
                    self._take(message)

    def _take(self, message: bytes) -> None:
        for event in decode_message(message).events:
            if isinstance(event, Trade):
                self.trade_ids.append(event.trade_id)
            elif isinstance(event, L2Delta):
                self.update_id = event.last_update_id
                for side, levels in ((self.bids, event.bids), (self.asks, event.asks)):
                    side.update(levels)
                    for price, quantity in levels:
                        if quantity == "0":
                            del side[price]


class Load:
    """Pushes entries steadily, whatever happens to Redis; a push that failed is tried again."""

    def __init__(self, url: str) -> None:
        self.done = 0.0
        """Share of the entries that is pushed."""
        self._url = url
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        with open_redis(self._url) as client:
            self._entries = make_entries(ENTRIES, load_id_key(client))
        self._thread.start()

    def _run(self) -> None:
        with open_redis(self._url) as client:
            for start in range(0, ENTRIES, ENTRIES_A_PUSH):
                while not self._push(client, self._entries[start : start + ENTRIES_A_PUSH]):
                    time.sleep(SECONDS_A_PUSH)
                self.done = (start + ENTRIES_A_PUSH) / ENTRIES
                time.sleep(SECONDS_A_PUSH)

    @staticmethod
    def _push(client: Redis, entries: list[bytes]) -> bool:
        with suppress(RedisError, OSError):
            client.rpush(channels.ORDER_QUEUE, *entries)
            return True
        return False


def wait_until_drained(client: Redis, load: Load) -> None:
    def is_drained() -> bool:
        with suppress(RedisError, OSError):
            return load.done == 1 and client.llen(channels.ORDER_QUEUE) == 0
        return False

    wait_until(is_drained, "everything is matched", DEADLINE_SECONDS)


async def watch(seen: list[int], reader: FeedReader) -> None:
    async for message in reader:
        if message["type"] == "trade":
            seen.append(message["data"]["trade_id"])


def test_readers_end_equal_to_the_journal_whatever_is_killed(tmp_path: Path) -> None:
    asyncio.run(kill_everything(tmp_path))


async def kill_everything(folder: Path) -> None:
    port = find_free_port()
    redis = run_redis(folder, *DURABLE, port=port)
    url = redis.__enter__()
    client = open_redis(url)
    load = Load(url)
    with RestartedMarketData(url) as feed:
        readers = [FeedReader(feed.url, [BTC]) for _ in range(3)]
        seen: list[list[int]] = [[] for _ in readers]
        watching = [
            asyncio.create_task(watch(ids, reader))
            for ids, reader in zip(seen, readers, strict=True)
        ]
        with run_engine_process(url, folder / "first", **UNLIMITED) as first:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await until(
                    lambda: all(BTC in reader.last_trade_ids for reader in readers),
                    DEADLINE_SECONDS,
                )
                load.start()
                await until(lambda: load.done > 0.2, DEADLINE_SECONDS)
                feed.kill()
                await until(lambda: load.done > 0.3, DEADLINE_SECONDS)
                feed.start()
                await until(lambda: load.done > 0.5, DEADLINE_SECONDS)
                redis.__exit__(None, None, None)
                redis = run_redis(folder, *DURABLE, port=port)
                await asyncio.to_thread(redis.__enter__)
                await until(lambda: load.done > 0.8, DEADLINE_SECONDS)
                first.kill()
            with run_engine_process(url, folder / "second", **UNLIMITED):
                await asyncio.to_thread(wait_until_drained, client, load)
                journal = Journal(client)
                async with asyncio.timeout(DEADLINE_SECONDS):
                    await until(
                        lambda: all(has_all(reader, journal) for reader in readers),
                        DEADLINE_SECONDS,
                    )
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    assert len(journal.trade_ids) > 500
    for ids, reader in zip(seen, readers, strict=True):
        assert ids == journal.trade_ids
        assert dict(reader.books[BTC].bids()) == journal.bids
        assert dict(reader.books[BTC].asks()) == journal.asks
        assert reader.counts["missing_trades"] == reader.counts["repeated_trades"] == 0
        assert reader.counts["out_of_step"] == 0
        assert reader.counts["connections"] >= 2
    client.close()
    redis.__exit__(None, None, None)


def has_all(reader: FeedReader, journal: Journal) -> bool:
    has_trades = reader.last_trade_ids[BTC] == journal.trade_ids[-1]
    return has_trades and reader.books[BTC].last_update_id == journal.update_id
