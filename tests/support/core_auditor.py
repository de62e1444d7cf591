"""An auditor of price-time priority that sees only what is published.

It is told the events, never the commands or the rules. From them it keeps a queue of its own at
every price, and notes each trade that was not with the first order at the best price and each
published level that is not the sum of its queue.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from sortedcontainers import SortedDict

from engine.core import Event, EventKind, EventRow, Side

from .core_flow import Step
from .core_trails import TrailAuditor

ENTERING = frozenset(
    {EventKind.ACCEPTED, EventKind.AMENDED, EventKind.TRIGGERED, EventKind.RELEASED}
)
Queue = OrderedDict[int, "AuditedOrder"]


@dataclass(slots=True)
class AuditedOrder:
    """An order as its events show it."""

    order_id: int
    symbol: int
    side: int
    price: int
    remaining: int
    is_waiting: bool
    filled: int = 0
    display: int = 0
    hidden: int = 0

    @property
    def shown(self) -> int:
        return self.remaining - self.hidden


class Auditor:
    """Reads the events of one command after the other; `findings` is empty while all is well."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.trades = 0
        self._orders: dict[int, AuditedOrder] = {}
        self._queues: dict[tuple[int, int], SortedDict[int, Queue]] = {}
        self._last_ids: dict[tuple[str, int], int] = {}
        self._active: AuditedOrder | None = None
        self.trailing = TrailAuditor(self.findings.append)
        self.displays: dict[int, int] = {}
        """How much icebergs show: told, because no event of the core says so."""

    def expect(self, step: Step) -> None:
        """Learn of a command what no event of the core says; the id of an open order is refused."""
        for order_id, display in step.displays().items():
            if order_id not in self._orders:
                self.displays[order_id] = display
        for order_id, trail in step.trails().items():
            if order_id not in self._orders:
                self.trailing.trails[order_id] = trail

    def read(self, rows: Iterable[EventRow]) -> None:
        """Read the events of one command."""
        for row in rows:
            event = Event._make(row)
            self.trailing.read(event)
            if event.kind == EventKind.ACCEPTED and event.number:
                self._pend(event)
            elif event.kind in ENTERING:
                self._enter(event)
            elif event.kind == EventKind.TRADE:
                self._trade(event)
            elif event.kind == EventKind.REDUCED:
                self._reduce(event)
            elif event.kind in (EventKind.CANCELED, EventKind.EXPIRED):
                self._end(event)
            elif event.kind == EventKind.LEVEL:
                self._check_level(event)
        self._settle()
        self.trailing.finish()

    @property
    def open_count(self) -> int:
        return len(self._orders)

    def levels(self, symbol: int, side: int) -> list[tuple[int, int]]:
        """Return the side of the book that the events add up to, best price first."""
        queues = self._side(symbol, side)
        prices = list(reversed(queues)) if side == Side.BUY else list(queues)
        return [(price, _total(queues[price])) for price in prices]

    def open_ids(self, symbol: int) -> set[int]:
        return {order.order_id for order in self._orders.values() if order.symbol == symbol}

    def _side(self, symbol: int, side: int) -> SortedDict[int, Queue]:
        return self._queues.setdefault((symbol, side), SortedDict())

    def _best(self, symbol: int, side: int) -> int:
        price: int = self._side(symbol, side).peekitem(-1 if side == Side.BUY else 0)[0]
        return price

    def _enter(self, event: Event) -> None:
        """An order came, was amended, or was triggered: it is now the one that acts."""
        seen = self._orders.get(event.order_id)
        filled = seen.filled if seen else 0
        display = seen.display if seen else self.displays.get(event.order_id, 0)
        if event.quantity != filled + event.remaining:
            total = f"{event.quantity} is not {filled} + {event.remaining}"
            self.findings.append(f"wrong total: #{event.order_id}, {total}")
        if event.has_kept_place:
            self._change(self._orders[event.order_id], event)
            return
        self._settle()
        is_triggered = event.kind == EventKind.TRIGGERED
        if seen:
            self._leave(seen)
        price = seen.price if seen and is_triggered else event.price
        trail = self.trailing.trails.get(event.order_id)
        is_stop = event.stop_price > 0 or trail is not None
        is_new = seen is None or event.kind == EventKind.RELEASED
        was_waiting = is_stop if is_new or seen is None else seen.is_waiting
        is_waiting = was_waiting and not is_triggered
        order = (event.order_id, event.symbol, event.side, price, event.remaining, is_waiting)
        self._orders[event.order_id] = self._active = AuditedOrder(*order, filled, display)

    def _pend(self, event: Event) -> None:
        """An order came that waits for another one of its list, which may still act."""
        order = (event.order_id, event.symbol, event.side, event.price, event.remaining, True)
        display = self.displays.get(event.order_id, 0)
        self._orders[event.order_id] = AuditedOrder(*order, 0, display)

    def _settle(self) -> None:
        """Put what the acting order has left at the end of its queue."""
        order, self._active = self._active, None
        if order is None or order.order_id not in self._orders or order.is_waiting:
            return
        queues = self._side(order.symbol, order.side)
        queues.setdefault(order.price, OrderedDict())[order.order_id] = order
        if order.display:
            order.hidden = max(0, order.remaining - order.display)
        opposite = 1 - order.side
        if self._side(order.symbol, opposite):
            best = self._best(order.symbol, opposite)
            if order.price >= best if order.side == Side.BUY else order.price <= best:
                self.findings.append(f"crossed: #{order.order_id} rests at {order.price}")

    def _change(self, order: AuditedOrder, event: Event) -> None:
        """An amend takes what is hidden first; what waits may get anything."""
        if order.is_waiting:
            order.price = event.price
        else:
            order.hidden = max(0, order.hidden - (order.remaining - event.remaining))
        order.remaining = event.remaining

    def _reduce(self, event: Event) -> None:
        order = self._orders[event.order_id]
        order.remaining = event.remaining
        self._show_next(order)

    def _show_next(self, order: AuditedOrder) -> None:
        """If all that an iceberg showed is gone, the next part is the last at its price."""
        if order.hidden and not order.shown:
            order.hidden = max(0, order.hidden - order.display)
            self._side(order.symbol, order.side)[order.price].move_to_end(order.order_id)

    def _end(self, event: Event) -> None:
        order = self._orders[event.order_id]
        if event.quantity != order.remaining:
            rest = f"#{order.order_id} ends with {event.quantity}, has {order.remaining}"
            self.findings.append(f"wrong rest: {rest}")
        self._leave(order)

    def _leave(self, order: AuditedOrder) -> None:
        del self._orders[order.order_id]
        queues = self._side(order.symbol, order.side)
        queue = queues.get(order.price)
        if queue and queue.pop(order.order_id, None) and not queue:
            del queues[order.price]

    def _trade(self, event: Event) -> None:
        self.trades += 1
        maker, taker = self._orders[event.other_id], self._orders[event.order_id]
        name = f"trade {event.trade_id} of #{taker.order_id} with #{maker.order_id}"
        self._expect_next("trade", event.symbol, event.trade_id)
        best = self._best(event.symbol, maker.side)
        if maker.price != best:
            self.findings.append(f"trade-through: {name} at {maker.price}, best is {best}")
        first = next(iter(self._side(event.symbol, maker.side)[best]))
        if maker.price == best and first != maker.order_id:
            self.findings.append(f"out of turn: {name}, #{first} came first")
        if event.price != maker.price:
            self.findings.append(f"wrong price: {name} at {event.price}, rests at {maker.price}")
        self._fill(event, maker, event.other_remaining, name)
        self._fill(event, taker, event.remaining, name)

    def _fill(self, event: Event, order: AuditedOrder, remaining: int, name: str) -> None:
        order.remaining -= event.quantity
        order.filled += event.quantity
        if order.remaining != remaining or remaining < 0:
            self.findings.append(f"wrong remainder: {name}, #{order.order_id} has {remaining}")
        if order.shown < 0:
            self.findings.append(f"hidden: {name}, #{order.order_id} had shown less")
        if order.remaining <= 0:
            self._leave(order)
        self._show_next(order)

    def _check_level(self, event: Event) -> None:
        self._settle()
        self._expect_next("level", event.symbol, event.update_id)
        queue = self._side(event.symbol, event.side).get(event.price)
        total = _total(queue) if queue else 0
        if total != event.quantity:
            self.findings.append(f"wrong level: {event.price} has {total}, not {event.quantity}")

    def _expect_next(self, what: str, symbol: int, number: int) -> None:
        """Trade ids and update ids have no gap."""
        last = self._last_ids.get((what, symbol), 0)
        if number != last + 1:
            self.findings.append(f"gap: {what} {number} follows {last}")
        self._last_ids[what, symbol] = number


def _total(queue: Queue) -> int:
    return sum(order.shown for order in queue.values())
