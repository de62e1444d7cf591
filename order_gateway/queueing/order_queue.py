"""The producer of a shard's list.

One push is in flight at a time. All entries of one turn of the event loop, and those that come
while a push is in flight, go to Redis in one RPUSH: those of an account in the order of their
arrival, and if several accounts wait, in rounds over them.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import hiredis
from redis.asyncio import Connection
from redis.exceptions import BusyLoadingError, OutOfMemoryError, RedisError, ResponseError

from cluster.replication import Replication
from order_gateway.queueing.list_shares import ListShares
from order_gateway.queueing.redis_client import make_connection, open_connection, read_response
from order_gateway.queueing.waiting_pushes import (
    PLACE,
    Part,
    PendingPush,
    Push,
    PushState,
    WaitingPushes,
)
from protocol.shards import FIRST, ShardNames

_PLACED = Push(PushState.CONFIRMED)
# hiredis's type stub allows commands of one word only
_pack_command: Callable[[tuple[str | bytes, ...]], bytes] = cast("Any", hiredis.pack_command)

logger = logging.getLogger(__name__)

MAX_BATCH = 1024
"""Entries after which an RPUSH takes no more."""
PUSH_SECONDS = 5.0
HELD_SECONDS = 0.001
"""Between two looks at the list while all that waits is more than the shares of its accounts."""


class OrderQueue:
    """Pushes entries, in batches.

    `observe_push` is called after each confirmed push with its number of entries, the length of
    the list after it, and the seconds it took; `on_connect` is called after each new connection.
    `read_depth` returns the length of the list, None if it is unknown.
    """

    def __init__(
        self,
        redis_url: str,
        observe_push: Callable[[int, int, float], None],
        read_depth: Callable[[], Awaitable[int | None]],
        on_connect: Callable[[], None] = lambda: None,
        push_seconds: float = PUSH_SECONDS,
        names: ShardNames = FIRST,
    ) -> None:
        self._url = redis_url
        self._names = names
        self._name = names.order_queue
        self._replication = Replication(names.order_queue) if names.is_clustered else None
        self._observe_push = observe_push
        self._read_depth = read_depth
        self._on_connect = on_connect
        self._push_seconds = push_seconds
        self._connection: Connection | None = None
        self._shares = ListShares()
        self._waiting = WaitingPushes(self._shares)
        self._under_way: Sequence[Part] = ()
        self._has_waiting = asyncio.Event()
        self._pusher: asyncio.Task[None] | None = None
        self._is_reachable = True

    def start(self) -> None:
        """Begin to push; the first entry opens the connection."""
        self._pusher = asyncio.create_task(self._push_waiting())

    def has_room(self, account: str, count: int) -> bool:
        """Whether `count` more entries of `account` may wait here."""
        return self._waiting.has_room(account, count)

    async def push(self, account: str, *entries: bytes) -> list[Push]:
        """Push `entries`; return the outcome of each once Redis has answered or has failed to.

        While others trade, many entries are pushed in parts; if one is not confirmed, the parts
        behind it are not pushed.
        """
        outcome: asyncio.Future[list[Push]] = asyncio.get_running_loop().create_future()
        if not self._waiting.add(PendingPush(account, entries, outcome)):
            return [Push(PushState.BUFFER_FULL)] * len(entries)
        self._has_waiting.set()
        return await outcome

    async def wait_for_place(self, account: str) -> Push:
        """Wait until an entry of `account` may be pushed by other means; it is counted here."""
        [push] = await self.push(account, *PLACE)
        return push

    def note_depth(self, depth: int) -> None:
        """Note the list's length after a push by other means."""
        self._shares.note_depth(depth)

    async def wait_until_settled(self, account: str) -> None:
        """Wait until the outcome of all entries of `account` that are here now is known."""
        last = self._waiting.find_last(account)
        if last is None:
            under_way = (part.request for part in self._under_way)
            last = next((each for each in under_way if each.account == account), None)
        if last is not None and not last.outcome.done():
            await asyncio.wait([last.outcome])

    async def aclose(self) -> None:
        """Stop; entries that still wait are not sent."""
        if self._pusher is not None:
            self._pusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pusher
        self._settle(self._waiting.take_all(), Push(PushState.NOT_SENT))
        await self._disconnect()

    async def _push_waiting(self) -> None:
        while True:
            await self._has_waiting.wait()
            self._under_way = batch = self._waiting.take(MAX_BATCH)
            if not self._waiting:
                self._has_waiting.clear()
            if batch:
                await self._push_and_settle(batch)
            else:
                await self._look_at_list()

    async def _look_at_list(self) -> None:
        """See what the engine has taken in the meantime: all who wait have their shares in it."""
        await asyncio.sleep(HELD_SECONDS)
        self._shares.note_depth(await self._read_depth() or 0)

    async def _push_and_settle(self, batch: list[Part]) -> None:
        entries = [entry for part in batch for entry in part.entries if entry]
        push = Push(PushState.UNKNOWN if entries else PushState.CONFIRMED)
        try:
            if entries:
                push = await self._push_batch(entries)
        except Exception:
            logger.exception("a push of %d failed", len(batch))
            await self._disconnect()
        finally:
            self._settle(batch, push)

    def _settle(self, batch: list[Part], push: Push) -> None:
        for request, entries in batch:
            request.settle(len(entries), _PLACED if entries == PLACE else push)
        if push.state is not PushState.CONFIRMED:
            for request in {part.request for part in batch}:
                request.settle(self._waiting.withdraw(request), _make_void(push))

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
        command = _pack_command(("RPUSH", self._name, *entries))
        if self._replication is not None:
            command += _pack_questions(self._replication)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._push_seconds):
                await connection.send_packed_command(command)
                depth = await read_response(connection)
                if self._replication is not None:
                    await _wait_until_kept(connection, self._replication)
        except (ResponseError, BusyLoadingError) as error:
            logger.warning("Redis refused a push of %d: %s", len(entries), error)
            if (
                self._replication is not None
            ):  # their answers are still to come, and another node may be right
                await self._disconnect()
            return Push(PushState.REFUSED, detail=_describe_refusal(error))
        except (RedisError, OSError) as error:
            logger.warning("the answer to a push of %d was lost: %r", len(entries), error)
            await self._disconnect()
            return Push(PushState.UNKNOWN)
        self._shares.note_depth(depth)
        self._observe_push(len(entries), depth, time.perf_counter() - started)
        return Push(PushState.CONFIRMED, depth)

    async def _connect(self) -> Connection:
        """Return the open connection, or a new one if the old one has ended in the meantime."""
        if self._connection is not None:
            # nothing was sent, so what there is to read can only be its end
            if self._connection.is_connected and not await self._connection.can_read():
                return self._connection
            await self._disconnect()
        self._connection = make_connection(self._url, self._names)
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


def _pack_questions(replication: Replication) -> bytes:
    return b"".join(_pack_command(tuple(map(str, each))) for each in replication.questions)


async def _wait_until_kept(connection: Connection, replication: Replication) -> None:
    """Read the answers to the questions behind a push, and ask again until the replicas have it."""
    while not replication.is_kept(await _read_answers(connection, replication)):
        await connection.send_packed_command(_pack_questions(replication))


async def _read_answers(connection: Connection, replication: Replication) -> list[object]:
    answers: list[object] = []
    for _ in replication.questions:
        try:
            answers.append(await read_response(connection))
        except ResponseError as error:
            answers.append(error)
    return answers


def _make_void(push: Push) -> Push:
    """Return the outcome of what was to come behind a push that was not confirmed."""
    return Push(PushState.NOT_SENT) if push.state is PushState.UNKNOWN else push


def _describe_refusal(error: Exception) -> str:
    if isinstance(error, OutOfMemoryError):
        return "the order queue's memory is full"
    if isinstance(error, BusyLoadingError):
        return "the order queue is still loading"
    return "the order queue refused the entry"
