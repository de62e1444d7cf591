"""The connections of one worker, and the tasks behind them."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

from archive.presence import Presence
from archive.queries import Archive
from binance_gateway.account.commands import AllCommands, Commands
from binance_gateway.account.listen_keys import ListenKeys
from binance_gateway.account.questions import Questions
from binance_gateway.account.user_stream import UserStreams
from binance_gateway.health import HealthCheck
from binance_gateway.limits.limits import Limits
from binance_gateway.limits.windows import Exchange
from binance_gateway.market.board import Board
from binance_gateway.metrics import Metrics
from binance_gateway.signing.keys import Signers
from binance_gateway.streams.readers import Readers
from binance_gateway.words.symbols import Symbols
from cluster.address import is_cluster
from edge.rare_log import RareLog
from market_data.following.engine_redis import EngineRedis
from market_data.following.feed import Feed
from market_data.history.async_archive import AsyncArchive
from market_data.history.candle_loader import CandleLoader
from market_data.market.whole_market import MarketParts
from order_gateway.account.history import History
from order_gateway.account.report_feed import ReportFeed
from order_gateway.queueing.halts import Halts
from order_gateway.queueing.order_queue import OrderQueue
from order_gateway.queueing.overload import OverloadGate
from order_gateway.queueing.redis_client import ShardClients
from order_gateway.queueing.replies import Replies
from order_gateway.queueing.sender import Sender
from protocol.instrument import Instrument
from protocol.settings import Settings
from protocol.shards import ShardNames, name_shard

logger = logging.getLogger(__name__)


class _Lane(NamedTuple):
    """The way of entries to one shard."""

    names: ShardNames
    gate: OverloadGate
    queue: OrderQueue


class Connections:
    """Connect when `live` is entered, and again after each loss."""

    def __init__(
        self,
        settings: Settings,
        instruments: dict[str, Instrument],
        symbols: Symbols,
        archive: Archive | None,
        signers: Signers,
    ) -> None:
        url = settings.effective_redis_url
        self.worker = secrets.token_hex(8)
        self.metrics = Metrics()
        self._clients = ShardClients(url)
        self.client, find_client = self._clients.first, self._clients.of
        parts = MarketParts.of(instruments)
        self.market, self.status = parts.join()
        shards = [name_shard(shard, is_clustered=is_cluster(url)) for shard in parts.shards]
        has_shards = len(shards) > 1
        self.archive = AsyncArchive(archive) if archive else None
        self.board = Board(self.market, symbols)
        self.readers = Readers(self.board, settings.market_data_max_held_bytes)
        self.listen_keys = ListenKeys(self.client, signers)
        self.halts = Halts(self.client, shards, find_client)
        self.limits = Limits(settings, RareLog(logger))
        self.health = HealthCheck(shards, find_client, self.status, Presence(archive))
        self.reports = {
            names.shard: ReportFeed(url, find_client(names), names, len(shards)) for names in shards
        }
        history = History(archive, self.client, shards, find_client)
        self.questions = Questions(history, has_shards=has_shards)
        self.user_streams = UserStreams(
            self.reports, symbols, self.questions, self.market.clock.now, signers
        )
        self.replies = Replies(url, self.worker, shards=shards)
        self._lanes = [self._make_lane(settings, names) for names in shards]
        self._instruments = instruments
        self._engines = [EngineRedis(url, names) for names in shards]
        self._feeds = [
            Feed(engine, market, self.readers.make_announcer(), status)
            for engine, market, status in zip(
                self._engines, parts.markets, parts.statuses, strict=True
            )
        ]
        self._exchange = Exchange(self.client, self.limits.all)

    def _make_lane(self, settings: Settings, names: ShardNames) -> "_Lane":
        """Make the way of entries to one shard."""
        read_length = partial(self.health.read_queue_length, names)
        gate = OverloadGate(settings.max_queue_length, read_length)

        def observe_push(_entries: int, depth: int, seconds: float) -> None:
            gate.observe(depth)
            self.metrics.count_push(seconds)

        return _Lane(
            names,
            gate,
            OrderQueue(settings.effective_redis_url, observe_push, read_length, names=names),
        )

    def make_commands(self) -> AllCommands:
        """Return the ways to the engines over these connections."""
        by_shard = {
            names.shard: Commands(Sender(queue, self.replies), gate, self.market.clock)
            for names, gate, queue in self._lanes
        }
        return AllCommands(by_shard, self._instruments)

    @asynccontextmanager
    async def live(self, _app: object) -> AsyncIterator[None]:
        """Run the connections while the context lasts."""
        async with AsyncExitStack() as stack:
            for engine in self._engines:
                stack.push_async_callback(engine.close)
            for closing in (
                self._clients.aclose, *(feed.aclose for feed in self.reports.values()),
                *(lane.gate.aclose for lane in self._lanes),
                self.replies.aclose, *(lane.queue.aclose for lane in self._lanes),
            ):  # fmt: skip
                stack.push_async_callback(closing)
            self.replies.start()
            feeds = [feed.run() for feed in self._feeds]
            work = [*feeds, self._exchange.run(), self.readers.run()]
            if self.archive is not None:
                work.append(CandleLoader(self.market, self.archive).run())
            for each in work:
                stack.push_async_callback(_stop, _start(each))
            await self.replies.wait_until_tried()
            yield


def _start(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.create_task(work)


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
