"""Orders as the engine knows them: the open ones, and the last of the closed ones.

The core knows an order's place in the book; the rest is here: whose it is, what its owner calls
it, and what has become of it. Compiled if there is a compiler (`orders.pxd` has the types).
"""

from collections import deque
from collections.abc import Iterable
from typing import TypeAlias

import cython

from protocol.enums import OrderType, Reason, SelfTradePrevention, Side, Status
from protocol.instrument import Instrument

Fingerprint: TypeAlias = tuple[int, Side, OrderType, int, int, int, SelfTradePrevention]
"""The body of a `new`, by which a repeat is known: symbol's index, side, type, quantity, price,
stop price, self-trade prevention."""
# looked up once: an enum class is slow to ask for its members
_OPEN, _PARTIALLY_FILLED, _FILLED = Status.OPEN, Status.PARTIALLY_FILLED, Status.FILLED


@cython.final
@cython.no_gc
@cython.cclass
class Order:
    """One order. Prices in ticks, quantities in lots, notional in ticks * lots, 0 for no price."""

    def __init__(
        self,
        order_id: int,
        client_order_id: str,
        account: str,
        instrument: Instrument,
        side: Side,
        order_type: OrderType,
        quantity: int,
        price: int,
        stop_price: int,
        self_trade_prevention: SelfTradePrevention,
        triggered: bool | None,
    ) -> None:
        """Make a new order; `triggered` is None for a type that never waits."""
        self.order_id = order_id
        self.client_order_id = client_order_id
        self.account = account
        self.instrument = instrument
        self.side = side
        self.order_type = order_type
        self.quantity = quantity
        self.price = price
        self.stop_price = stop_price
        self.self_trade_prevention = self_trade_prevention
        self.triggered = triggered
        self.remaining = quantity
        self.filled = 0
        self.notional = 0
        self.status = _OPEN
        self.reason: Reason | None = None
        self.is_closed = False
        self._body: Fingerprint | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """The body that the order came with."""
        return self._body or (
            self.instrument.index,
            self.side,
            self.order_type,
            self.quantity,
            self.price,
            self.stop_price,
            self.self_trade_prevention,
        )

    def restore(
        self,
        body: Fingerprint,
        remaining: int,
        filled: int,
        notional: int,
        status: Status,
        reason: Reason | None,
    ) -> None:
        """Take over what has become of a stored order."""
        self._body = body
        self.remaining = remaining
        self.filled = filled
        self.notional = notional
        self.status = status
        self.reason = reason

    def fill(self, price: int, quantity: int, remaining: int) -> None:
        """Record a match."""
        self.filled += quantity
        self.notional += price * quantity
        self.remaining = remaining
        self.status = _PARTIALLY_FILLED if remaining else _FILLED

    def amend(self, price: int, quantity: int, remaining: int, stop_price: int) -> None:
        """Record other terms."""
        self._body = self.fingerprint
        self.price = price
        self.quantity = quantity
        self.remaining = remaining
        self.stop_price = stop_price

    def reduce(self, quantity: int, remaining: int) -> None:
        """Record that self-trade prevention took `quantity` from the total."""
        self._body = self.fingerprint
        self.quantity -= quantity
        self.remaining = remaining

    def end(self, status: Status, reason: Reason) -> None:
        """Record that nothing more will happen to the order."""
        self.remaining = 0
        self.status = status
        self.reason = reason


class OrderTable:
    """Every open order, and the last `closed_limit` closed ones, by which a repeat is known.

    The core bounds the open orders, the limit the closed ones, of which the oldest leaves first.
    All are in one table, because each look into a table of this size is a cache miss.
    """

    def __init__(self, closed_limit: int) -> None:
        self._orders: dict[int, Order] = {}
        self._open_counts: dict[str, int] = {}
        self._closed_ids: deque[int] = deque()
        self._closed_limit = closed_limit

    @property
    def open(self) -> dict[int, Order]:
        """The open orders by id, the oldest first."""
        return {number: order for number, order in self._orders.items() if not order.is_closed}

    @property
    def closed(self) -> dict[int, Order]:
        """The closed orders by id, the first closed first."""
        return {number: self._orders[number] for number in self._closed_ids}

    def restore(self, open_orders: Iterable[Order], closed: Iterable[Order]) -> None:
        """Take over stored orders; the closed ones oldest first."""
        for order in open_orders:
            self.add(order)
        for order in closed:
            self._orders[order.order_id] = order
            self._remember(order)

    def add(self, order: Order) -> None:
        """Remember a new open order."""
        self._orders[order.order_id] = order
        self._open_counts[order.account] = self.count_open(order.account) + 1

    def count_open(self, account: str) -> int:
        """Return how many open orders the account has."""
        return self._open_counts.get(account, 0)

    def list_open(self, account: str) -> list[Order]:
        """List the account's open orders, the oldest first."""
        found: list[Order] = []
        count = self.count_open(account)
        for order in self._orders.values() if count else ():
            if not order.is_closed and order.account == account:
                found.append(order)
                if len(found) == count:
                    break
        return found

    def close(self, order: Order) -> None:
        """Count an order that ended among the closed ones."""
        left = self._open_counts[order.account] - 1
        if left:
            self._open_counts[order.account] = left
        else:
            del self._open_counts[order.account]
        self._remember(order)

    def get(self, order_id: int) -> Order:
        """Return the order that the core names; KeyError if there is none."""
        return self._orders[order_id]

    def find(self, order_id: int) -> Order | None:
        """Find an order, open or closed; None if it is unknown or was closed too long ago."""
        return self._orders.get(order_id)

    def _remember(self, order: Order) -> None:
        order.is_closed = True
        self._closed_ids.append(order.order_id)
        if len(self._closed_ids) > self._closed_limit:
            del self._orders[self._closed_ids.popleft()]
