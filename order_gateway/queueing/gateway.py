"""What the gateway does with a valid request: push its entries, and wait for the replies."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import NamedTuple

from redis.exceptions import RedisError

from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import Unavailable, archive_unavailable
from order_gateway.metrics import Metrics
from order_gateway.queueing.client_order_ids import check_repeatable, make_client_order_ids
from order_gateway.queueing.entries import (
    OrderName,
    Stamp,
    make_advance,
    make_amend,
    make_fees,
    make_move,
    make_order,
    make_orders,
    make_transfer,
)
from order_gateway.queueing.id_key import IdKey
from order_gateway.queueing.idempotency import (
    Claim,
    Forgotten,
    IdempotencyKeys,
    list_claims,
)
from order_gateway.queueing.order_queue import OrderQueue
from order_gateway.queueing.overload import OverloadGate
from order_gateway.queueing.replies import Replies
from order_gateway.queueing.sender import Sender, explain_push, may_be_queued
from order_gateway.queueing.waiting_pushes import Push, PushState
from order_gateway.queueing.way_times import describe_way
from order_gateway.reading.clock import Step, check_can_take_steps, find_advance
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import (
    AmendRequest,
    CancelAfterRequest,
    FeesRequest,
    MoveRequest,
    ResponseMode,
    TransferRequest,
)
from order_gateway.reading.response_preference import Preference
from protocol.commands import VALID_MICROSECONDS, QueueEntry, derive_order_id
from protocol.enums import CommandType, Phase, Reason, Status
from protocol.events import Reply
from protocol.exchange_clock import ExchangeTime
from protocol.instrument import Instrument
from protocol.refusal import Refusal
from protocol.timestamps import format_timestamp

REPLY_SECONDS = 2.0


class Outcome(NamedTuple):
    """A request that is in the queue, or may be if `is_confirmed` is false.

    `reply` is the engine's, None if the request did not wait or the reply did not come in time.
    `is_repeat` is true if the reply is that to the first request of the same Idempotency-Key.
    `obstacle` is why it is certainly not in the queue, although entries before it are.
    """

    entry: QueueEntry
    is_confirmed: bool
    reply: Reply | None = None
    is_repeat: bool = False
    obstacle: Unavailable | None = None


class Entrance(NamedTuple):
    """Where the plain orders of an instrument go in."""

    instrument: Instrument
    queue: OrderQueue
    gate: OverloadGate
    id_key: IdKey


class Gateway:
    """The commands of the exchange.

    Each acts on the account of its request, or on the one that an operator names, leaves its
    entries in the request, and raises Unavailable if it was certainly not queued.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        queue: OrderQueue,
        replies: Replies,
        gate: OverloadGate,
        id_key: IdKey,
        keys: IdempotencyKeys,
        metrics: Metrics,
        clock: ExchangeTime,
        reply_seconds: float = REPLY_SECONDS,
    ) -> None:
        self.instruments = instruments
        self._queue = queue
        self._replies = replies
        self._sender = Sender(queue, replies)
        self._gate = gate
        self._id_key = id_key
        self._keys = keys
        self._metrics = metrics
        self._clock = clock
        self._reply_seconds = reply_seconds

    async def submit_orders(
        self, request: RequestContext, orders: Sequence[OrderBody], preference: Preference
    ) -> list[Outcome]:
        """Queue new orders together; the same account and client order id give the same order id.

        Raise Refusal if an Idempotency-Key comes with an order that has no client order id.
        """
        check_repeatable(request, orders)
        self._gate.admit_order()
        stamp = self._make_stamp(await self._id_key.get(), self._read_clock(request))
        made = make_orders(request, orders, stamp)
        entries = await request.take_in_turns(made, len(orders))
        return await self._queue_entries(request, entries, preference)

    def list_entrances(self) -> dict[str, Entrance]:
        """Return where orders go in, by symbol."""
        return {
            symbol: Entrance(each, self._queue, self._gate, self._id_key)
            for symbol, each in self.instruments.items()
        }

    def can_place(self, request: RequestContext) -> bool:
        """Whether an order of the request can be placed alone, and without waiting."""
        return self._id_key.known is not None and b"x-advance" not in request.headers

    def place(
        self, request: RequestContext, order: OrderBody, conclude: Callable[[Outcome], None]
    ) -> None:
        """Queue a new order as `submit_orders` does, if it can be placed.

        `conclude` is told the outcome when the queue has answered, an obstacle among them.
        """
        check_repeatable(request, (order,))
        self._gate.admit_order()
        id_key = self._id_key.known
        assert id_key is not None
        name = order.client_order_id or next(make_client_order_ids(request))
        stamp = self._make_stamp(id_key, self._clock.now())
        entry = make_order(request.account, order, name, stamp)
        request.entries = [entry]
        self._sender.add(request.account, entry, lambda push: conclude(conclude_push(entry, push)))

    def check_room(self, request: RequestContext, count: int) -> None:
        """Raise Unavailable if so many entries of the request could not be queued now."""
        self._sender.check_room(request.account, count)

    async def find_name(self, request: RequestContext, client_order_id: str) -> OrderName:
        """Return the account's order of that client order id, even if it is still in the queue.

        The order id follows from the client order id, so nobody is asked. Orders that wait here for
        their push go first, so that an order may be changed before its own answer has arrived.
        """
        await self._queue.wait_until_settled(request.account)
        key = await self._id_key.get()
        return OrderName(derive_order_id(key, request.account, client_order_id), client_order_id)

    async def cancel_order(
        self, request: RequestContext, cancel: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue the cancel of an order."""
        return await self._change(request, cancel, preference)

    async def cancel_each(
        self, request: RequestContext, cancels: list[QueueEntry], preference: Preference
    ) -> list[Outcome]:
        """Queue the cancels of several orders together."""
        self._gate.admit_change()
        received_at = format_timestamp(self._read_clock(request))
        for entry in cancels:
            entry.account = request.account
            entry.received_at = received_at
        return await self._queue_entries(request, cancels, preference)

    async def replace_order(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue the cancel of an order together with a new one."""
        self._gate.admit_order()
        entry.valid_until = format_timestamp(self._find_end(self._read_clock(request)))
        return await self._change(request, entry, preference)

    async def enter_list(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue an order list."""
        self._gate.admit_order()
        entry.valid_until = format_timestamp(self._find_end(self._read_clock(request)))
        return await self._change(request, entry, preference)

    async def cancel_list(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue the cancel of an order list."""
        return await self._change(request, entry, preference)

    async def cancel_orders(
        self, request: RequestContext, symbol: str | None, preference: Preference
    ) -> Outcome:
        """Queue the cancel of all the account's orders, or of those of one instrument."""
        entry = QueueEntry(command=CommandType.CANCEL_ALL, symbol=symbol)
        return await self._change(request, entry, preference)

    async def cancel_after(
        self, request: RequestContext, timer: CancelAfterRequest, preference: Preference
    ) -> Outcome:
        """Queue the start or the renewal of the account's timer; 0 seconds stop it."""
        entry = QueueEntry(
            command=CommandType.CANCEL_AFTER, seconds=timer.seconds, scope=timer.scope
        )
        return await self._change(request, entry, preference)

    async def set_phase(
        self, request: RequestContext, symbol: str, phase: Phase, preference: Preference
    ) -> Outcome:
        """Queue another phase of an instrument."""
        entry = QueueEntry(command=CommandType.SET_PHASE, symbol=symbol, phase=phase)
        return await self._change(request, entry, preference)

    async def open_account(self, request: RequestContext) -> int:
        """Queue the opening of the account; return its sequence once the engine has answered.

        Raise Refusal if the engine refuses.
        """
        self._gate.admit_change()
        entry = QueueEntry(
            command=CommandType.OPEN_ACCOUNT,
            account=request.account,
            received_at=format_timestamp(self._read_clock(request)),
        )
        preference = Preference(ResponseMode.RESULT)
        [outcome] = await self._queue_entries(request, [entry], preference)
        reply = outcome.reply
        if reply is None:
            raise archive_unavailable("the account is being opened")
        if reply.reason is not None:
            detail = reply.detail or reply.reason
            raise Refusal(reply.reason, reply.field, detail, reply.nearest, reply.step)
        return reply.sequence

    async def amend_order(
        self,
        request: RequestContext,
        order: OrderName,
        amendment: AmendRequest,
        preference: Preference,
    ) -> Outcome:
        """Queue an amend of an order."""
        return await self._change(request, make_amend(order, amendment), preference)

    async def transfer(
        self,
        request: RequestContext,
        command: CommandType,
        transfer: TransferRequest,
        preference: Preference,
    ) -> Outcome:
        """Queue a credit or a debit."""
        return await self._change_money(request, make_transfer(command, transfer), preference)

    async def move(
        self, _request: RequestContext, _move: MoveRequest, _preference: Preference, /
    ) -> Outcome:
        """Refuse a transfer between shards: there is one."""
        raise Refusal(
            Reason.UNKNOWN_SHARD, "to", "the exchange has shard 1 alone: there is no other", None
        )

    async def send_transfer(
        self, request: RequestContext, move: MoveRequest, preference: Preference
    ) -> Outcome:
        """Queue a transfer from this shard to another one."""
        entry = make_move(move)
        entry.account = request.account
        return await self._change_money(request, entry, preference)

    async def _change_money(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        outcome = await self._change_account(request, entry, preference)
        reply = outcome.reply
        if outcome.is_repeat and reply and reply.reason is None and reply.balance is None:
            # the first one changed nothing: it was a repeat by its id, and so is this one
            [outcome] = await self._queue_entries(request, [entry], preference)
        return outcome

    async def advance_clock(
        self, request: RequestContext, microseconds: int, preference: Preference
    ) -> Outcome:
        """Queue a move of the exchange's clock."""
        return await self._change(request, make_advance(microseconds), preference)

    async def take_steps(
        self, request: RequestContext, steps: Sequence[Step], preference: Preference
    ) -> Outcome:
        """Queue moves of the clock and orders of several accounts; the outcome is the last one's.

        Raise Refusal if the clock cannot be moved, or not by this request.
        """
        check_can_take_steps(request, is_manual=self._clock.mode.is_manual)
        self._gate.admit_order()
        count = sum(len(step.orders) + bool(step.advance) for step in steps)
        self.check_room(request, count)
        made = self._make_steps(request, steps, await self._id_key.get())
        *before, last = await request.take_in_turns(made, count)
        request.entries = [entry for entry in (*before, last) if entry.command is CommandType.NEW]
        sent = await self._sender.send(
            request.account, [last], self._choose_seconds(preference), before
        )
        return conclude_push(last, sent.pushes[0], sent.replies[0])

    def _make_steps(
        self, request: RequestContext, steps: Sequence[Step], id_key: bytes
    ) -> Iterator[QueueEntry]:
        now, names = self._clock.now(), make_client_order_ids(request)
        for advance, account, orders in steps:
            if advance:
                yield make_advance(advance)
            now += advance
            stamp = self._make_stamp(id_key, now)
            for order in orders:
                yield make_order(account, order, order.client_order_id or next(names), stamp)

    async def reset(self, request: RequestContext, preference: Preference) -> Outcome:
        """Queue that all begins anew."""
        return await self._change(request, QueueEntry(command=CommandType.RESET), preference)

    async def set_fees(
        self, request: RequestContext, fees: FeesRequest, preference: Preference
    ) -> Outcome:
        """Queue other fee rates of an account."""
        return await self._change_account(request, make_fees(fees), preference)

    def count_refusal(self, refusal: Refusal) -> None:
        """Count an item of a batch that was refused while others may be queued."""
        self._metrics.count_reject(refusal.code)

    async def _change(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        entry.account = request.account
        return await self._change_account(request, entry, preference)

    async def _change_account(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue a change of the entry's account, which may be another than the caller's."""
        self._gate.admit_change()
        entry.received_at = format_timestamp(self._read_clock(request))
        claims = list_claims(request)
        if claims:
            return await self._change_once(request, claims, entry, preference)
        [outcome] = await self._queue_entries(request, [entry], preference)
        return outcome

    async def _change_once(
        self,
        request: RequestContext,
        claims: Sequence[str],
        entry: QueueEntry,
        preference: Preference,
    ) -> Outcome:
        seconds = self._choose_seconds(preference)
        with self._replies.expect(request.account) as expected:
            entry.request_id = expected.request_id
            entry.reply_to = expected.reply_to if seconds else None
            started = perf_counter()
            claim = await self._keys.push(request.account, claims, entry)
            if claim is not None and not claim.depth:
                return await self._find_outcome(entry, claim, seconds)
            request.entries = [entry]
            if claim is None:
                return Outcome(entry, is_confirmed=False)
            self._gate.observe(claim.depth)
            self._metrics.count_push(1, claim.depth, perf_counter() - started)
            reply = await expected.wait(seconds) if seconds else None
        self._count_rejects([reply])
        return Outcome(entry, is_confirmed=True, reply=reply)

    async def _find_outcome(self, entry: QueueEntry, claim: Claim, seconds: float) -> Outcome:
        try:
            reply = await self._keys.find_reply(claim, seconds)
        except (Forgotten, RedisError, OSError):
            return Outcome(entry, is_confirmed=False, is_repeat=True)
        return Outcome(entry, is_confirmed=True, reply=reply, is_repeat=True)

    def _choose_seconds(self, preference: Preference) -> float:
        if preference.mode is ResponseMode.ACK:
            return 0.0
        return self._reply_seconds if preference.seconds is None else preference.seconds

    async def _queue_entries(
        self, request: RequestContext, entries: list[QueueEntry], preference: Preference
    ) -> list[Outcome]:
        request.entries = entries
        advance = self._find_advance(request)
        before = [] if advance is None else [make_advance(advance)]
        if preference.mode is ResponseMode.ACK:
            sent = await self._sender.push(request.account, entries, before)
        else:
            seconds = self._choose_seconds(preference)
            sent = await self._sender.send(request.account, entries, seconds, before)
        if advance is not None:
            request.answer_headers.append((b"x-advance", request.headers[b"x-advance"]))
        if preference.tells_times:
            way = describe_way(request.began, sent.times, sent.replies[0])
            request.answer_headers.append((b"server-timing", way))
        self._count_rejects(sent.replies)
        results = zip(entries, sent.pushes, sent.replies, strict=True)
        return [conclude_push(*each) for each in results]

    def _read_clock(self, request: RequestContext) -> int:
        """Return the exchange's time as it is once the request's own move of it is done."""
        return self._clock.now() + (self._find_advance(request) or 0)

    def _find_advance(self, request: RequestContext) -> int | None:
        return find_advance(request, is_manual=self._clock.mode.is_manual)

    def _make_stamp(self, id_key: bytes, now: int) -> Stamp:
        return Stamp(id_key, format_timestamp(now), self._find_end(now))

    def _find_end(self, now: int) -> int:
        """Return until when the engine takes an entry whose repeat it would not know."""
        return now + self._clock.scale(VALID_MICROSECONDS)

    def _count_rejects(self, replies: Sequence[Reply | None]) -> None:
        for reply in replies:
            if reply is None or reply.reason is None:
                continue
            if reply.order is None or reply.status is Status.REJECTED:
                self._metrics.count_reject(reply.reason)


def conclude_push(entry: QueueEntry, push: Push, reply: Reply | None = None) -> Outcome:
    """Return what became of a request that led to one entry."""
    if may_be_queued(push):
        return Outcome(entry, push.state is PushState.CONFIRMED, reply)
    return Outcome(entry, is_confirmed=False, obstacle=explain_push(push))
