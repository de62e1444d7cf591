"""Orders as the engine knows them: the open ones, and the last of the closed ones.

The core knows an order's place in the book; the rest is here: whose it is, what its owner calls
it, and what has become of it. Compiled if there is a compiler (`orders.pxd` has the types).
"""

from collections import deque
from collections.abc import Iterable
from typing import TypeAlias

import cython

from engine.exchange.order_lists import ListTable, OrderList
from protocol.enums import OrderType, Reason, SelfTradePrevention, Side, Status
from protocol.instrument import Instrument
from protocol.special_terms import PLAIN, SpecialTerms

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
        special: SpecialTerms = PLAIN,
    ) -> None:
        """Make a new order; `triggered` is None for a type that never waits."""
        self.order_id = order_id
        self.client_order_id = client_order_id
        self.account = account
        self.instrument = instrument
        self.symbol = instrument.index
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
        self.first_name = client_order_id
        """The client order id that the order came with."""
        self.is_unique = False
        """Whether its client order id is unique among the open orders alone."""
        self.cancel_id: str | None = None
        """What its owner calls the cancel that ended it."""
        self.before: tuple[str, int] | None = None
        """Client order id and quantity from before the amend that the last report is about."""
        self.special = special
        """What few orders have, as the order came with it."""
        self.expires_at = 0
        """When the order ends by itself, in microseconds; 0: never."""
        self.prevented = 0
        """What self-trade prevention took, from the level that counts it."""
        self.prevented_match: str | None = None
        """The match that it prevented just now, for the next report."""
        self.number = 0
        """The order's number, 0 if it was never accepted."""
        self.execution_number = 0
        """That of the last report on the order."""
        self.is_closed = False
        self.order_list: OrderList | None = None
        """The list that it is an order of."""
        self.is_pending = False
        """Whether it waits for the working order of its list."""
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
        self.quantity = quantity + self.prevented
        self.remaining = remaining
        self.stop_price = stop_price

    def follow(self, stop_price: int) -> None:
        """Record the stop price that a trailing stop has now, 0 for none."""
        self._body = self.fingerprint
        self.stop_price = stop_price

    def rename(self, client_order_id: str) -> None:
        """Record another name, unique among the open orders alone, as it is not in the id."""
        self.client_order_id = client_order_id
        self.is_unique = True

    def reduce(self, quantity: int, remaining: int) -> None:
        """Record what self-trade prevention took, from the total if it is not counted."""
        self._body = self.fingerprint
        if not self.prevented:
            self.quantity -= quantity
        self.remaining = remaining

    def find_quantity(self, quantity: int) -> None:
        """Record the quantity that the book gives for an amount, or that was bought for it."""
        self._body = self.fingerprint
        self.quantity = self.remaining = quantity

    def prevent(self, quantity: int, match: str) -> None:
        """Count what self-trade prevention takes; the report that follows tells the match."""
        self.prevented += quantity
        self.prevented_match = match

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
        self._numbered: dict[int, Order] = {}
        self.named: dict[tuple[str, str], Order] = {}
        """Those whose ids do not follow from their names, each the latest of its name."""
        self._open_counts: dict[str, int] = {}
        self.lists = ListTable()
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
        """Take over stored orders, and none but them; the closed ones oldest first."""
        for known in (self._orders, self._numbered, self.named, self._open_counts):
            known.clear()
        self._closed_ids.clear()
        for order in open_orders:
            self.add(order)
        for order in closed:
            self._orders[order.order_id] = order
            self._remember(order)

    def add(self, order: Order) -> None:
        """Remember a new open order."""
        self._orders[order.order_id] = order
        self._open_counts[order.account] = self.count_open(order.account) + 1

    def make_unique(self, order: Order) -> None:
        """Find the order by its name from now on, which is unique among the open ones alone."""
        self.rename(order, order.client_order_id)

    def rename(self, order: Order, client_order_id: str) -> None:
        """Give an order another name, which no open order has."""
        name = (order.account, order.client_order_id)
        if self.named.get(name) is order:
            del self.named[name]
        order.rename(client_order_id)
        self.named[order.account, client_order_id] = order

    def find_name(self, account: str, client_order_id: str) -> Order | None:
        """Find the latest order of that name, of those whose ids do not follow from their names."""
        return self.named.get((account, client_order_id))

    def number(self, order: Order, number: int) -> None:
        """Give an order its number; 0 is none."""
        order.number = number
        if number:
            self._numbered[number] = order

    def find_number(self, number: int) -> Order | None:
        """Find an order by its number, as `find` does by its id."""
        return self._numbered.get(number)

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
        if order.order_list is not None:
            self.lists.count_end(order.order_list)
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
            self._forget(self._closed_ids.popleft())

    def _forget(self, order_id: int) -> None:
        order = self._orders.pop(order_id)
        self._numbered.pop(order.number, None)
        name = (order.account, order.client_order_id)
        if order.is_unique and self.named.get(name) is order:
            del self.named[name]
