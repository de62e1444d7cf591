"""What the gateway does with a valid request: make an entry, push it, wait where asked to."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from order_gateway.errors import UNREACHABLE, Unavailable
from order_gateway.identity import IdKey
from order_gateway.order_queue import OrderQueue, Push, PushState
from order_gateway.overload import OverloadGate
from order_gateway.replies import Replies
from order_gateway.schemas import AmendRequest, OrderRequest, ResponseMode
from protocol.codec import encode
from protocol.commands import QueueEntry, derive_order_id
from protocol.enums import CommandType, Reason
from protocol.events import Reply
from protocol.instrument import Instrument
from protocol.timestamps import format_timestamp, now_in_microseconds

REPLY_SECONDS = 2.0

_FULL = "too many requests wait for the order queue; nothing was queued"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A request that is in the queue, or may be (`is_confirmed` false).

    `reply` is the engine's, None where nobody waited or it did not come in time.
    """

    entry: QueueEntry
    is_confirmed: bool
    reply: Reply | None


class Gateway:
    """The edges of the gateway, and the commands that go through them.

    Every command raises Unavailable where it was certainly not queued.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        queue: OrderQueue,
        replies: Replies,
        gate: OverloadGate,
        id_key: IdKey,
        reply_seconds: float = REPLY_SECONDS,
    ) -> None:
        self.instruments = instruments
        self._queue = queue
        self._replies = replies
        self._gate = gate
        self._id_key = id_key
        self._reply_seconds = reply_seconds

    async def submit_order(self, account: str, order: OrderRequest, mode: ResponseMode) -> Outcome:
        """Queues a new order; the same account and client order id give the same order id."""
        self._gate.admit_order()
        client_order_id = order.client_order_id or uuid.uuid4().hex
        key = await self._id_key.get()
        entry = QueueEntry(
            symbol=order.symbol,
            side=order.side,
            order_type=order.order_type,
            quantity=order.quantity,
            price=order.price,
            stop_price=order.stop_price,
            order_id=str(derive_order_id(key, account, client_order_id)),
            client_order_id=client_order_id,
            account=account,
            self_trade_prevention=order.self_trade_prevention,
            received_at=format_timestamp(now_in_microseconds()),
        )
        return await self._queue_entry(entry, mode)

    async def cancel_order(self, account: str, order_id: int, mode: ResponseMode) -> Outcome:
        """Queues the cancel of an order."""
        self._gate.admit_change()
        entry = QueueEntry(
            command=CommandType.CANCEL,
            order_id=str(order_id),
            account=account,
            received_at=format_timestamp(now_in_microseconds()),
        )
        return await self._queue_entry(entry, mode)

    async def amend_order(
        self, account: str, order_id: int, amendment: AmendRequest, mode: ResponseMode
    ) -> Outcome:
        """Queues a change of an order."""
        self._gate.admit_change()
        entry = QueueEntry(
            command=CommandType.AMEND,
            order_id=str(order_id),
            account=account,
            quantity=amendment.quantity,
            price=amendment.price,
            stop_price=amendment.stop_price,
            received_at=format_timestamp(now_in_microseconds()),
        )
        return await self._queue_entry(entry, mode)

    async def _queue_entry(self, entry: QueueEntry, mode: ResponseMode) -> Outcome:
        if mode is ResponseMode.ACK:
            return Outcome(entry, await self._push(entry), None)
        with self._replies.expect() as expected:
            entry.reply_to = expected.reply_to
            entry.request_id = expected.request_id
            is_confirmed = await self._push(entry)
            return Outcome(entry, is_confirmed, await expected.wait(self._reply_seconds))

    async def _push(self, entry: QueueEntry) -> bool:
        """Whether the push is confirmed; false where its outcome is unknown."""
        push = await self._queue.push(encode(entry))
        if push.state is PushState.CONFIRMED:
            return True
        if push.state is PushState.UNKNOWN:
            return False
        raise _explain_push(push)


def _explain_push(push: Push) -> Unavailable:
    if push.state is PushState.BUFFER_FULL:
        return Unavailable(Reason.OVERLOADED, _FULL)
    if push.state is PushState.REFUSED:
        return Unavailable(Reason.QUEUE_UNAVAILABLE, f"{push.detail}; nothing was queued")
    return Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE)
