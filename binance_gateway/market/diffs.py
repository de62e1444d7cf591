"""Changes of a book, collected over a window of time, as a diff event tells them."""

from typing import NamedTuple

from protocol.events import L2Delta, Level


class Diff(NamedTuple):
    """All levels that changed between two update ids, with their last quantities."""

    first_update_id: int
    last_update_id: int
    bids: list[Level]
    asks: list[Level]


class DiffWindow:
    """What has changed since the window was last taken: bounded by the levels that there are."""

    __slots__ = ("_asks", "_bids", "_first", "_last")

    def __init__(self) -> None:
        self._first = 0
        self._last = 0
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}

    def add(self, delta: L2Delta | Diff) -> None:
        """Add a change that continues the one before."""
        if not self._first:
            self._first = delta.first_update_id
        self._last = delta.last_update_id
        self._bids.update(delta.bids)
        self._asks.update(delta.asks)

    def take(self) -> Diff | None:
        """Return what has changed, and begin the next window; None: nothing has."""
        if not self._first:
            return None
        diff = Diff(self._first, self._last, list(self._bids.items()), list(self._asks.items()))
        self.clear()
        return diff

    def clear(self) -> None:
        """Forget what has changed."""
        self._first = self._last = 0
        self._bids, self._asks = {}, {}
