"""The core's events of a command, one after the other, without an object for each number.

Compiled where there is a compiler (`core_event.pxd` has the types).
"""

from collections.abc import Iterator, Sequence

import cython

from engine.core import EventRow


class CoreEvent:
    """The event in hand; the fields are those of `engine.core.codes.Event`."""

    def __init__(self) -> None:
        self.kind = self.reason = self.symbol = self.side = 0
        self.order_id = self.other_id = self.price = self.quantity = 0
        self.remaining = self.other_remaining = self.number = 0
        self.rows: Iterator[EventRow] | None = None
        """Those to come, where they are no records."""

    def open(self, events: Sequence[EventRow]) -> None:
        """Put before the first one of `events`."""
        open_events(self, events)

    def advance(self) -> bool:
        """Become the next one; False where there is none."""
        return next_event(self)

    def take_row(self) -> bool:
        """Become the next one of `rows`; False where there is none."""
        row = next(self.rows or iter(()), None)
        if row is None:
            self.rows = None
            return False
        self.kind, self.reason, self.symbol, self.side, self.order_id, self.other_id = row[:6]
        self.price, self.quantity, self.remaining, self.other_remaining, self.number = row[6:]
        return True


if not cython.compiled:

    def open_events(event: CoreEvent, events: Sequence[EventRow]) -> None:
        """What `open` does."""
        event.rows = iter(events)

    def next_event(event: CoreEvent) -> bool:
        """What `advance` does."""
        return event.take_row()
