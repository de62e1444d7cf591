"""Where the engine's stamps may have come to while it commits nothing."""

from collections.abc import Callable

from protocol.timestamps import now_in_microseconds, since_boot_in_microseconds


class EngineTime:
    """Follows the wall clock as the stamps do, but never faster than time goes by.

    A wall clock that is set ahead and back again, between two commits, leaves no trace in the
    stamps: candles that were closed by it would stand in the way of those to come. If it stays
    ahead, the next stamp says so.
    """

    def __init__(
        self,
        read_wall: Callable[[], int] = now_in_microseconds,
        read_steady: Callable[[], int] = since_boot_in_microseconds,
    ) -> None:
        self._read_wall = read_wall
        self._read_steady = read_steady
        self._ahead = read_wall() - read_steady()
        """How far the stamps may be ahead of the steady clock."""

    def read(self, stamp: int) -> int:
        """Read it, in microseconds; `stamp` is the latest that is known."""
        steady = self._read_steady()
        self._ahead = max(self._ahead, stamp - steady)
        return min(self._read_wall(), steady + self._ahead)
