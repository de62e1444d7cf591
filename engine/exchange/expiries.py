"""When open orders end by themselves: those that are good till a date, or for the day.

An order ends in the first commit whose stamp has reached its time, before the commit's first
command: the stamps are in the journal, so that a replay does the same. No timer is needed for that;
the engine's timer entries only see to it that there is a commit while nobody sends anything. Where
more orders end at a time than one commit can hold, such entries are commits of their own before
anything else is taken, and each ends some of them.
"""

from heapq import heapify, heappop, heappush

from engine.exchange.orders import Order, OrderTable

DAY = 86_400_000_000
"""Microseconds of a day; each begins at 00:00 UTC."""
_SLACK = 64


def find_end_of_day(moment: int) -> int:
    """Return when the day of a moment ends, in microseconds."""
    return (moment // DAY + 1) * DAY


class Expiries:
    """The open orders that have an end, the next first; of one moment, by number."""

    def __init__(self, orders: OrderTable) -> None:
        self._orders = orders
        self._queue: list[tuple[int, int, int]] = []
        """End, number and id of each order; those that have ended since are dropped later."""
        self._rebuild_at = _SLACK

    def add(self, order: Order) -> None:
        """Note the end of an order that has one, once it has its number."""
        if order.expires_at and not order.is_closed:
            heappush(self._queue, (order.expires_at, order.number, order.order_id))
            if len(self._queue) > self._rebuild_at:
                self._rebuild()

    def is_due(self, now: int) -> bool:
        """Whether an order should have ended by `now`, in microseconds."""
        end = self.find_next()
        return end is not None and end <= now

    def is_crowded(self, now: int, count: int) -> bool:
        """Whether more than `count` ends are noted up to `now`, those of orders that ended too."""
        found, places = 0, [0]  # of a heap: what is behind a later one is later still
        while places and found <= count:
            place = places.pop()
            if place < len(self._queue) and self._queue[place][0] <= now:
                found += 1
                places += (2 * place + 1, 2 * place + 2)
        return found > count

    def find_next(self) -> int | None:
        """Return when the next order ends, in microseconds; None if none does."""
        while self._queue and self._find_open(self._queue[0]) is None:
            heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def pop_due(self, now: int) -> Order | None:
        """Return the order that is the next to end by `now`, and forget it; None: there is none."""
        if not self.is_due(now):
            return None
        return self._find_open(heappop(self._queue))

    def _find_open(self, entry: tuple[int, int, int]) -> Order | None:
        """Find the order of an entry, if it is still open; its id may be another's by now."""
        order = self._orders.find(entry[2])
        if order is None or order.is_closed or order.number != entry[1]:
            return None
        return order

    def _rebuild(self) -> None:
        """Drop what has ended: each time as much is added as was kept, so that it costs little."""
        self._queue = [entry for entry in self._queue if self._find_open(entry) is not None]
        heapify(self._queue)
        self._rebuild_at = 2 * len(self._queue) + _SLACK
