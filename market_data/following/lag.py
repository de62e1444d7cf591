"""How long what the engine has published has not been here."""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

_MAX_CHECKS = 600


class _Check(NamedTuple):
    time: float
    published: Mapping[str, int]


class Lag:
    """Remembers what the engine had published at each check, until it is received."""

    def __init__(self) -> None:
        self._open: deque[_Check] = deque()

    def measure(
        self, now: float, published: Mapping[str, int], received: Mapping[str, int]
    ) -> float:
        """Seconds since the oldest check of which something has not been received; 0: none.

        Both are channel to sequence; `published` is what the engine's state says now.
        """
        if len(self._open) < _MAX_CHECKS:  # the oldest counts, so what comes after may be left out
            self._open.append(_Check(now, published))
        while self._open and has_received(self._open[0].published, received):
            self._open.popleft()
        return now - self._open[0].time if self._open else 0.0

    def clear(self) -> None:
        """Forget the checks: what comes is not of the same history."""
        self._open.clear()


def has_received(published: Mapping[str, int], received: Mapping[str, int]) -> bool:
    """Whether `received` is as far as `published` on each channel."""
    return all(received[channel] >= sequence for channel, sequence in published.items())
