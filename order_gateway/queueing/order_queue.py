"""The producer of a shard's list.

One push is in flight at a time. All entries of one turn of the event loop, and those that come
while a push is in flight, go to Redis in one RPUSH: those of an account in the order of their
arrival, and if several accounts wait, in rounds over them.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import Context

from redis.exceptions import BusyLoadingError, OutOfMemoryError, RedisError, ResponseError

from cluster.replication import Replication
from order_gateway.queueing.list_shares import ListShares
from order_gateway.queueing.redis_pipe import RedisPipe
from order_gateway.queueing.waiting_pushes import (
    PLACE,
    Part,
    PendingPush,
    Push,
    PushState,
    Settled,
    WaitingPushes,
)
from protocol.shards import FIRST, ShardNames

_PLACED = Push(PushState.CONFIRMED)

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
        self._pipe: RedisPipe | None = None
        self._shares = ListShares()
        self._waiting = WaitingPushes(self._shares)
        self._under_way: Sequence[Part] = ()
        self._sent_at = 0.0
        self._depth: int | None = None
        """The list's length after the push under way, while its replicas are asked."""
        self._answers: list[object] = []
        self._watch: asyncio.TimerHandle | None = None
        self._is_busy = False
        """Whether a push is under way or will be without being asked for."""
        self._task: asyncio.Task[None] | None = None
        """What a push has to wait for: a connection, or a look at the list."""
        self._is_reachable = True

    def has_room(self, account: str, count: int) -> bool:
        """Whether `count` more entries of `account` may wait here."""
        return self._waiting.has_room(account, count)

    def add(self, account: str, entries: Sequence[bytes], settled: Settled) -> None:
        """Push `entries`; call `settled` once, with the outcome of each, when Redis has answered.

        While others trade, many entries are pushed in parts; if one is not confirmed, the parts
        behind it are not pushed. Without room, `settled` is called at once.
        """
        if not self._waiting.add(PendingPush(account, entries, settled)):
            settled([Push(PushState.BUFFER_FULL)] * len(entries))
        elif not self._is_busy:
            self._is_busy = True
            # in the turn after the next: by then an end of the connection has been noticed
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._push_next)

    async def push(self, account: str, *entries: bytes) -> list[Push]:
        """Push `entries`, as `add` does; return the outcome of each."""
        outcome = _Outcome()
        self.add(account, entries, outcome.note)
        return await outcome.pushes

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
        if last is not None:
            outcome = _Outcome()
            last.listen(outcome.note)
            await outcome.pushes

    async def aclose(self) -> None:
        """Stop; entries that still wait are not sent."""
        self._is_busy = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._watch is not None:
            self._watch.cancel()
        self._settle(Push(PushState.UNKNOWN))
        self._under_way = self._waiting.take_all()
        self._settle(Push(PushState.NOT_SENT))
        self._disconnect()

    def _push_next(self) -> None:
        """Push what waits, if no push is under way."""
        if not self._waiting:
            self._is_busy = False
            return
        self._under_way = batch = self._waiting.take(MAX_BATCH)
        entries = [entry for part in batch for entry in part.entries if entry]
        if entries and self._pipe is not None:
            self._send(self._pipe, entries)
        elif entries:
            self._begin(self._connect_and_send(entries))
        elif batch:
            self._conclude(_PLACED)
        else:
            self._begin(self._look_at_list())

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        # in a context of its own, not in that of the request which happened to begin it
        self._task = asyncio.create_task(work, context=Context())

    async def _look_at_list(self) -> None:
        """See what the engine has taken in the meantime: all who wait have their shares in it."""
        await asyncio.sleep(HELD_SECONDS)
        self._shares.note_depth(await self._read_depth() or 0)
        self._push_next()

    async def _connect_and_send(self, entries: list[bytes]) -> None:
        try:
            pipe = self._pipe = await RedisPipe.open(
                self._url, self._names, self._take_response, self._lose
            )
        except (RedisError, OSError) as error:
            self._report_reachable(is_reachable=False, detail=repr(error))
            self._conclude(Push(PushState.NOT_SENT))
        except Exception:
            logger.exception("the connection to Redis failed")
            self._conclude(Push(PushState.NOT_SENT))
        else:
            self._report_reachable(is_reachable=True)
            self._on_connect()
            self._send(pipe, entries)

    def _send(self, pipe: RedisPipe, entries: list[bytes]) -> None:
        self._sent_at = time.perf_counter()
        self._depth = None
        pipe.send("RPUSH", self._name, *entries)
        self._ask_replicas(pipe)
        if self._watch is None:
            self._watch_for(self._push_seconds)

    def _watch_for(self, seconds: float) -> None:
        self._watch = asyncio.get_running_loop().call_later(seconds, self._look_at_clock)

    def _look_at_clock(self) -> None:
        """Give up what has had no answer in time; a timer for each push would cost each order."""
        self._watch = None
        if self._under_way and self._pipe is not None:
            left = self._sent_at + self._push_seconds - time.perf_counter()
            if left > 0:
                self._watch_for(left)
            else:
                self._lose(TimeoutError(f"no answer within {self._push_seconds:g} seconds"))

    def _ask_replicas(self, pipe: RedisPipe) -> None:
        """Ask behind a push, if the list is on a cluster, whether it is kept."""
        self._answers = []
        for question in self._replication.questions if self._replication else ():
            pipe.send(*map(str, question))

    def _take_response(self, response: object) -> None:
        if not self._under_way:
            self._lose(ValueError("Redis answered what it was not asked"))
        elif self._depth is not None:
            self._take_answer(response, self._depth)
        elif isinstance(response, int):
            if self._replication is None:
                self._note_push(response)
            else:
                self._depth = response
        elif isinstance(response, ResponseError | BusyLoadingError):
            logger.warning("Redis refused a push: %s", response)
            if self._replication is not None:
                self._disconnect()  # its answers are still to come; another node may be right
            self._conclude(Push(PushState.REFUSED, detail=_describe_refusal(response)))
        else:
            self._lose(response if isinstance(response, Exception) else ValueError(response))

    def _take_answer(self, answer: object, depth: int) -> None:
        """Take what was asked of the replicas, and ask again until they have the push."""
        assert self._replication is not None
        assert self._pipe is not None
        if isinstance(answer, Exception) and not isinstance(answer, ResponseError):
            self._lose(answer)
            return
        self._answers.append(answer)
        if len(self._answers) < len(self._replication.questions):
            return
        if self._replication.is_kept(self._answers):
            self._note_push(depth)
        else:
            self._ask_replicas(self._pipe)

    def _note_push(self, depth: int) -> None:
        count = sum(len(part.entries) for part in self._under_way if part.entries != PLACE)
        self._shares.note_depth(depth)
        self._observe_push(count, depth, time.perf_counter() - self._sent_at)
        self._conclude(Push(PushState.CONFIRMED, depth))

    def _lose(self, error: Exception | None) -> None:
        """Go on without the connection; what was under way on it may be in the list or not."""
        self._disconnect()
        if self._under_way:
            logger.warning("the answer to a push was lost: %r", error)
            self._conclude(Push(PushState.UNKNOWN))

    def _conclude(self, push: Push) -> None:
        """Settle what was under way, and go on with what waits."""
        self._settle(push)
        self._push_next()

    def _settle(self, push: Push) -> None:
        batch, self._under_way = self._under_way, ()
        for request, entries in batch:
            _tell(request, len(entries), _PLACED if entries == PLACE else push)
        if push.state is not PushState.CONFIRMED:
            for request in {part.request for part in batch}:
                _tell(request, self._waiting.withdraw(request), _make_void(push))

    def _disconnect(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.abort()

    def _report_reachable(self, *, is_reachable: bool, detail: str = "") -> None:
        if is_reachable and not self._is_reachable:
            logger.info("Redis is back")
        if not is_reachable and self._is_reachable:
            logger.error("Redis cannot be reached, orders are refused: %s", detail)
        self._is_reachable = is_reachable


class _Outcome:
    """The outcome of a push, for a task that waits for it."""

    def __init__(self) -> None:
        self.pushes: asyncio.Future[list[Push]] = asyncio.get_running_loop().create_future()

    def note(self, pushes: list[Push]) -> None:
        """Let the task go on, if it has not been canceled."""
        if not self.pushes.done():
            self.pushes.set_result(pushes)


def _tell(request: PendingPush, count: int, push: Push) -> None:
    """Settle a part of a request; a fault of who is told is none of the others."""
    try:
        request.settle(count, push)
    except Exception:
        logger.exception("the outcome of a push could not be told")


def _make_void(push: Push) -> Push:
    """Return the outcome of what was to come behind a push that was not confirmed."""
    return Push(PushState.NOT_SENT) if push.state is PushState.UNKNOWN else push


def _describe_refusal(error: Exception) -> str:
    if isinstance(error, OutOfMemoryError):
        return "the order queue's memory is full"
    if isinstance(error, BusyLoadingError):
        return "the order queue is still loading"
    return "the order queue refused the entry"
