"""The queue at each price, as an audit keeps it from what was reported."""

from dataclasses import dataclass

from sortedcontainers import SortedDict

from protocol.enums import Side
from protocol.instrument import Instrument


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
    is_resting: bool = False


class Level:
    """One price: its orders in order of arrival, and the sum of what remains of them."""

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

    def enter(self, order: ReportedOrder) -> None:
        """Put `order` at the end of the queue at its price."""
        level = self._sides[order.side].setdefault(order.price, Level())
        level.orders[order.order_id] = order
        level.total += order.remaining
        order.is_resting = True
        self.touched.add((order.side, order.price))

    def leave(self, order: ReportedOrder) -> None:
        """Take `order` out of its queue, if it is in one."""
        if not order.is_resting:
            return
        levels = self._sides[order.side]
        level = levels[order.price]
        del level.orders[order.order_id]
        level.total -= order.remaining
        if not level.orders:
            del levels[order.price]
        order.is_resting = False
        self.touched.add((order.side, order.price))

    def reduce(self, order: ReportedOrder, remaining: int) -> None:
        """Lower what remains of `order`; it keeps its place."""
        if order.is_resting:
            self._sides[order.side][order.price].total -= order.remaining - remaining
            self.touched.add((order.side, order.price))
        order.remaining = remaining

    def find_first(self, side: Side) -> ReportedOrder | None:
        """Find the order of `side` that must trade next; None if there is none."""
        levels = self._sides[side]
        if not levels:
            return None
        level: Level = levels.peekitem(-1 if side is Side.BUY else 0)[1]
        return next(iter(level.orders.values()))

    def total(self, side: Side, price: int) -> int:
        """Return the sum of what remains at `price`, 0 if there are no orders."""
        level = self._sides[side].get(price)
        return level.total if level is not None else 0
