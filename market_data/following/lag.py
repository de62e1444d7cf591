"""How long something that the engine has published has been missing here."""

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
        """Return the seconds since the oldest check that named something still not received.

        0 if there is none. Both mappings are channel to sequence; `published` is what the engine's
        state says now.
        """
        if len(self._open) < _MAX_CHECKS:  # only the oldest counts
            self._open.append(_Check(now, published))
        while self._open and has_received(self._open[0].published, received):
            self._open.popleft()
        return now - self._open[0].time if self._open else 0.0

    def clear(self) -> None:
        """Forget the checks: what comes next does not continue what was received."""
        self._open.clear()


def has_received(published: Mapping[str, int], received: Mapping[str, int]) -> bool:
    """Whether `received` is as far as `published` on each channel."""
    return all(received[channel] >= sequence for channel, sequence in published.items())
