"""The book as the public sees it: price to quantity, without orders."""

from collections.abc import Iterable
from itertools import islice
from typing import TypeAlias

from sortedcontainers import SortedDict

from market_data.market.broken_event import BrokenEvent
from market_data.market.grid import read_steps
from protocol.checksum import CHECKSUM_LEVELS, compute_checksum
from protocol.events import L2Delta, Level
from protocol.instrument import Instrument

_Change: TypeAlias = tuple[int, Level | None]
"""Key of a level, and its new value; None: it is gone."""


class BookSide:
    """Levels of one side, best first. `direction` is 1 for asks, -1 for bids."""

    __slots__ = ("_direction", "_levels")

    def __init__(self, direction: int) -> None:
        self._direction = direction
        self._levels: SortedDict[int, Level] = SortedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def top(self, depth: int | None = None) -> list[Level]:
        """Return the best `depth` levels; None: all."""
        return list(islice(self._levels.values(), depth))

    def read_changes(self, levels: Iterable[Level], instrument: Instrument) -> list[_Change]:
        """Return `levels` with their keys; raise BrokenEvent for one that is not on the grid."""
        return [
            (
                self._direction * read_steps(price, instrument.tick),
                (price, quantity) if read_steps(quantity, instrument.lot) else None,
            )
            for price, quantity in levels
        ]

    def apply(self, changes: Iterable[_Change]) -> None:
        """Set each level to its new quantity; one that is to go may be unknown."""
        for key, level in changes:
            if level is None:
                self._levels.pop(key, None)
            else:
                self._levels[key] = level


class BookView:
    """Both sides of one symbol, as of `last_update_id`."""

    __slots__ = ("_instrument", "asks", "bids", "last_update_id")

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self.bids = BookSide(-1)
        self.asks = BookSide(1)
        self.last_update_id = 0

    def apply(self, delta: L2Delta) -> None:
        """Bring the book to `delta.last_update_id`.

        Raise BrokenEvent, with nothing changed, if the delta does not continue the last one or has
        a level that is not on the instrument's grid.
        """
        if not self.last_update_id + 1 == delta.first_update_id <= delta.last_update_id:
            raise BrokenEvent(
                f"{delta.symbol}: update ids {delta.first_update_id} to {delta.last_update_id}"
                f" do not follow {self.last_update_id}"
            )
        bids = self.bids.read_changes(delta.bids, self._instrument)
        asks = self.asks.read_changes(delta.asks, self._instrument)
        self.bids.apply(bids)
        self.asks.apply(asks)
        self.last_update_id = delta.last_update_id

    def restore(self, last_update_id: int, bids: list[Level], asks: list[Level]) -> None:
        """Fill an empty book; raise BrokenEvent for a level that is not on the grid."""
        self.bids.apply(self.bids.read_changes(bids, self._instrument))
        self.asks.apply(self.asks.read_changes(asks, self._instrument))
        self.last_update_id = last_update_id

    def checksum(self) -> int:
        """Compute the checksum of the book as it is."""
        return compute_checksum(self.bids.top(CHECKSUM_LEVELS), self.asks.top(CHECKSUM_LEVELS))
