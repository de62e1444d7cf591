"""The connections of one worker, and the tasks behind them."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple

from archive.presence import Presence
from order_gateway.account.report_feed import ReportFeed
from order_gateway.admission.order_log import OrderLog
from order_gateway.metrics import Metrics
from order_gateway.queueing.followed_clock import FollowedClock
from order_gateway.queueing.gateway import Gateway
from order_gateway.queueing.id_key import IdKey, ShardKey
from order_gateway.queueing.idempotency import IdempotencyKeys
from order_gateway.queueing.order_queue import OrderQueue
from order_gateway.queueing.overload import OverloadGate
from order_gateway.queueing.redis_client import ShardClients
from order_gateway.queueing.replies import Replies
from order_gateway.queueing.sharded_gateway import ShardedGateway
from order_gateway.queueing.transfer_ids import TransferIds
from order_gateway.queueing.whereabouts import ReadShards, Whereabouts
from order_gateway.routes.health import HealthCheck
from protocol.instrument import Instrument
from protocol.settings import Settings
from protocol.shards import FIRST, ShardNames


class _Lane(NamedTuple):
    """The way of entries to one shard."""

    names: ShardNames
    gate: OverloadGate
    id_key: IdKey
    queue: OrderQueue


class Connections:
    """Connect when `live` is entered, and again after each loss."""

    def __init__(
        self,
        settings: Settings,
        push_seconds: float,
        presence: Presence,
        write_orders: Callable[[bytes], object],
        shards: Sequence[ShardNames] = (FIRST,),
    ) -> None:
        redis_url = settings.effective_redis_url
        self.worker = secrets.token_hex(8)
        self.metrics = Metrics()
        self.order_log = OrderLog(settings.log_format, write_orders)
        self._clients = ShardClients(redis_url)
        self.client = self._clients.first
        self.find_client = self._clients.of
        self.clock = FollowedClock(self.client)
        self.health = HealthCheck(
            self.client,
            settings.max_queue_length,
            presence,
            self.clock.time,
            shards,
            self.find_client,
        )
        self.feeds = {
            names.shard: ReportFeed(redis_url, self.find_client(names), names, len(shards))
            for names in shards
        }
        self._id_key = IdKey(self.client, settings.seed, has_shards=len(shards) > 1)
        self._lanes = [self._make_lane(settings, names, push_seconds) for names in shards]
        self._replies = Replies(
            redis_url, self.worker, self._begin_anew, shards, self.clock.time.note_move
        )

    def _make_lane(self, settings: Settings, names: ShardNames, push_seconds: float) -> "_Lane":
        """Make the way of entries to one shard."""
        read_depth = partial(self.health.read_queue_length, names)
        gate = OverloadGate(settings.max_queue_length, read_depth)
        id_key = self._id_key if names.shard == 1 else ShardKey(self._id_key, names.shard)

        def observe_push(entries: int, depth: int, seconds: float) -> None:
            gate.observe(depth)
            self.metrics.count_push(entries, depth, seconds)

        queue = OrderQueue(
            settings.effective_redis_url, observe_push, read_depth, id_key.forget, push_seconds,
            names,
        )  # fmt: skip
        return _Lane(names, gate, id_key, queue)

    def make_gateway(
        self,
        instruments: Mapping[str, Instrument],
        reply_seconds: float,
        read_shards: ReadShards,
    ) -> Gateway | ShardedGateway:
        """Make the gateway whose commands use these connections.

        `read_shards` reads what an account has on each of several shards.
        """
        gateways = {
            lane.names.shard: Gateway(
                instruments,
                lane.queue,
                self._replies,
                lane.gate,
                lane.id_key,
                IdempotencyKeys(self.find_client(lane.names), lane.queue, lane.names),
                self.metrics,
                self.clock.time,
                reply_seconds,
            )
            for lane in self._lanes
        }
        if len(gateways) == 1:
            return gateways[1]
        whereabouts = Whereabouts(instruments, read_shards)
        transfer_ids = TransferIds(self.client)
        return ShardedGateway(instruments, gateways, self._id_key, transfer_ids, whereabouts)

    def _begin_anew(self) -> None:
        self.clock.time.forget()
        for lane in self._lanes:
            lane.id_key.forget()

    @asynccontextmanager
    async def live(self, _app: object) -> AsyncIterator[None]:
        """Run the connections while the context lasts."""
        async with AsyncExitStack() as stack:
            stack.callback(self.order_log.flush)
            for closing in (
                self._clients.aclose, *(feed.aclose for feed in self.feeds.values()),
                *(lane.gate.aclose for lane in self._lanes),
                self._replies.aclose, *(lane.queue.aclose for lane in self._lanes),
                self.clock.aclose,
            ):  # fmt: skip
                stack.push_async_callback(closing)
            self._replies.start()
            self.clock.start()
            await self._replies.wait_until_tried()
            yield
