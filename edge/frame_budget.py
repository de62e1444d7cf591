"""Limits how many frames a client may send on a WebSocket."""

import time
from collections.abc import Callable

FRAMES_A_SECOND = 20.0
FRAMES_AT_ONCE = 100
"""Also the most fragments of one message."""
MAX_REFUSED_FRAMES = 100
"""Frames refused in a row after which the connection is closed."""
BYTES_AT_ONCE = 4_096
"""Received bytes that are read as frames before the budget is asked: an empty frame has 6 bytes."""
TOO_MANY_FRAMES = f"more than {FRAMES_A_SECOND:.0f} frames a second"


class FrameBudget:
    """A token bucket of `at_once` frames."""

    __slots__ = ("_a_second", "_at", "_at_once", "_clock", "_left", "refused")

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        a_second: float = FRAMES_A_SECOND,
        at_once: float = FRAMES_AT_ONCE,
    ) -> None:
        self._clock = clock
        self._a_second = a_second
        self._at_once = at_once
        self._at = clock()
        self._left = float(at_once)
        self.refused = 0

    def take(self) -> bool:
        """Spend one frame; return whether it was within the budget, else count it as refused."""
        now = self._clock()
        self._left = min(self._at_once, self._left + (now - self._at) * self._a_second)
        self._at = now
        if self._left < 1:
            self.refused += 1
            return False
        self._left -= 1
        self.refused = 0
        return True
