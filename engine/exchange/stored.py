"""The engine's own part of a snapshot."""

from collections.abc import Sequence
from typing import TypeAlias, cast

import msgspec

from engine.exchange.ledger import StoredLedger
from engine.exchange.levels import Level
from engine.exchange.numbers import Numbers
from engine.exchange.order_lists import OrderList
from engine.exchange.orders import Fingerprint, Order, OrderTable
from engine.exchange.timers import StoredTimer
from engine.exchange.transfers import StoredTransfers
from protocol.enums import ListType, OrderType, Phase, Reason, Side, Status
from protocol.instrument import Instrument
from protocol.limits import TradingLimits
from protocol.special_terms import PLAIN, SpecialTerms, TrailingTerms


class StoredOrder(msgspec.Struct, array_like=True, gc=False):
    """An order as a snapshot keeps it.

    `symbol` is the instrument's index; `notional` is text, because it may be too large for
    MessagePack; `body` is the fingerprint.
    """

    order_id: int
    client_order_id: str
    account: str
    symbol: int
    side: Side
    order_type: OrderType
    quantity: int
    price: int
    stop_price: int
    remaining: int
    triggered: bool | None
    filled: int
    notional: str
    status: Status
    reason: Reason | None
    body: Fingerprint

    @classmethod
    def of(cls, order: Order) -> "StoredOrder":
        """Make the stored form of `order`."""
        return cls(
            order.order_id,
            order.client_order_id,
            order.account,
            order.instrument.index,
            order.side,
            order.order_type,
            order.quantity,
            order.price,
            order.stop_price,
            order.remaining,
            order.triggered,
            order.filled,
            str(order.notional),
            order.status,
            order.reason,
            order.fingerprint,
        )

    def restore(self, instruments: Sequence[Instrument]) -> Order:
        """Make the order again."""
        order = Order(
            self.order_id,
            self.client_order_id,
            self.account,
            instruments[self.symbol],
            self.side,
            self.order_type,
            self.quantity,
            self.price,
            self.stop_price,
            self.body[-1],
            self.triggered,
        )
        order.restore(
            self.body, self.remaining, self.filled, int(self.notional), self.status, self.reason
        )
        return order


