"""The book as a reader of the feed has it: rebuilt from messages, each of them verified."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from sortedcontainers import SortedDict

from protocol.checksum import CHECKSUM_LEVELS, compute_checksum
from protocol.events import Level

Json: TypeAlias = dict[str, Any]
"""A message as it is on the wire."""


class BookOutOfStep(Exception):
    """A message does not follow from the ones before it; the book must start anew."""


class ReaderBook:
    """The levels of one symbol. A price and a quantity are decimal strings.

    `last_update_id` is the last change in it, None while there is no valid book; `timestamp` is
    when the exchange made that change.
    """

    def __init__(self) -> None:
        self.last_update_id: int | None = None
        self.checksum = 0
        self.timestamp: str | None = None
        self._bids: SortedDict[Decimal, Level] = SortedDict()
        self._asks: SortedDict[Decimal, Level] = SortedDict()

    def bids(self, depth: int | None = None) -> list[Level]:
        """Return price and quantity of the best `depth` levels, best first; None: of all."""
        levels = self._bids.values()
        start = 0 if depth is None else max(0, len(levels) - depth)
        return list(levels[start:])[::-1]

    def asks(self, depth: int | None = None) -> list[Level]:
        """Return price and quantity of the best `depth` levels, best first; None: of all."""
        return list(self._asks.values()[:depth])

    def restart(self, snapshot: Json) -> None:
        """Take a `book_snapshot`; raises BookOutOfStep if its checksum is wrong."""
        self._bids.clear()
        self._asks.clear()
        self._take(snapshot)

    def apply(self, delta: Json) -> None:
        """Take a `book_delta`; raises BookOutOfStep if it does not follow or does not fit."""
        if self.last_update_id is None or delta["first_update_id"] != self.last_update_id + 1:
            raise BookOutOfStep(f"{delta['first_update_id']} does not follow {self.last_update_id}")
        self._take(delta)

    def forget(self) -> None:
        """Drop all levels: there is no valid book until the next snapshot."""
        self.last_update_id = None
        self._bids.clear()
        self._asks.clear()

    def _take(self, message: Json) -> None:
        _set_levels(self._bids, message["bids"])
        _set_levels(self._asks, message["asks"])
        self.last_update_id = message["last_update_id"]
        self.timestamp = message["timestamp"]
        self.checksum = compute_checksum(self.bids(CHECKSUM_LEVELS), self.asks(CHECKSUM_LEVELS))
        if self.checksum != message["checksum"]:
            raise BookOutOfStep(
                f"at {self.last_update_id} the checksum is {self.checksum}, the feed's is"
                f" {message['checksum']}"
            )


def _set_levels(side: "SortedDict[Decimal, Level]", levels: Iterable[Sequence[str]]) -> None:
    for price, quantity in levels:
        key = Decimal(price)
        if Decimal(quantity):
            side[key] = (price, quantity)
        else:
            side.pop(key, None)
