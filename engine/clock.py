"""The engine's clock: the stamp of each commit, and how much time has elapsed since the one before.

A wall clock can be set, either way, while time goes on as always. So the time that has elapsed is
read from a clock that nobody sets, and the stamps are only led by the wall clock: what `Clock` does
with the two depends on what it is given, and on nothing else.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

from protocol.exchange_clock import MANUAL_START, REAL, ClockMode, Mark
from protocol.machine_clocks import Reading

JUMP_MICROSECONDS = 1_000_000
"""How far the wall clock must go astray between two looks, to be said to have jumped: a clock that
is slewed goes astray by less than a thousandth."""

logger = logging.getLogger(__name__)


class Moment(NamedTuple):
    """When a commit is made: its stamp, and the time since the commit before, in microseconds."""

    timestamp: int
    elapsed: int


class Clock:
    """Gives each commit its moment; `read` looks at the machine's clocks.

    Stamps follow the wall clock at once if it is ahead of them. If it is behind, they go on at half
    speed until it has caught up: never back, and never standing. In another `mode` than the real
    one the wall clock says nothing: each stamp is the one before and what has elapsed.
    """

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read
        self.mode = REAL
        self._timestamp = 0
        self._last = read()
        self._seen: Reading | None = None
        self.jumps = 0
        """How often the wall clock has jumped."""

    @property
    def mark(self) -> bytes:
        """What is stored with the commit whose moment was taken last, for `begin`."""
        return Mark(self._last, None if self.mode.is_real else self._timestamp).encode()

    def begin(self, timestamp: int, mark: bytes | None, mode: ClockMode = REAL) -> None:
        """Go on behind the last commit: its stamp, 0 if there is none, and its mark.

        One without a mark was made when its stamp says.
        """
        self.mode = mode
        self._last = self._read()
        self._timestamp = timestamp or self._choose_start()
        if timestamp:
            known = Mark.decode(mark)
            self._last = Reading("", 0, timestamp) if known is None else known.reading
        self._seen = self._seen or self._last

    def take(self, advance: int = 0) -> Moment:
        """Take the moment of the next commit; a manual clock moves on by `advance` microseconds."""
        reading = self._look()
        elapsed = self._count(reading) + (advance if self.mode.is_manual else 0)
        self._timestamp = self._stamp(reading, elapsed)
        self._last = reading
        return Moment(self._timestamp, elapsed)

    def measure(self) -> int:
        """Measure the exchange's time since the last commit, in microseconds."""
        return self._count(self._look())

    def foresee(self) -> int:
        """Return the stamp that a commit would have now."""
        reading = self._look()
        return self._stamp(reading, self._count(reading))

    def _count(self, reading: Reading) -> int:
        """Return the exchange's time from the last commit to `reading`."""
        return self.mode.factor * reading.since(self._last)

    def _stamp(self, reading: Reading, elapsed: int) -> int:
        """Return the stamp of a commit so long after the last one."""
        if not self.mode.is_real:
            return self._timestamp + elapsed
        return max(reading.wall, self._timestamp + (elapsed + 1) // 2)

    def _choose_start(self) -> int:
        """Choose the time before the first commit."""
        if self.mode.is_real:
            return 0
        return MANUAL_START if self.mode.is_manual else self._last.wall

    def _look(self) -> Reading:
        """Read the clocks; log it if the wall clock has jumped since they were last read."""
        reading = self._read()
        before = self._seen or reading
        self._seen = reading
        jump = reading.wall - before.wall - reading.since(before)
        if abs(jump) > JUMP_MICROSECONDS:
            self.jumps += 1
            way = "forward" if jump > 0 else "back"
            logger.warning("the wall clock jumped %.3f s %s", abs(jump) / 1_000_000, way)
        return reading
