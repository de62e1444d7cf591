"""What becomes of a command that goes to several shards, some of which fail."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec import structs

from order_gateway.errors import Unavailable
from order_gateway.queueing.gateway import Outcome
from order_gateway.queueing.sharded_gateway import ShardedGateway
from order_gateway.queueing.whereabouts import Whereabouts
from order_gateway.reading.order_body import OrderBody
from protocol.commands import QueueEntry
from protocol.enums import OrderType, Reason, Side
from protocol.events import Balance, Reply
from protocol.exchange_id import make_id_key
from tests.support.instruments import make_instrument

INSTRUMENTS = {
    "BTC-USDT": make_instrument("BTC-USDT", "0.01", "0.00001"),
    "ETH-USDT": make_instrument("ETH-USDT", "0.01", "0.0001", shard=2),
}
PREFERENCE: Any = None


class KeyStub:
    """Knows the exchange's key for order ids."""

    def __init__(self, *, has_shards: bool) -> None:
        self._key = make_id_key("seed", has_shards=has_shards)

    async def get(self) -> bytes:
        return self._key


class ShardStub:
    """Answers every command in the same way."""

    def __init__(self, answer: Reply | Unavailable | None) -> None:
        self._answer = answer
        self.asked: list[object] = []

    async def cancel_order(self, _request: object, entry: QueueEntry, _: object) -> Outcome:
        return self._conclude(entry)

    async def cancel_orders(self, _request: object, symbol: str | None, _: object) -> Outcome:
        return self._conclude(QueueEntry(symbol=symbol))

    async def submit_orders(self, _request: object, orders: list[Any], _: object) -> list[Outcome]:
        return [self._conclude(QueueEntry(symbol=order.symbol)) for order in orders]

    def _conclude(self, entry: QueueEntry) -> Outcome:
        self.asked.append(entry)
        if isinstance(self._answer, Unavailable):
            raise self._answer
        return Outcome(entry, is_confirmed=True, reply=self._answer)


def make_reply(reason: Reason | None = None, canceled: int | None = None) -> Reply:
    return Reply("r", 1, None, reason, None, False, None, [], canceled=canceled)


async def read_shards(_account: str) -> dict[int, list[Balance]]:
    """What is on the other shard, and on this one."""
    return {1: [Balance("USDT", "1.5", "0"), Balance("ETH", "0.0", "0")], 2: []}


def away() -> Unavailable:
    return Unavailable(Reason.QUEUE_UNAVAILABLE, "away")


def make_gateway(
    *answers: Reply | Unavailable | None, tells_shard: bool = False
) -> tuple[ShardedGateway, list[ShardStub], Any]:
    stubs = [ShardStub(answer) for answer in answers]
    gateways = cast("Any", dict(enumerate(stubs, 1)))
    request = SimpleNamespace(account="alice", entries=[])
    key = cast("Any", KeyStub(has_shards=tells_shard))
    whereabouts = Whereabouts(INSTRUMENTS, read_shards)
    gateway = ShardedGateway(INSTRUMENTS, gateways, key, cast("Any", None), whereabouts)
    return gateway, stubs, request


def cancel(*answers: Reply | Unavailable | None) -> Outcome:
    gateway, stubs, request = make_gateway(*answers)
    outcome = asyncio.run(gateway.cancel_order(request, QueueEntry(order_id="7"), PREFERENCE))
    assert [len(stub.asked) for stub in stubs] == [1, 1]
    return outcome


def test_shard_that_knows_the_order_answers() -> None:
    known, unknown = make_reply(), make_reply(Reason.UNKNOWN_ORDER)
    assert cancel(unknown, known).reply is known
    closed = make_reply(Reason.ORDER_CLOSED)
    assert cancel(closed, unknown).reply is closed


def test_order_is_unknown_only_if_every_shard_has_said_so() -> None:
    unknown = make_reply(Reason.UNKNOWN_ORDER)
    assert cancel(unknown, unknown).reply is unknown
    assert cancel(unknown, None).reply is None


def test_shard_that_cannot_be_asked_leaves_the_outcome_open() -> None:
    unknown = make_reply(Reason.UNKNOWN_ORDER)
    assert not cancel(unknown, away()).is_confirmed
    with pytest.raises(Unavailable):
        cancel(away(), away())


def test_cancel_of_all_is_joined_once_every_shard_has_answered() -> None:
    for answers, canceled in (
        ((make_reply(canceled=2), make_reply(canceled=3)), 5),
        ((make_reply(canceled=2), None), None),
        ((make_reply(canceled=2), away()), None),
    ):
        gateway, _, request = make_gateway(*answers)
        outcome = asyncio.run(gateway.cancel_orders(request, None, PREFERENCE))
        assert (outcome.reply.canceled if outcome.reply else None) == canceled


def test_change_by_number_is_asked_of_its_shard_alone() -> None:
    gateway, stubs, request = make_gateway(make_reply(), make_reply())
    asyncio.run(gateway.cancel_order(request, QueueEntry(number=65), PREFERENCE))
    assert [len(stub.asked) for stub in stubs] == [0, 1]


@pytest.mark.parametrize(("order_id", "shard"), [("64", 1), ("65", 2), ("129", 2), ("130", 1)])
def test_change_by_an_id_that_tells_its_shard_is_asked_of_that_alone(
    order_id: str, shard: int
) -> None:
    gateway, stubs, request = make_gateway(make_reply(), make_reply(), tells_shard=True)
    asyncio.run(gateway.cancel_order(request, QueueEntry(order_id=order_id), PREFERENCE))
    assert [len(stub.asked) for stub in stubs] == [shard == 1, shard == 2]


def test_part_of_a_batch_whose_shard_is_away_is_known_not_to_be_queued() -> None:
    gateway, _, request = make_gateway(make_reply(), away())
    orders = [OrderBody(each, Side.BUY, OrderType.LIMIT) for each in ("ETH-USDT", "BTC-USDT")]
    outcomes = asyncio.run(gateway.submit_orders(request, orders, PREFERENCE))
    assert [outcome.obstacle is None for outcome in outcomes] == [False, True]
    assert [entry.symbol for entry in request.entries] == ["ETH-USDT", "BTC-USDT"]


@pytest.mark.parametrize(
    ("side", "more"),
    [
        (Side.BUY, "; shard 1 has 1.5 USDT more: POST /v1/transfers moves it"),
        (Side.SELL, ""),
    ],
)
def test_order_that_lacks_funds_is_told_where_the_account_has_more(side: Side, more: str) -> None:
    reply = structs.replace(make_reply(Reason.INSUFFICIENT_BALANCE), detail="too little")
    whereabouts = Whereabouts(INSTRUMENTS, read_shards)
    outcome = Outcome(QueueEntry(symbol="ETH-USDT", side=side), is_confirmed=True, reply=reply)
    told = asyncio.run(whereabouts.add("alice", [outcome]))[0].reply
    assert told is not None
    assert told.detail == f"too little{more}"
