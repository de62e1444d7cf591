"""Recent deltas of one symbol, merged into one for a reader that has missed some."""

from collections import deque
from collections.abc import Iterable

from protocol.events import L2Delta, Level

DELTAS_KEPT = 2_000
"""Deltas that a symbol remembers; a reader that has missed more gets a new snapshot."""


class DeltaRing:
    """The last `DELTAS_KEPT` deltas, each of which continues the one before."""

    __slots__ = ("_deltas", "_symbol")

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._deltas: deque[L2Delta] = deque(maxlen=DELTAS_KEPT)

    def append(self, delta: L2Delta) -> None:
        """Remember `delta`, which continues the last one."""
        self._deltas.append(delta)

    def merge_from(self, first_update_id: int) -> L2Delta | None:
        """Return everything since `first_update_id` as one delta.

        None if the ring begins later, or no delta begins there.
        """
        missed: list[L2Delta] = []
        for delta in reversed(self._deltas):
            if delta.last_update_id < first_update_id:
                break
            missed.append(delta)
        if not missed or missed[-1].first_update_id != first_update_id:
            return None
        return self._merge(missed[::-1])

    def _merge(self, deltas: list[L2Delta]) -> L2Delta:
        return L2Delta(
            symbol=self._symbol,
            first_update_id=deltas[0].first_update_id,
            last_update_id=deltas[-1].last_update_id,
            bids=_merge_levels(delta.bids for delta in deltas),
            asks=_merge_levels(delta.asks for delta in deltas),
            timestamp=deltas[-1].timestamp,
        )


def _merge_levels(sides: Iterable[list[Level]]) -> list[Level]:
    return list({price: quantity for levels in sides for price, quantity in levels}.items())
