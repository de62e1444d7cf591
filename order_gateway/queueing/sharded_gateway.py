"""The commands of an exchange with several shards: each goes where it belongs.

What names an instrument goes to its shard, and so does what names a number, or an order's id if
ids tell their shard. Anything else goes to all: of a change of one order the shard that knows it
answers, of a change for the whole account all answers together are one. Accounts open on the first
shard.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import Unavailable
from order_gateway.queueing.entries import (
    OrderName,
    make_amend,
    make_fees,
    make_new,
)
from order_gateway.queueing.gateway import Entrance, Gateway, Outcome
from order_gateway.queueing.id_key import IdKey
from order_gateway.queueing.transfer_ids import TransferIds
from order_gateway.queueing.whereabouts import Whereabouts
from order_gateway.reading.clock import Step
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import (
    AmendRequest,
    CancelAfterRequest,
    FeesRequest,
    MoveRequest,
    TransferRequest,
)
from order_gateway.reading.response_preference import Preference
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Phase, Reason
from protocol.events import Reply
from protocol.exchange_id import tells_shard
from protocol.instrument import Instrument
from protocol.refusal import Refusal
from protocol.shards import find_shard

_UNKNOWN = frozenset({Reason.UNKNOWN_ORDER, Reason.UNKNOWN_LIST})

Ask: TypeAlias = Callable[[Gateway], Awaitable[Outcome]]


class ShardedGateway:
    """A `Gateway` for several shards; `gateways` has the one of each, by shard.

    An order that is asked for on all shards is unknown only if every one of them says so.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        gateways: Mapping[int, Gateway],
        id_key: IdKey,
        transfer_ids: TransferIds,
        whereabouts: Whereabouts,
    ) -> None:
        self.instruments = instruments
        self._id_key = id_key
        self._transfer_ids = transfer_ids
        self._whereabouts = whereabouts
        self._gateways = gateways
        self._by_symbol = {each.symbol: gateways[each.shard] for each in instruments.values()}
        self._first = gateways[1]

    async def submit_orders(
        self, request: RequestContext, orders: Sequence[OrderBody], preference: Preference
    ) -> list[Outcome]:
        """Queue new orders, those of each shard together; as `Gateway.submit_orders`.

        What an order lacks is told with where the account has more.
        """
        outcomes = await self._submit_orders(request, orders, preference)
        return await self._whereabouts.add(request.account, outcomes)

    async def _submit_orders(
        self, request: RequestContext, orders: Sequence[OrderBody], preference: Preference
    ) -> list[Outcome]:
        first = self._by_symbol[orders[0].symbol]
        if len(orders) == 1:
            return await first.submit_orders(request, orders, preference)
        places: dict[Gateway, list[int]] = {}
        for place, order in enumerate(orders):
            places.setdefault(self._by_symbol[order.symbol], []).append(place)
        if len(places) == 1:
            return await first.submit_orders(request, orders, preference)
        answers = await asyncio.gather(
            *(
                gateway.submit_orders(request, [orders[place] for place in some], preference)
                for gateway, some in places.items()
            ),
            return_exceptions=True,
        )
        _raise_if_all_failed(answers)
        outcomes: dict[int, Outcome] = {}
        for some, answer in zip(places.values(), answers, strict=True):
            for number, place in enumerate(some):
                entry = _make_unqueued(orders[place], request.account)
                outcomes[place] = _settle(answer, number, entry)
        ordered = [outcomes[place] for place in range(len(orders))]
        request.entries = [outcome.entry for outcome in ordered]
        return ordered

    def list_entrances(self) -> dict[str, Entrance]:
        """Return where orders go in, by symbol, each on its shard."""
        return {
            symbol: gateway.list_entrances()[symbol] for symbol, gateway in self._by_symbol.items()
        }

    def can_place(self, request: RequestContext) -> bool:
        """Whether an order can be placed alone and without waiting, whichever its shard is."""
        return all(gateway.can_place(request) for gateway in self._gateways.values())

    def place(
        self, request: RequestContext, order: OrderBody, conclude: Callable[[Outcome], None]
    ) -> None:
        """Queue a new order on its shard; as `Gateway.place`."""
        self._by_symbol[order.symbol].place(request, order, conclude)

    def check_room(self, request: RequestContext, count: int) -> None:
        """Raise Unavailable if so many entries of the request could not be queued somewhere."""
        for gateway in self._gateways.values():
            gateway.check_room(request, count)

    async def find_name(self, request: RequestContext, client_order_id: str) -> OrderName:
        """Return the name alone: an id follows from it on each shard, and each knows its own."""
        for gateway in self._gateways.values():
            await gateway.find_name(request, client_order_id)  # what waits for its push goes first
        return OrderName(None, client_order_id)

    async def cancel_order(
        self, request: RequestContext, cancel: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue the cancel of an order."""
        return await self._change_one(request, cancel, preference)

    async def cancel_each(
        self, request: RequestContext, cancels: list[QueueEntry], preference: Preference
    ) -> list[Outcome]:
        """Queue the cancels of several orders together."""
        parts: list[tuple[Gateway, list[int]]] = []
        asked: list[Awaitable[list[Outcome]]] = []
        owners = [await self._find_owner(cancel) for cancel in cancels]
        for shard, gateway in self._gateways.items():
            places = [at for at, owner in enumerate(owners) if owner in {None, shard}]
            if places:
                parts.append((gateway, places))
                entries = [replace(cancels[at]) for at in places]
                asked.append(gateway.cancel_each(request, entries, preference))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        _raise_if_all_failed(answers)
        found: list[list[Outcome]] = [[] for _ in cancels]
        for (_, places), answer in zip(parts, answers, strict=True):
            for number, place in enumerate(places):
                found[place].append(_settle(answer, number, cancels[place]))
        request.entries = list(cancels)
        return [_choose_owner(outcomes) for outcomes in found]

    async def _find_owner(self, entry: QueueEntry) -> int | None:
        """Return the shard of the order or list that an entry names; None if that is not told."""
        number = entry.number if entry.list_id is None else entry.list_id
        if number is None and entry.order_id and tells_shard(await self._id_key.get()):
            number = int(entry.order_id)
        if number is None:
            return None
        owner = find_shard(number)
        return owner if owner in self._gateways else 1

    async def amend_order(
        self,
        request: RequestContext,
        order: OrderName,
        amendment: AmendRequest,
        preference: Preference,
    ) -> Outcome:
        """Queue an amend of an order."""
        entry = make_amend(order, amendment)
        return await self._change_one(request, entry, preference)

    async def replace_order(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue the cancel of an order together with a new one, on the new one's shard."""
        gateway = self._by_symbol[entry.symbol or ""]
        outcome = await gateway.replace_order(request, entry, preference)
        return (await self._whereabouts.add(request.account, [outcome]))[0]

    async def enter_list(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue an order list."""
        return await self._by_symbol[entry.symbol or ""].enter_list(request, entry, preference)

    async def cancel_list(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue the cancel of an order list."""
        return await self._change_one(request, entry, preference)

    async def cancel_orders(
        self, request: RequestContext, symbol: str | None, preference: Preference
    ) -> Outcome:
        """Queue the cancel of all the account's orders, or of those of one instrument."""
        if symbol is not None:
            return await self._by_symbol[symbol].cancel_orders(request, symbol, preference)
        return await self._change_all(
            lambda gateway: gateway.cancel_orders(request, None, preference)
        )

    async def cancel_after(
        self, request: RequestContext, timer: CancelAfterRequest, preference: Preference
    ) -> Outcome:
        """Queue the start or the renewal of the account's timer on each shard."""
        return await self._change_all(
            lambda gateway: gateway.cancel_after(request, timer, preference)
        )

    async def set_phase(
        self, request: RequestContext, symbol: str, phase: Phase, preference: Preference
    ) -> Outcome:
        """Queue another phase of an instrument."""
        return await self._by_symbol[symbol].set_phase(request, symbol, phase, preference)

    async def open_account(self, request: RequestContext) -> int:
        """Queue the opening of the account on the first shard; as `Gateway.open_account`."""
        return await self._first.open_account(request)

    async def transfer(
        self,
        request: RequestContext,
        command: CommandType,
        transfer: TransferRequest,
        preference: Preference,
    ) -> Outcome:
        """Queue a credit or a debit on the shard that it names; raise Refusal if there is none."""
        gateway = self._find_gateway(transfer.shard, "shard", Reason.INVALID_REQUEST)
        return await gateway.transfer(request, command, transfer, preference)

    async def move(
        self, request: RequestContext, move: MoveRequest, preference: Preference, /
    ) -> Outcome:
        """Queue a transfer on the shard that it comes from; raise Refusal if there is none.

        An account's id is that of one transfer, wherever that comes from.
        """
        gateway = self._find_gateway(move.source, "from", Reason.UNKNOWN_SHARD)
        self._find_gateway(move.target, "to", Reason.UNKNOWN_SHARD)
        if move.source == move.target:
            raise Refusal(
                Reason.SAME_SHARD,
                "to",
                f"to must be another shard than from, which is {move.source}",
            )
        is_new = await self._transfer_ids.claim(request.account, move.id, move.source)
        outcome = await gateway.send_transfer(request, move, preference)
        if is_new and outcome.reply is not None and outcome.reply.reason is not None:
            await self._transfer_ids.forget(request.account, move.id)
        return outcome

    def _find_gateway(self, shard: int, field: str, code: Reason) -> Gateway:
        gateway = self._gateways.get(shard)
        if gateway is None:
            nearest = min(self._gateways, key=lambda each: abs(each - shard))
            shards = ", ".join(map(str, self._gateways))
            raise Refusal(code, field, f"{field} must be one of {shards}", str(nearest))
        return gateway

    async def advance_clock(
        self, request: RequestContext, microseconds: int, preference: Preference
    ) -> Outcome:
        """Queue a move of the exchange's clock, which is refused: it is real."""
        return await self._first.advance_clock(request, microseconds, preference)

    async def take_steps(
        self, request: RequestContext, steps: Sequence[Step], preference: Preference
    ) -> Outcome:
        """Queue moves of the clock and orders, which is refused: the clock is real."""
        return await self._first.take_steps(request, steps, preference)

    async def reset(self, request: RequestContext, preference: Preference) -> Outcome:
        """Queue that all begins anew, which is refused: an exchange that can has one shard."""
        return await self._first.reset(request, preference)

    async def set_fees(
        self, request: RequestContext, fees: FeesRequest, preference: Preference
    ) -> Outcome:
        """Queue other fee rates of an account, on each shard if they name no instrument."""
        symbol = make_fees(fees).symbol
        if symbol is not None:
            return await self._by_symbol[symbol].set_fees(request, fees, preference)
        return await self._change_all(lambda gateway: gateway.set_fees(request, fees, preference))

    def count_refusal(self, refusal: Refusal) -> None:
        """Count an item of a batch that was refused while others may be queued."""
        self._first.count_refusal(refusal)

    async def _change_one(
        self, request: RequestContext, entry: QueueEntry, preference: Preference
    ) -> Outcome:
        """Queue a change of one order or list on the shard that it tells, else on each."""
        owner = await self._find_owner(entry)
        if owner is not None:
            return await self._gateways[owner].cancel_order(request, entry, preference)
        answers = await self._ask_all(
            lambda gateway: gateway.cancel_order(request, replace(entry), preference)
        )
        request.entries = [entry]
        return _choose_owner(answers)

    async def _change_all(self, ask: Ask) -> Outcome:
        return _join(await self._ask_all(ask))

    async def _ask_all(self, ask: Ask) -> list[Outcome]:
        """Return the outcomes of those that could be asked; raise what the first said if none."""
        answers = await asyncio.gather(
            *(ask(gateway) for gateway in self._gateways.values()), return_exceptions=True
        )
        _raise_if_all_failed(answers)
        outcomes: list[Outcome] = []
        for answer in answers:
            if isinstance(answer, Unavailable):
                continue
            if isinstance(answer, BaseException):
                raise answer
            outcomes.append(answer)
        if len(outcomes) < len(answers):  # what one shard did not get may be what was meant
            outcomes = [each._replace(is_confirmed=False) for each in outcomes]
        return outcomes


def _raise_if_all_failed(answers: Sequence[object]) -> None:
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    if len(errors) == len(answers):
        raise errors[0]


def _settle(answer: list[Outcome] | BaseException, number: int, entry: QueueEntry) -> Outcome:
    """Return the outcome of an entry of a shard's part of a batch, which may have failed."""
    if isinstance(answer, Unavailable):
        return Outcome(entry, is_confirmed=False, obstacle=answer)
    if isinstance(answer, BaseException):
        raise answer
    return answer[number]


def _make_unqueued(order: OrderBody, account: str) -> QueueEntry:
    """Return what stands for an order whose shard could not be reached."""
    entry = make_new(order)
    entry.account, entry.client_order_id = account, order.client_order_id
    return entry


def _choose_owner(outcomes: Sequence[Outcome]) -> Outcome:
    """Choose what the shard said that knows the order; if none does, one that does not."""
    known = (each for each in outcomes if each.reply and each.reply.reason not in _UNKNOWN)
    unanswered = (each for each in outcomes if each.reply is None)  # it may be the one that knows
    return next(known, None) or next(unanswered, None) or outcomes[0]


def _join(outcomes: Sequence[Outcome]) -> Outcome:
    """Make one outcome of those of all shards; without a reply as long as one has none."""
    is_confirmed = all(each.is_confirmed for each in outcomes)
    replies = [each.reply for each in outcomes if each.reply is not None]
    joined = _join_replies(replies) if len(replies) == len(outcomes) and is_confirmed else None
    return Outcome(
        outcomes[0].entry, is_confirmed, joined, all(each.is_repeat for each in outcomes)
    )


def _join_replies(replies: Sequence[Reply]) -> Reply:
    refused = next((reply for reply in replies if reply.reason is not None), None)
    if refused is not None:
        return refused
    due = max((reply.due for reply in replies if reply.due is not None), default=None)
    canceled = sum(reply.canceled or 0 for reply in replies)
    return replace(replies[0], canceled=canceled, due=due)
