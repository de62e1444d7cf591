"""Follows trailing stops from the events alone: an auditor of when they begin, move and fire.

What an order trails by is told, because no event of the core says so; its stop price is worked out
anew for each order at each trade.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from engine.core import Event, EventKind, Reason, Side, TrailingUnit

HIGHEST = 10**12
ENDING = (EventKind.TRIGGERED, EventKind.CANCELED, EventKind.EXPIRED)
"""What an order does not trail after."""
TELLING = (*ENDING, EventKind.AMENDED, EventKind.ACTIVATED)
"""What tells the stop price that an order has."""


class Trail(NamedTuple):
    """What an order trails by, and at what price it begins (0: at once), on a rise or a fall."""

    offset: int
    unit: int
    begins_at: int
    begins_on_rise: bool

    def has_begun(self, price: int) -> bool:
        """Whether a trade at the price lets it begin; 0 is no trade."""
        if not self.begins_at or not price:
            return not self.begins_at
        return price >= self.begins_at if self.begins_on_rise else price <= self.begins_at


@dataclass(slots=True)
class Follower:
    """An order that trails, and the extreme that it follows if it does so already."""

    trail: Trail
    symbol: int
    side: int
    extreme: int | None = None
    is_due: bool = False
    stop_before: int = 0
    """The stop price before the last trade: the one with which the other leg of a list, if it is
    that which trades, ends the order."""

    @property
    def stop_price(self) -> int:
        """The stop price now, 0 for none."""
        if not self.extreme:
            return 0
        distance = self.trail.offset
        if self.trail.unit == TrailingUnit.BASIS_POINTS:
            distance = -(-self.extreme * distance // 10_000)
        price = self.extreme + distance if self.side == Side.BUY else self.extreme - distance
        return price if 1 <= price <= HIGHEST else 0

    def see(self, price: int) -> None:
        """Take a trade into account."""
        self.stop_before = self.stop_price
        if self.extreme is None or self.is_due:
            self.is_due = self.is_due or self.trail.has_begun(price)
            return
        best = min if self.side == Side.BUY else max
        self.extreme = best(self.extreme, price) if self.extreme else price
        stop = self.stop_price
        self.is_due = bool(stop) and (price >= stop if self.side == Side.BUY else price <= stop)


class TrailAuditor:
    """Reads the events; notes what is not as the trades say."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self.trails: dict[int, Trail | None] = {}
        """By order id, of the orders to come; None for those that do not trail."""
        self.followers: dict[int, Follower] = {}
        self._last: dict[int, int] = {}
        self._report = report

    def read(self, event: Event) -> None:
        """Read one event."""
        if event.kind == EventKind.TRADE:
            self._last[event.symbol] = event.price
            for follower in self.followers.values():
                if follower.symbol == event.symbol:
                    follower.see(event.price)
        elif event.kind in (EventKind.ACCEPTED, EventKind.RELEASED):
            if not event.number:  # else it is pending, and comes in when it is released
                self._begin(event)
        elif event.kind in TELLING and event.order_id in self.followers:
            self._change(event, self.followers[event.order_id])
        elif event.kind == EventKind.ACTIVATED:
            self._report(f"begins: #{event.order_id} does not trail")

    def finish(self) -> None:
        """End a command: what was due has happened."""
        for order_id, follower in self.followers.items():
            if follower.is_due:
                self._report(f"overdue: #{order_id} at {follower.stop_price}")

    def _begin(self, event: Event) -> None:
        trail = self.trails.get(event.order_id)
        if trail is None:
            return
        follower = Follower(trail, event.symbol, event.side)
        self.followers[event.order_id] = follower
        last = self._last.get(event.symbol, 0)
        if follower.trail.has_begun(last):
            follower.extreme = last
        self._expect_stop(event, follower)

    def _change(self, event: Event, follower: Follower) -> None:
        if event.kind == EventKind.ACTIVATED:
            self._expect(event, follower, follower.is_due and follower.extreme is None)
            follower.extreme, follower.is_due = event.price, False
        elif event.kind == EventKind.TRIGGERED:
            self._expect(event, follower, follower.is_due and follower.extreme is not None)
        if event.kind in ENDING:
            del self.followers[event.order_id]
        if event.reason == Reason.OCO_TRIGGER and event.stop_price == follower.stop_before:
            return
        self._expect_stop(event, follower)

    def _expect(self, event: Event, follower: Follower, is_right: bool) -> None:
        if not is_right:
            kind = EventKind(event.kind).name.lower()
            self._report(f"{kind} too early: #{event.order_id} at {follower.stop_price}")

    def _expect_stop(self, event: Event, follower: Follower) -> None:
        if event.stop_price != follower.stop_price:
            told = f"#{event.order_id} tells {event.stop_price}, not {follower.stop_price}"
            self._report(f"wrong stop price: {told}")