class StoredNumbers(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many orders and reports there were, and what the orders that are kept have since then.

    `kept` has, for each open order and then for each closed one, its number and that of the last
    report on it. `first_names` are, by order id, the names with which those orders came that have
    a name which is unique among the open ones alone. `unnamed` are the ids of those of them that
    their names do not find any more: another order had the name since.
    """

    orders: int = 0
    reports: int = 0
    kept: list[tuple[int, int]] = []
    first_names: dict[int, str] = {}
    unnamed: list[int] = []

    @classmethod
    def of(cls, numbers: Numbers, orders: OrderTable) -> "StoredNumbers":
        """Make the stored form of the counts, and of what the orders have of them."""
        kept = (*orders.open.values(), *orders.closed.values())
        unique = [order for order in kept if order.is_unique]
        return cls(
            numbers.orders,
            numbers.reports,
            [(order.number, order.execution_number) for order in kept],
            {order.order_id: order.first_name for order in unique},
            [
                order.order_id
                for order in unique
                if orders.find_name(order.account, order.client_order_id) is not order
            ],
        )

    def restore(self, numbers: Numbers, orders: OrderTable, is_begun: bool) -> None:
        """Give the counts, and to the orders what they have of them."""
        numbers.restore(is_begun, self.orders, self.reports)
        kept = (*orders.open.values(), *orders.closed.values())
        for order, (number, execution_number) in zip(kept, self.kept, strict=False):
            orders.number(order, number)
            order.execution_number = execution_number
        unnamed = set(self.unnamed)
        for order in (*orders.closed.values(), *orders.open.values()):
            if order.order_id in self.first_names:
                order.first_name = self.first_names[order.order_id]
                order.rename(order.client_order_id)
                if order.order_id not in unnamed:
                    orders.make_unique(order)


StoredSpecial: TypeAlias = tuple[int, TrailingTerms, int, int]
"""What few orders have: the order's place among the open and then the closed ones, what it came
with (a trailing stop or not), when it ends (microseconds, 0: never), what self-trade prevention
took of it."""


def store_special(orders: OrderTable) -> list[StoredSpecial]:
    """Make the stored form of what few of the orders have."""
    kept = (*orders.open.values(), *orders.closed.values())
    return [
        (place, cast("TrailingTerms", order.special), order.expires_at, order.prevented)
        for place, order in enumerate(kept)
        if order.special is not PLAIN or order.prevented
    ]


def restore_special(stored: Sequence[StoredSpecial], orders: OrderTable) -> None:
    """Give the orders what few have."""
    kept = (*orders.open.values(), *orders.closed.values())
    for place, special, expires_at, prevented in stored:
        kept[place].special = _restore_terms(special)
        kept[place].expires_at = expires_at
        kept[place].prevented = prevented


def _restore_terms(stored: TrailingTerms) -> SpecialTerms:
    if stored.trailing_offset:
        return stored
    terms = SpecialTerms(*msgspec.structs.astuple(stored)[: len(SpecialTerms.__struct_fields__)])
    return PLAIN if terms == PLAIN else terms


StoredChange: TypeAlias = tuple[int, str | None, tuple[str, int] | None]
"""What the last report on an order tells beside its state: the order's place as above, what its
cancel was called, name and quantity from before an amend."""


def store_changes(orders: OrderTable) -> list[StoredChange]:
    """Make the stored form of what the last reports tell beside the orders' states."""
    kept = (*orders.open.values(), *orders.closed.values())
    return [
        (place, order.cancel_id, order.before)
        for place, order in enumerate(kept)
        if order.cancel_id is not None or order.before is not None
    ]


def restore_changes(stored: Sequence[StoredChange], orders: OrderTable) -> None:
    """Give the orders what their last reports have told."""
    kept = (*orders.open.values(), *orders.closed.values())
    for place, cancel_id, before in stored:
        kept[place].cancel_id = cancel_id
        kept[place].before = before


class StoredLists(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many order lists there were, and those of which an order is kept.

    Each has its id, type, name, account, the ids of its orders, and those that are pending.
    """

    count: int = 0
    kept: list[tuple[int, ListType, str, str, list[int], list[int]]] = []

    @classmethod
    def of(cls, numbers: Numbers, orders: OrderTable) -> "StoredLists":
        """Make the stored form of the lists that the orders know."""
        kept = (*orders.open.values(), *orders.closed.values())
        lists = {order.order_list.list_id: order.order_list for order in kept if order.order_list}
        pending = {order.order_id for order in kept if order.is_pending}
        return cls(
            numbers.lists,
            [
                (
                    each.list_id,
                    each.list_type,
                    each.name,
                    each.account,
                    list(each.order_ids),
                    sorted(pending & set(each.order_ids)),
                )
                for _, each in sorted(lists.items())
            ],
        )

    def restore(self, numbers: Numbers, orders: OrderTable) -> None:
        """Give the count, and to the orders their lists."""
        numbers.lists = self.count
        lists = []
        for list_id, list_type, name, account, order_ids, pending in self.kept:
            order_list = OrderList(list_id, list_type, name, account, order_ids)
            known = [order for order in map(orders.find, order_ids) if order is not None]
            order_list.open_orders = sum(not order.is_closed for order in known)
            for order in known:
                order.order_list = order_list
                order.is_pending = order.order_id in pending
            lists.append(order_list)
        orders.lists.restore(lists)


class StoredFirst(msgspec.Struct, array_like=True, gc=False):
    """The core's saved bytes, and what the exchange knows beside them at the first level.

    Closed orders come oldest first; `halted` are instruments' indices, `timers` deadlines in
    microseconds by account, with the scope if it is not `all`.
    """

    core: bytes
    open: list[StoredOrder]
    closed: list[StoredOrder]
    accounts: list[str]
    entries_to_clear: int
    limits: TradingLimits = TradingLimits()
    halted: list[int] = []
    timers: dict[str, StoredTimer] = {}


class StoredEngine(StoredFirst, array_like=True, gc=False):
    """What later levels store behind it; each adds its fields at the end, with defaults."""

    level: int = Level.FIRST
    elapsed: int = 0
    ledger: StoredLedger | None = None
    numbers: StoredNumbers = StoredNumbers()
    special: list[StoredSpecial] = []
    phases: dict[int, Phase] = {}
    lists: StoredLists = StoredLists()
    changes: list[StoredChange] = []
    transfers: StoredTransfers = StoredTransfers()


_decoder = msgspec.msgpack.Decoder(StoredEngine)
_encoder = msgspec.msgpack.Encoder()


def encode_engine(engine: StoredEngine) -> bytes:
    """Encode the engine's part of a snapshot; at the first level as it always was."""
    if engine.level > Level.FIRST:
        return _encoder.encode(engine)
    first = StoredFirst.__struct_fields__
    return _encoder.encode(StoredFirst(*(getattr(engine, name) for name in first)))


def decode_engine(raw: bytes) -> StoredEngine:
    """Decode the engine's part of a snapshot; raise ValueError if it is damaged."""
    try:
        return _decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise ValueError(f"damaged snapshot: {error}") from error
