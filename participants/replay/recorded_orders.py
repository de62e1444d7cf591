"""The book of a record that has orders one by one, as the record has it."""

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

from participants.formats.records import (
    Executed,
    Matched,
    OrderRecord,
    Placed,
    Reduced,
    Resized,
)

Level: TypeAlias = tuple[bool, int]
"""Whether it is of bids, and its price."""

UNKNOWN_ORDER = "changes of unknown orders"
KNOWN_ORDER = "orders whose id is open already"
TOO_MUCH = "executions and cancels of more than there was"
NOTHING = "orders of no quantity"


@dataclass(slots=True)
class RecordedOrder:
    """An open order: what it came with, less what was canceled of it, and what is left."""

    is_buy: bool
    price: int
    total: int
    remaining: int


class RecordedOrders:
    """Open orders by id, those of one price in the order of their priority; and trades so far."""

    def __init__(self) -> None:
        self.orders: dict[str, RecordedOrder] = {}
        self.trades: list[Matched] = []
        self.has_trades = False
        """Whether the record tells of any; else its book is not known where orders cross."""
        self._takers = 0

    def find_fault(self, record: OrderRecord) -> str | None:
        """Return what is wrong with a record, which then is none for `apply`."""
        if isinstance(record, Matched):
            return None
        if isinstance(record, Placed):
            if not record.quantity:
                return NOTHING
            return KNOWN_ORDER if record.order_id in self.orders else None
        order = self.orders.get(record.order_id)
        if order is None:
            return UNKNOWN_ORDER
        is_much = isinstance(record, Executed | Reduced) and record.quantity > order.remaining
        return TOO_MUCH if is_much else None

    def apply(self, record: OrderRecord) -> None:
        """Do what the record says."""
        match record:
            case Placed(order_id, is_buy, price, quantity, is_ioc):
                if not is_ioc:
                    self.orders[order_id] = RecordedOrder(is_buy, price, quantity, quantity)
            case Resized(order_id, total):
                self._cancel(order_id, self.orders[order_id].total - total)
            case Reduced(order_id, quantity):
                self._cancel(order_id, quantity)
            case Executed(order_id, quantity):
                taker = self.name_taker()
                self._takers += 1
                self.trades.append(Matched(order_id, taker, self.orders[order_id].price, quantity))
                self._take(order_id, quantity)
            case Matched(maker, taker, _, quantity):
                self.trades.append(record)
                self._take(maker, quantity)
                self._take(taker, quantity)
            case _:
                del self.orders[record.order_id]

    def name_taker(self) -> str:
        """Return the name of the order that the next execution is by."""
        return f"taker-{self._takers + 1}"

    def sum_levels(self) -> Counter[Level]:
        """Return the quantity of each level."""
        levels: Counter[Level] = Counter()
        for order in self.orders.values():
            levels[order.is_buy, order.price] += order.remaining
        return levels

    def _cancel(self, order_id: str, quantity: int) -> None:
        self.orders[order_id].total -= quantity
        self._take(order_id, quantity)

    def _take(self, order_id: str, quantity: int) -> None:
        self.has_trades = True
        order = self.orders.get(order_id)
        if order is not None:
            order.remaining -= quantity
            if order.remaining <= 0:
                del self.orders[order_id]
