"""Put the parts of the service together and run them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from redis import RedisError

from archive.presence import Presence
from market_data.fanout.announcer import Announcer
from market_data.fanout.hub import Hub
from market_data.fanout.hub_stats import HubStats
from market_data.fanout.price_announcer import PriceAnnouncer
from market_data.fanout.state_renderer import StateRenderer
from market_data.following.engine_redis import EngineRedis
from market_data.following.feed import SECONDS_BETWEEN_CHECKS, Feed
from market_data.following.feed_stats import FeedStats
from market_data.history.async_archive import AsyncArchive
from market_data.history.candle_loader import CandleLoader
from market_data.market.feed_status import FeedStatus
from market_data.market.whole_market import MarketParts
from market_data.sessions.resume import Resume
from market_data.sessions.session import ConnectionLimits, SessionHost
from protocol.figures import EngineFigures, sum_figures
from protocol.instrument import Instrument
from protocol.timestamps import format_timestamp

SECONDS_BETWEEN_HEARTBEATS = 1.0
SECONDS_BETWEEN_PRICES = 0.1


class Service:
    """The market, a feed for each shard that fills it, and the hub that tells clients of it.

    It can be made before the event loop runs. `archive`: None if there is none.
    """

    def __init__(
        self,
        redis: EngineRedis,
        instruments: Mapping[str, Instrument],
        archive: AsyncArchive | None = None,
        limits: ConnectionLimits = ConnectionLimits(),  # noqa: B008 - it cannot change
        seconds_between_checks: float = SECONDS_BETWEEN_CHECKS,
    ) -> None:
        self.archive = archive
        shards, markets, statuses = parts = MarketParts.of(instruments)
        self._redis = [redis.of_shard(shard) for shard in shards]
        self.market, self.status = parts.join()
        renderer = StateRenderer(self.market, self.status)
        self.hub = Hub(_call_soon, renderer.render, HubStats(), limits.held_bytes)
        self._prices = PriceAnnouncer(self.market, self.hub, renderer.prices)
        self._announcers = [
            Announcer(market, self.hub, renderer, self._prices) for market in markets
        ]
        self.feed_stats = FeedStats()
        self._feeds = [
            Feed(*each, seconds_between_checks, self.feed_stats)
            for each in zip(self._redis, markets, self._announcers, statuses, strict=True)
        ]
        resume = Resume(self.hub, renderer, self.market, archive)
        self.session_host = SessionHost(self.hub, renderer, self.market, resume, limits)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Follow the engine as long as the context lasts."""
        work = [*(feed.run() for feed in self._feeds), self._beat(), self._announce_prices()]
        if self.archive is not None:
            work.append(CandleLoader(self.market, self.archive).run())
        tasks = [asyncio.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            for redis in self._redis:
                await redis.close()
            if self.archive is not None:
                self.archive.close()

    def describe_health(self) -> dict[str, object]:
        """Return the body of `/health`."""
        status = self.status
        return {
            "status": "ok" if status.is_in_sync else "unavailable",
            "service": "market_data",
            "redis": "connected" if status.is_connected else "disconnected",
            "in_sync": status.is_in_sync,
            "sequence": status.sequence,
            "engine_sequence": status.engine_sequence,
            "behind": status.behind,
            "lag_seconds": round(status.lag_seconds, 3),
            "exchange_id": self.market.exchange_id,
            "timestamp": format_timestamp(self.market.now),
        } | self._describe_shards()

    def _describe_shards(self) -> dict[str, object]:
        """Return what `/health` has beside that if there are several shards."""
        if isinstance(self.status, FeedStatus):
            return {}
        shards = [
            {
                "shard": shard,
                "in_sync": status.is_in_sync,
                "sequence": status.sequence,
                "engine_sequence": status.engine_sequence,
                "behind": status.behind,
            }
            for shard, status in self.status.parts.items()
        ]
        return {"shards": shards}

    async def describe_readiness(self) -> dict[str, object]:
        """Return the body of `/readyz`."""
        is_ready = self.status.is_in_sync
        degraded = await (self.archive.presence if self.archive else Presence(None)).find_trouble()
        return {
            "status": "ready" if is_ready else "not_ready",
            "reasons": [] if is_ready else ["the feed is not in step with the engine"],
            "degraded": [degraded] if degraded else [],
        }

    def describe_stats(self) -> dict[str, object]:
        """Return the body of `/stats`."""
        return {
            "clients": self.hub.clients,
            **vars(self.hub.stats),
            "feed": vars(self.feed_stats),
        }

    async def read_engine_figures(self) -> EngineFigures | None:
        """Return what the engines have measured, in all; None if Redis does not tell."""
        try:
            return sum_figures([await redis.read_figures() for redis in self._redis])
        except (RedisError, OSError, ValueError):
            return None

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_HEARTBEATS)
            self._announcers[0].announce_heartbeat()

    async def _announce_prices(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_PRICES)
            self._prices.announce()


def _call_soon(flush: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(flush)
