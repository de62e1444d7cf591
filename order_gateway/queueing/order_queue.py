"""The producer of `order_queue`.

One push is in flight at a time. All entries of one turn of the event loop, and those that come
while a push is in flight, go to Redis in one RPUSH, in the order of their arrival.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, NamedTuple, cast

import hiredis
from redis.asyncio import Connection
from redis.exceptions import BusyLoadingError, OutOfMemoryError, RedisError, ResponseError

from order_gateway.queueing.redis_client import make_connection, open_connection, read_response
from protocol.channels import ORDER_QUEUE

# hiredis's type stub allows commands of one word only
_pack_command: Callable[[tuple[str | bytes, ...]], bytes] = cast("Any", hiredis.pack_command)

logger = logging.getLogger(__name__)

MAX_WAITING = 20_000
"""Entries that wait for their push; one more is not taken (`PushState.BUFFER_FULL`)."""
MAX_BATCH = 1024
"""Entries after which an RPUSH takes no more requests; those of one request stay together."""
PUSH_SECONDS = 5.0


class PushState(Enum):
    """What became of an entry."""

    CONFIRMED = auto()
    """In the list."""
    REFUSED = auto()
    """Redis refused it: it is not in the list."""
    NOT_SENT = auto()
    """Redis could not be reached: it is not in the list."""
    BUFFER_FULL = auto()
    """Too many entries wait here: it is not in the list."""
    UNKNOWN = auto()
    """It was sent and the answer was lost: it may be in the list or not."""


class Push(NamedTuple):
    """Outcome of one push; `depth` is the length of the list after a confirmed one."""

    state: PushState
    depth: int | None = None
    detail: str = ""


_PendingPush = tuple[tuple[bytes, ...], asyncio.Future[Push]]


class OrderQueue:
    """Pushes entries, in batches.

    `observe_push` is called after each confirmed push with its number of entries, the length of
    the list after it, and the seconds it took; `on_connect` is called after each new connection.
    """

    def __init__(
        self,
        redis_url: str,
        observe_push: Callable[[int, int, float], None],
        on_connect: Callable[[], None] = lambda: None,
        push_seconds: float = PUSH_SECONDS,
    ) -> None:
        self._url = redis_url
        self._observe_push = observe_push
        self._on_connect = on_connect
        self._push_seconds = push_seconds
        self._connection: Connection | None = None
        self._waiting: list[_PendingPush] = []
        self._waiting_entries = 0
        self._last: asyncio.Future[Push] | None = None
        self._has_waiting = asyncio.Event()
        self._pusher: asyncio.Task[None] | None = None
        self._is_reachable = True

    def start(self) -> None:
        """Begin to push; the first entry opens the connection."""
        self._pusher = asyncio.create_task(self._push_waiting())

    async def push(self, *entries: bytes) -> Push:
        """Push `entries` together; return the outcome once Redis has answered or has failed to."""
        if self._waiting_entries + len(entries) > MAX_WAITING:
            return Push(PushState.BUFFER_FULL)
        outcome: asyncio.Future[Push] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, outcome))
        self._last = outcome
        self._waiting_entries += len(entries)
        self._has_waiting.set()
        return await outcome

    async def wait_until_settled(self) -> None:
        """Wait until the outcome of all entries that are here now is known."""
        if self._last is not None and not self._last.done():
            await asyncio.wait([self._last])

    async def aclose(self) -> None:
        """Stop; entries that still wait are not sent."""
        if self._pusher is not None:
            self._pusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pusher
        _settle(self._waiting, Push(PushState.NOT_SENT))
        await self._disconnect()

    async def _push_waiting(self) -> None:
        while True:
            await self._has_waiting.wait()
            batch = self._take_batch()
            if not self._waiting:
                self._has_waiting.clear()
            await self._push_and_settle(batch)

    def _take_batch(self) -> list[_PendingPush]:
        """Take the oldest entries, up to a full push; those of one request stay together."""
        size = count = 0
        for entries, _ in self._waiting:
            size += len(entries)
            count += 1
            if size >= MAX_BATCH:
                break
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._waiting_entries -= size
        return batch

    async def _push_and_settle(self, batch: list[_PendingPush]) -> None:
        push = Push(PushState.UNKNOWN)
        try:
            push = await self._push_batch([entry for entries, _ in batch for entry in entries])
        except Exception:
            logger.exception("a push of %d failed", len(batch))
            await self._disconnect()
        finally:
            _settle(batch, push)

    async def _push_batch(self, entries: list[bytes]) -> Push:
        try:
            connection = await self._connect()
        except (RedisError, OSError) as error:
            await self._disconnect()
            self._report_reachable(is_reachable=False, detail=repr(error))
            return Push(PushState.NOT_SENT)
        self._report_reachable(is_reachable=True)
        return await self._exchange(connection, entries)

    async def _exchange(self, connection: Connection, entries: list[bytes]) -> Push:
        command = _pack_command(("RPUSH", ORDER_QUEUE, *entries))
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._push_seconds):
                await connection.send_packed_command(command)
                depth = await read_response(connection)
        except (ResponseError, BusyLoadingError) as error:
            logger.warning("Redis refused a push of %d: %s", len(entries), error)
            return Push(PushState.REFUSED, detail=_describe_refusal(error))
        except (RedisError, OSError) as error:
            logger.warning("the answer to a push of %d was lost: %r", len(entries), error)
            await self._disconnect()
            return Push(PushState.UNKNOWN)
        self._observe_push(len(entries), depth, time.perf_counter() - started)
        return Push(PushState.CONFIRMED, depth)

    async def _connect(self) -> Connection:
        """Return the open connection, or a new one if the old one has ended in the meantime."""
        if self._connection is not None:
            # nothing was sent, so what there is to read can only be its end
            if self._connection.is_connected and not await self._connection.can_read():
                return self._connection
            await self._disconnect()
        self._connection = make_connection(self._url)
        await open_connection(self._connection)
        self._on_connect()
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    def _report_reachable(self, *, is_reachable: bool, detail: str = "") -> None:
        if is_reachable and not self._is_reachable:
            logger.info("Redis is back")
        if not is_reachable and self._is_reachable:
            logger.error("Redis cannot be reached, orders are refused: %s", detail)
        self._is_reachable = is_reachable


def _settle(batch: list[_PendingPush], push: Push) -> None:
    for _, outcome in batch:
        if not outcome.done():
            outcome.set_result(push)


def _describe_refusal(error: Exception) -> str:
    if isinstance(error, OutOfMemoryError):
        return "the order queue's memory is full"
    if isinstance(error, BusyLoadingError):
        return "the order queue is still loading"
    return "the order queue refused the entry"
