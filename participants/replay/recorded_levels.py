"""The book of a record that has levels, as the record has it."""

from sortedcontainers import SortedDict

from participants.formats.records import Cleared, LevelSet
from participants.replay.recorded_orders import Level


class RecordedLevels:
    """Quantities by price, and which levels have changed since somebody took note of it."""

    def __init__(self) -> None:
        self._books: dict[bool, SortedDict[int, int]] = {True: SortedDict(), False: SortedDict()}
        self._ages: dict[Level, int] = {}
        self._age = 0
        self.changed: dict[Level, None] = {}
        """As a set that keeps the order; whoever takes note of it puts an empty one there."""

    def apply(self, record: LevelSet | Cleared) -> None:
        """Do what the record says."""
        if isinstance(record, LevelSet):
            self._set(record)
        else:
            for is_bid, price in self.list_levels():
                self._set(LevelSet(is_bid, price, 0))

    def drop_crossing(self) -> int:
        """Take away levels that newer ones of the other side cross; return how many."""
        bids, asks = self._books[True], self._books[False]
        count = 0
        while bids and asks and bids.peekitem(-1)[0] >= asks.peekitem(0)[0]:
            best = ((True, bids.peekitem(-1)[0]), (False, asks.peekitem(0)[0]))
            is_bid, price = min(best, key=self._ages.__getitem__)
            self._set(LevelSet(is_bid, price, 0))
            count += 1
        return count

    def find_quantity(self, level: Level) -> int:
        """Return what a level has."""
        is_bid, price = level
        return self._books[is_bid].get(price, 0)

    def list_levels(self) -> dict[Level, int]:
        """Return the quantity of each level."""
        return {
            (is_bid, price): quantity
            for is_bid, book in self._books.items()
            for price, quantity in book.items()
        }

    def _set(self, record: LevelSet) -> None:
        is_bid, price, quantity = record
        level = (is_bid, price)
        if quantity:
            self._age += 1
            self._books[is_bid][price], self._ages[level] = quantity, self._age
        else:
            self._books[is_bid].pop(price, None)
            self._ages.pop(level, None)
        self.changed[level] = None
