"""Read the core's events of a command one by one."""

from collections.abc import Iterable, Iterator

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
        self._rows: Iterator[EventRow] = iter(())

    def open(self, events: Iterable[EventRow]) -> None:
        """Go to before the first of `events`."""
        self._rows = iter(events)

    def advance(self) -> bool:
        """Become the next event; return False if there is none."""
        row = next(self._rows, None)
        if row is None:
            return False
        self.kind, self.reason, self.symbol, self.side, self.order_id, self.other_id = row[:6]
        self.price, self.quantity, self.remaining, self.other_remaining, self.number = row[6:]
        self.stop_price, self.trade_id, self.update_id = row[9], row[10], row[10]
        return True
