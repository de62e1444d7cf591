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
    """A token bucket of `FRAMES_AT_ONCE` frames."""

    __slots__ = ("_at", "_clock", "_left", "refused")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._left = float(FRAMES_AT_ONCE)
        self.refused = 0

    def take(self) -> bool:
        """Spend one frame; return whether it was within the budget, else count it as refused."""
        now = self._clock()
        self._left = min(FRAMES_AT_ONCE, self._left + (now - self._at) * FRAMES_A_SECOND)
        self._at = now
        if self._left < 1:
            self.refused += 1
            return False
        self._left -= 1
        self.refused = 0
        return True
