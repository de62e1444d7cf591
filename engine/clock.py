"""The engine's clock: the stamp of each commit, and how much time has elapsed since the one before.

A wall clock can be set, either way, while time goes on as always. So the time that has elapsed is
read from a clock that nobody sets, and the stamps are only led by the wall clock: what `Clock` does
with the two depends on what it is given, and on nothing else.
"""

import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from protocol.timestamps import now_in_microseconds, since_boot_in_microseconds

JUMP_MICROSECONDS = 1_000_000
"""How far the wall clock must go astray between two looks, to be said to have jumped: a clock that
is slewed goes astray by less than a thousandth."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

logger = logging.getLogger(__name__)


class Reading(NamedTuple):
    """A look at the machine's clocks, in microseconds: since it was booted, and since 1970."""

    boot_id: str
    since_boot: int
    wall: int

    def since(self, earlier: "Reading") -> int:
        """Measure the time since an earlier look; by the wall clock after a boot, and never < 0."""
        if self.boot_id == earlier.boot_id:
            return max(0, self.since_boot - earlier.since_boot)
        return max(0, self.wall - earlier.wall)

    def encode(self) -> bytes:
        """Encode it for the state."""
        return f"{self.boot_id} {self.since_boot} {self.wall}".encode()


class Moment(NamedTuple):
    """When a commit is made: its stamp, and the time since the commit before, in microseconds."""

    timestamp: int
    elapsed: int


class Clock:
    """Gives each commit its moment; `read` looks at the machine's clocks.

    Stamps follow the wall clock at once if it is ahead of them. If it is behind, they go on at half
    speed until it has caught up: never back, and never standing.
    """

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read
        self._timestamp = 0
        self._last = read()
        self._seen: Reading | None = None
        self.jumps = 0
        """How often the wall clock has jumped."""

    @property
    def mark(self) -> bytes:
        """What is stored with the commit whose moment was taken last, for `begin`."""
        return self._last.encode()

    def begin(self, timestamp: int, mark: bytes | None) -> None:
        """Go on behind the last commit: its stamp, 0 if there is none, and its mark.

        One without a mark was made when its stamp says.
        """
        self._timestamp = timestamp
        self._last = self._read()
        if timestamp:
            self._last = _decode(mark) or Reading("", 0, timestamp)
        self._seen = self._seen or self._last

    def take(self) -> Moment:
        """Take the moment of the next commit."""
        reading = self._look()
        elapsed = reading.since(self._last)
        self._timestamp = max(reading.wall, self._timestamp + (elapsed + 1) // 2)
        self._last = reading
        return Moment(self._timestamp, elapsed)

    def measure(self) -> int:
        """Measure the time since the last commit, in microseconds."""
        return self._look().since(self._last)

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


def open_machine_clocks() -> Callable[[], Reading]:
    """Make the function that reads this machine's clocks.

    A machine that does not tell its boots apart counts each process as one.
    """
    try:
        boot_id = _BOOT_ID.read_text().strip()
    except OSError:
        boot_id = secrets.token_hex(16)

    return lambda: Reading(boot_id, since_boot_in_microseconds(), now_in_microseconds())


def _decode(mark: bytes | None) -> Reading | None:
    """Decode a mark; None if there is none, or if somebody has spoiled it."""
    try:
        boot_id, since_boot, wall = (mark or b"").decode().split(" ")
        return Reading(boot_id, int(since_boot), int(wall))
    except ValueError:
        return None
