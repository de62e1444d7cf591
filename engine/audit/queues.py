"""The queue at each price, as an audit keeps it from what was reported."""

from collections.abc import Sequence
from dataclasses import dataclass

from sortedcontainers import SortedDict

from protocol.enums import ListType, Side
from protocol.instrument import Instrument
from protocol.order_lists import BOUGHT_TYPES, find_partner


@dataclass(slots=True)
class ReportedOrder:
    """An open order as its reports show it; prices in ticks (0 for none), quantities in lots."""

    order_id: str
    account: str
    instrument: Instrument
    side: Side
    price: int
    stop_price: int
    quantity: int
    filled: int
    remaining: int
    notional: int
    is_waiting: bool
    display: int = 0
    prevented: int = 0
    is_resting: bool = False
    hidden: int = 0
    is_pending: bool = False
    partner: str | None = None
    """The other leg of an OCO."""
    is_bought: bool = False
    """Whether it is one that sells what another one buys."""

    def join(self, list_type: ListType, order_ids: Sequence[int]) -> None:
        """Note the list that it is an order of."""
        partner = find_partner(list_type, order_ids, int(self.order_id))
        self.partner = None if partner is None else str(partner)
        self.is_bought = list_type in BOUGHT_TYPES and int(self.order_id) != order_ids[0]

    @property
    def shown(self) -> int:
        """What its level counts of it."""
        return self.remaining - self.hidden


class Level:
    """One price: its orders in order of arrival, and the sum of what they show."""

    __slots__ = ("orders", "total")

    def __init__(self) -> None:
        self.orders: dict[str, ReportedOrder] = {}
        self.total = 0


class Queues:
    """The queues of both sides of one symbol."""

    def __init__(self) -> None:
        self._sides: dict[Side, SortedDict[int, Level]] = {
            side: SortedDict() for side in (Side.BUY, Side.SELL)
        }
        self.touched: set[tuple[Side, int]] = set()
        """Prices where something changed since the set was last cleared."""

    def enter(self, order: ReportedOrder, hidden: int | None = None) -> None:
        """Put `order` at the end of the queue at its price, with so much of it `hidden`.

        None: an iceberg shows a whole part, if it has as much.
        """
        level = self._sides[order.side].setdefault(order.price, Level())
        level.orders[order.order_id] = order
        if order.display:
            order.hidden = max(0, order.remaining - order.display) if hidden is None else hidden
        level.total += order.shown
        order.is_resting = True
        self.touched.add((order.side, order.price))

    def leave(self, order: ReportedOrder) -> None:
        """Take `order` out of its queue, if it is in one."""
        if not order.is_resting:
            return
        levels = self._sides[order.side]
        level = levels[order.price]
        del level.orders[order.order_id]
        level.total -= order.shown
        order.hidden = 0
        if not level.orders:
            del levels[order.price]
        order.is_resting = False
        self.touched.add((order.side, order.price))

    def take(self, order: ReportedOrder, remaining: int) -> None:
        """Lower what remains of `order` by a trade, or as a trade does.

        If nothing is shown any more, the next part comes last in the queue.
        """
        before = order.shown
        order.remaining = remaining
        if not order.is_resting:
            return
        level = self._sides[order.side][order.price]
        if order.hidden and not order.shown:
            order.hidden = max(0, order.hidden - order.display)
            level.orders[order.order_id] = level.orders.pop(order.order_id)
        level.total += order.shown - before
        self.touched.add((order.side, order.price))

    def shrink(self, order: ReportedOrder, remaining: int) -> None:
        """Lower what remains of `order`, what is hidden first; it keeps its place."""
        before = order.shown
        order.hidden = max(0, order.hidden - (order.remaining - remaining))
        order.remaining = remaining
        if order.is_resting:
            self._sides[order.side][order.price].total += order.shown - before
            self.touched.add((order.side, order.price))

    def find_first(self, side: Side) -> ReportedOrder | None:
        """Find the order of `side` that must trade next; None if there is none."""
        levels = self._sides[side]
        if not levels:
            return None
        level: Level = levels.peekitem(-1 if side is Side.BUY else 0)[1]
        return next(iter(level.orders.values()))

    def total(self, side: Side, price: int) -> int:
        """Return the sum of what is shown at `price`, 0 if there are no orders."""
        level = self._sides[side].get(price)
        return level.total if level is not None else 0
