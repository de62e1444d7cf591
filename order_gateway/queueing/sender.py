"""The way of entries to the engine and of its replies back."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import chain
from time import monotonic, perf_counter
from typing import NamedTuple

from order_gateway.errors import UNREACHABLE, Unavailable
from order_gateway.queueing.order_queue import OrderQueue
from order_gateway.queueing.replies import Replies
from order_gateway.queueing.waiting_pushes import Push, PushState
from order_gateway.queueing.way_times import WayTimes
from protocol.codec import encode
from protocol.commands import QueueEntry
from protocol.enums import Reason
from protocol.events import Reply

_MAY_BE_QUEUED = (PushState.CONFIRMED, PushState.UNKNOWN)
"""Looked up once: in Python 3.11 to read a member of an enum costs as much as a call."""
_FULL = "too many requests wait for the order queue; nothing was queued"


class Sent(NamedTuple):
    """What became of entries, the first of which are in the queue or may be.

    A reply is None if it was not waited for or did not come in time.
    """

    pushes: Sequence[Push]
    replies: Sequence[Reply | None]
    times: WayTimes

    @property
    def is_confirmed(self) -> bool:
        """Whether all of them are in the queue."""
        return self.pushes[-1].state is PushState.CONFIRMED


class Asked(NamedTuple):
    """What became of an entry that is in the queue or may be; `reply` is None if none came."""

    push: Push
    reply: Reply | None


class Sender:
    """Pushes entries of one account; what is waited for raises Unavailable if none was queued."""

    def __init__(self, queue: OrderQueue, replies: Replies) -> None:
        self._queue = queue
        self._replies = replies

    def check_room(self, account: str, count: int) -> None:
        """Raise Unavailable if so many entries of `account` could not wait for their push."""
        if not self._queue.has_room(account, count):
            raise explain_push(Push(PushState.BUFFER_FULL))

    def add(self, account: str, entry: QueueEntry, settled: Callable[[Push], None]) -> None:
        """Push an entry that wants no reply; `settled` is told what became of it."""
        self._queue.add(account, (encode(entry),), lambda pushes: settled(pushes[0]))

    async def push(
        self, account: str, entries: Sequence[QueueEntry], before: Sequence[QueueEntry] = ()
    ) -> Sent:
        """Push entries that want no reply, with others `before` them that are not told of."""
        pushes = await self._push(account, entries, before)
        return Sent(pushes, [None] * len(entries), WayTimes(perf_counter()))

    async def ask(self, account: str, entry: QueueEntry, seconds: float) -> Asked:
        """Push one entry, and wait so many seconds for the reply to it."""
        with self._replies.expect(account) as expected:
            entry.reply_to, entry.request_id = expected.reply_to, expected.request_id
            [push] = await self._queue.push(account, encode(entry))
            if not may_be_queued(push):
                raise explain_push(push)
            return Asked(push, await expected.wait(seconds))

    async def send(
        self,
        account: str,
        entries: Sequence[QueueEntry],
        seconds: float,
        before: Sequence[QueueEntry] = (),
    ) -> Sent:
        """Push entries as `push` does, and wait so many seconds for the replies to them."""
        with ExitStack() as stack:
            expected = [stack.enter_context(self._replies.expect(account)) for _ in entries]
            for entry, each in zip(entries, expected, strict=True):
                entry.reply_to, entry.request_id = each.reply_to, each.request_id
            pushes = await self._push(account, entries, before)
            pushed, deadline = perf_counter(), monotonic() + seconds
            replies = [
                await each.wait(max(0.0, deadline - monotonic())) if may_be_queued(push) else None
                for push, each in zip(pushes, expected, strict=True)
            ]
        return Sent(pushes, replies, WayTimes(pushed, perf_counter()))

    async def _push(
        self, account: str, entries: Sequence[QueueEntry], before: Sequence[QueueEntry]
    ) -> list[Push]:
        pushes = await self._queue.push(account, *map(encode, chain(before, entries)))
        if not may_be_queued(pushes[0]):
            raise explain_push(pushes[0])
        return pushes[len(before) :]


def may_be_queued(push: Push) -> bool:
    """Whether the entry is in the queue, or may be."""
    return push.state in _MAY_BE_QUEUED


def explain_push(push: Push) -> Unavailable:
    """Return why an entry is certainly not in the queue."""
    if push.state is PushState.BUFFER_FULL:
        return Unavailable(Reason.OVERLOADED, _FULL)
    if push.state is PushState.REFUSED:
        return Unavailable(Reason.QUEUE_UNAVAILABLE, f"{push.detail}; nothing was queued")
    return Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE)
