"""Limits how many trades a connection may have sent again."""

import time
from collections.abc import Callable
from math import ceil

TRADES_A_SECOND = 1_000.0
TRADES_AT_ONCE = 50_000


class ResumeBudget:
    """A bucket of `TRADES_AT_ONCE` trades that refills with time and can be overdrawn.

    A client with anything left gets a whole `resume`, and then waits until the bucket is above zero
    again: no client that comes back once is refused, however many symbols it follows.
    """

    __slots__ = ("_at", "_clock", "_left")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._left = float(TRADES_AT_ONCE)

    def seconds_to_wait(self) -> int:
        """Return the seconds until something is left, rounded up; 0 if something is."""
        now = self._clock()
        self._left = min(TRADES_AT_ONCE, self._left + (now - self._at) * TRADES_A_SECOND)
        self._at = now
        return 0 if self._left > 0 else ceil((1 - self._left) / TRADES_A_SECOND)

    def charge(self, trades: int) -> None:
        """Spend as many as were sent."""
        self._left -= trades
