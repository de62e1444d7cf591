"""The connections of one worker, and the tasks behind them."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from archive.presence import Presence
from archive.queries import Archive
from binance_gateway.account.commands import Commands
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
from edge.rare_log import RareLog
from market_data.following.engine_redis import EngineRedis
from market_data.following.feed import Feed
from market_data.history.async_archive import AsyncArchive
from market_data.history.candle_loader import CandleLoader
from market_data.market.feed_status import FeedStatus
from market_data.market.market import Market
from order_gateway.account.history import History
from order_gateway.account.report_feed import ReportFeed
from order_gateway.queueing.halts import Halts
from order_gateway.queueing.order_queue import OrderQueue
from order_gateway.queueing.overload import OverloadGate
from order_gateway.queueing.redis_client import make_client
from order_gateway.queueing.replies import Replies
from order_gateway.queueing.sender import Sender
from protocol.instrument import Instrument
from protocol.settings import Settings

logger = logging.getLogger(__name__)


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
        self.client = make_client(url)
        self.market = Market(instruments)
        self.status = FeedStatus(self.market)
        self.archive = AsyncArchive(archive) if archive else None
        self.board = Board(self.market, symbols)
        self.readers = Readers(self.board, settings.market_data_max_held_bytes)
        self.listen_keys = ListenKeys(self.client, signers)
        self.halts = Halts(self.client)
        self.limits = Limits(settings, RareLog(logger))
        self.health = HealthCheck(self.client, self.status, Presence(archive))
        self.reports = ReportFeed(url, self.client)
        self.questions = Questions(History(archive, self.client))
        self.user_streams = UserStreams(
            self.reports, symbols, self.questions, self.market.clock.now, signers
        )
        read_length = self.health.read_queue_length
        self.gate = OverloadGate(settings.max_queue_length, read_length)
        self.queue = OrderQueue(url, self._observe_push, read_length)
        self.replies = Replies(url, self.worker)
        self._engine = EngineRedis(url)
        self._feed = Feed(self._engine, self.market, self.readers.announcer, self.status)
        self._exchange = Exchange(self.client, self.limits.all)

    def make_commands(self) -> Commands:
        """Return the way to the engine over these connections."""
        return Commands(Sender(self.queue, self.replies), self.gate, self.market.clock)

    @asynccontextmanager
    async def live(self, _app: object) -> AsyncIterator[None]:
        """Run the connections while the context lasts."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._engine.close)
            for connected in (self.client, self.reports, self.gate, self.replies, self.queue):
                stack.push_async_callback(connected.aclose)
            self.replies.start()
            work = [self._feed.run(), self._exchange.run(), self.readers.run()]
            if self.archive is not None:
                work.append(CandleLoader(self.market, self.archive).run())
            for each in work:
                stack.push_async_callback(_stop, _start(each))
            await self.replies.wait_until_tried()
            yield

    def _observe_push(self, _entries: int, depth: int, seconds: float) -> None:
        self.gate.observe(depth)
        self.metrics.count_push(seconds)


def _start(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.create_task(work)


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
