"""Read the core's events of a command one by one, without an object for each number.

Compiled if there is a compiler (`core_event.pxd` has the types).
"""

from collections.abc import Iterator, Sequence

import cython

from engine.core import EventRow


class CoreEvent:
    """The event in hand, with the fields of `engine.core.codes.Event`.

    `stop_price`, `trade_id` and `update_id` hold only for the kinds of event that have them.
    """

    def __init__(self) -> None:
        self.kind = self.reason = self.symbol = self.side = 0
        self.order_id = self.other_id = self.price = self.quantity = 0
        self.remaining = self.other_remaining = self.stop_price = 0
        self.number = self.trade_id = self.update_id = 0
        self.rows: Iterator[EventRow] | None = None
        """The events to come, if they are not records."""

    def open(self, events: Sequence[EventRow]) -> None:
        """Go to before the first of `events`."""
        open_events(self, events)

    def advance(self) -> bool:
        """Become the next event; return False if there is none."""
        return next_event(self)

    def take_row(self) -> bool:
        """Become the next of `rows`; return False if there is none."""
        row = next(self.rows or iter(()), None)
        if row is None:
            self.rows = None
            return False
        self.kind, self.reason, self.symbol, self.side, self.order_id, self.other_id = row[:6]
        self.price, self.quantity, self.remaining, self.other_remaining, self.number = row[6:]
        self.stop_price, self.trade_id, self.update_id = row[9], row[10], row[10]
        return True


if not cython.compiled:

    def open_events(event: CoreEvent, events: Sequence[EventRow]) -> None:
        """Do what `open` says."""
        event.rows = iter(events)

    def next_event(event: CoreEvent) -> bool:
        """Do what `advance` says."""
        return event.take_row()
