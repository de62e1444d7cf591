"""Orders as the engine knows them: the open ones, and a ring of the last closed ones.

The core knows an order's place in the book; this is the rest of it: whose it is, what it was
called, and what has become of it.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from protocol.commands import QueueEntry
from protocol.enums import (
    TRIGGERED_TYPES,
    Liquidity,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
    Status,
)
from protocol.events import ExecutionReport, Fill
from protocol.instrument import Instrument

Fingerprint: TypeAlias = tuple[int, Side, OrderType, int, int, int, SelfTradePrevention]
"""What makes the body of a repeated `new` the same: symbol's index, side, type, quantity, price,
stop price, self-trade prevention."""


class Order(msgspec.Struct, gc=False):
    """One order. Prices in ticks, quantities in lots, notional in ticks * lots, 0 for no price."""

    order_id: int
    client_order_id: str
    account: str
    instrument: Instrument
    side: Side
    order_type: OrderType
    quantity: int
    price: int
    stop_price: int
    remaining: int
    fingerprint: Fingerprint
    text_id: str
    triggered: bool | None
    filled: int = 0
    notional: int = 0
    status: Status = Status.OPEN
    reason: Reason | None = None

    def fill(self, price: int, quantity: int, remaining: int) -> None:
        """Record a match."""
        self.filled += quantity
        self.notional += price * quantity
        self.remaining = remaining
        self.status = Status.PARTIALLY_FILLED if remaining else Status.FILLED

    def end(self, status: Status, reason: Reason) -> None:
        """Record that nothing more will happen to the order."""
        self.remaining = 0
        self.status = status
        self.reason = reason

    def to_report(
        self, sequence: int, timestamp: str, last_trade: Fill | None = None
    ) -> ExecutionReport:
        """The order's state now, for its owner."""
        instrument = self.instrument
        price, quantity = instrument.ticks_to_price, instrument.lots_to_quantity
        return ExecutionReport(
            self.text_id,
            self.client_order_id,
            self.account,
            instrument.symbol,
            self.side,
            self.order_type,
            price(self.price) if self.price else None,
            price(self.stop_price) if self.stop_price else None,
            self.triggered,
            quantity(self.quantity),
            quantity(self.filled),
            quantity(self.remaining),
            instrument.format_notional(self.notional),
            instrument.average_price(self.notional, self.filled),
            self.status,
            self.reason,
            last_trade,
            sequence,
            timestamp,
        )

    def to_fill(self, trade_id: int, price: int, quantity: int, liquidity: Liquidity) -> Fill:
        """The order's share of a match."""
        instrument = self.instrument
        return Fill(
            trade_id,
            instrument.ticks_to_price(price),
            instrument.lots_to_quantity(quantity),
            liquidity,
        )


def make_order(
    order_id: int,
    client_order_id: str,
    entry: QueueEntry,
    instrument: Instrument,
    side: Side,
    order_type: OrderType,
    quantity: int,
    price: int,
    stop_price: int,
) -> Order:
    """A new order of checked values; the rest comes from `entry`."""
    mode = entry.self_trade_prevention
    return Order(
        order_id,
        client_order_id,
        entry.account,
        instrument,
        side,
        order_type,
        quantity,
        price,
        stop_price,
        quantity,
        (instrument.index, side, order_type, quantity, price, stop_price, mode),
        str(order_id),
        False if order_type in TRIGGERED_TYPES else None,
    )


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
    body: tuple[int, Side, OrderType, int, int, int, SelfTradePrevention]

    @classmethod
    def of(cls, order: Order) -> "StoredOrder":
        """The stored form of `order`."""
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
        """The order again."""
        return Order(
            self.order_id,
            self.client_order_id,
            self.account,
            instruments[self.symbol],
            self.side,
            self.order_type,
            self.quantity,
            self.price,
            self.stop_price,
            self.remaining,
            self.body,
            str(self.order_id),
            self.triggered,
            self.filled,
            int(self.notional),
            self.status,
            self.reason,
        )


class OrderTable:
    """Every open order, and the last `closed_limit` closed ones: what a repeat is known by.

    Bounded: open orders by the core, closed ones by the limit, the oldest leaving first.
    """

    def __init__(self, closed_limit: int) -> None:
        self.open: dict[int, Order] = {}
        self.closed: dict[int, Order] = {}
        self._open_counts: dict[str, int] = {}
        self._closed_ids: deque[int] = deque()
        self._closed_limit = closed_limit

    def restore(self, open_orders: Iterable[Order], closed: Iterable[Order]) -> None:
        """Take over stored orders; the closed ones oldest first."""
        for order in open_orders:
            self.add(order)
        for order in closed:
            self._remember(order)

    def add(self, order: Order) -> None:
        """Remember a new open order."""
        self.open[order.order_id] = order
        self._open_counts[order.account] = self.count_open(order.account) + 1

    def count_open(self, account: str) -> int:
        """How many open orders the account has."""
        return self._open_counts.get(account, 0)

    def close(self, order: Order) -> None:
        """Move an order that ended to the closed ones."""
        del self.open[order.order_id]
        self._open_counts[order.account] -= 1
        self._remember(order)

    def find(self, order_id: int) -> Order | None:
        """The order, open or closed; None for one that is unknown or closed too long ago."""
        return self.open.get(order_id) or self.closed.get(order_id)

    def _remember(self, order: Order) -> None:
        self.closed[order.order_id] = order
        self._closed_ids.append(order.order_id)
        if len(self._closed_ids) > self._closed_limit:
            del self.closed[self._closed_ids.popleft()]
