"""The connections of one worker, and the tasks behind them."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from archive.presence import Presence
from order_gateway.account.report_feed import ReportFeed
from order_gateway.admission.order_log import OrderLog
from order_gateway.metrics import Metrics
from order_gateway.queueing.gateway import Gateway
from order_gateway.queueing.id_key import IdKey
from order_gateway.queueing.idempotency import IdempotencyKeys
from order_gateway.queueing.order_queue import OrderQueue
from order_gateway.queueing.overload import OverloadGate
from order_gateway.queueing.redis_client import make_client
from order_gateway.queueing.replies import Replies
from order_gateway.routes.health import HealthCheck
from protocol.instrument import Instrument
from protocol.settings import Settings


class Connections:
    """Connect when `live` is entered, and again after each loss."""

    def __init__(
        self,
        settings: Settings,
        push_seconds: float,
        presence: Presence,
        write_orders: Callable[[bytes], object],
    ) -> None:
        redis_url = settings.effective_redis_url
        self.worker = secrets.token_hex(8)
        self.metrics = Metrics()
        self.order_log = OrderLog(settings.log_format, write_orders)
        self.client = make_client(redis_url)
        self.health = HealthCheck(self.client, settings.max_queue_length, presence)
        self.feed = ReportFeed(redis_url, self.client)
        self._id_key = IdKey(self.client)
        self._gate = OverloadGate(settings.max_queue_length, self.health.read_queue_length)
        read_depth = self.health.read_queue_length
        self._queue = OrderQueue(
            redis_url, self._observe_push, read_depth, self._id_key.forget, push_seconds
        )
        self._replies = Replies(redis_url, self.worker)

    def make_gateway(self, instruments: Mapping[str, Instrument], reply_seconds: float) -> Gateway:
        """Make the gateway whose commands use these connections."""
        return Gateway(
            instruments,
            self._queue,
            self._replies,
            self._gate,
            self._id_key,
            IdempotencyKeys(self.client),
            self.metrics,
            reply_seconds,
        )

    @asynccontextmanager
    async def live(self, _app: object) -> AsyncIterator[None]:
        """Run the connections while the context lasts."""
        async with AsyncExitStack() as stack:
            stack.callback(self.order_log.flush)
            for each in (self.client, self.feed, self._gate, self._replies, self._queue):
                stack.push_async_callback(each.aclose)
            self._replies.start()
            self._queue.start()
            await self._replies.wait_until_tried()
            yield

    def _observe_push(self, entries: int, depth: int, seconds: float) -> None:
        self._gate.observe(depth)
        self.metrics.count_push(entries, depth, seconds)
