"""The exchange's own time: how it goes, and what the engine's state says of it.

Which way it goes is fixed when an exchange begins. `real` follows the wall clock. With a factor it
goes on so many times as fast as time does. `manual` stands until an `advance` command moves it.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, Self

from protocol.machine_clocks import Reading
from protocol.timestamps import now_in_microseconds

MAX_FACTOR = 100_000
MANUAL_START = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, where each manual clock begins: a run must not depend on its day."""

CLOCK_RULE = f"real, manual, or a factor from 2x to {MAX_FACTOR}x"
_is_factor = re.compile(r"[1-9]\d{0,5}x", re.ASCII).fullmatch


class ClockMode(NamedTuple):
    """How many times as fast as time the exchange's clock goes: 1 is real, 0 is manual."""

    factor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the setting; raise ValueError if it is none."""
        if text in _WORDS:
            return cls(_WORDS[text])
        factor = int(text[:-1]) if _is_factor(text) else 0
        if not 2 <= factor <= MAX_FACTOR:
            raise ValueError(f"the clock must be {CLOCK_RULE}")
        return cls(factor)

    @property
    def is_real(self) -> bool:
        """Whether it follows the wall clock."""
        return self.factor == 1

    @property
    def is_manual(self) -> bool:
        """Whether commands alone move it."""
        return self.factor == 0

    def __str__(self) -> str:
        """Write the setting."""
        words = {factor: word for word, factor in _WORDS.items()}
        return words.get(self.factor) or f"{self.factor}x"


_WORDS = {"real": 1, "manual": 0}
REAL = ClockMode(1)
MANUAL = ClockMode(0)


class Mark(NamedTuple):
    """What the state says of the last commit: the machine's clocks then, and its stamp.

    With a real clock it has no stamp: nobody reckons from it.
    """

    reading: Reading
    timestamp: int | None = None

    def encode(self) -> bytes:
        """Encode it for the state."""
        boot_id, since_boot, wall = self.reading
        stamp = "" if self.timestamp is None else f" {self.timestamp}"
        return f"{boot_id} {since_boot} {wall}{stamp}".encode()

    @classmethod
    def decode(cls, raw: bytes | None) -> Self | None:
        """Decode it; return None if there is none, or if somebody has spoiled it."""
        try:
            boot_id, since_boot, wall, *stamp = (raw or b"").decode().split(" ")
            reading = Reading(boot_id, int(since_boot), int(wall))
            return cls(reading, int(stamp[0]) if stamp else None)
        except ValueError:
            return None


class ExchangeTime:
    """The exchange's time as a service knows it, from what it last read of the state.

    It is the wall clock's until something is known. `read` looks at the machine's clocks.
    """

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read
        self._mark: Mark | None = None
        self.moves = 0
        """How often `note_move` or `forget` was called."""
        self.mode = REAL

    def note(self, mode: bytes | None, mark: bytes | None) -> None:
        """Take the fields STATE_CLOCK_MODE and STATE_CLOCK; raise ValueError for a bad mode."""
        self.mode = decode_mode(mode)
        self._mark = Mark.decode(mark)

    def note_move(self, timestamp: int) -> None:
        """Know to where a manual clock was moved, in microseconds, as `clock_moves` tells it."""
        self.moves += 1
        self.mode = MANUAL
        known = self._mark.timestamp if self._mark is not None else None
        self._mark = Mark(self._read(), max(timestamp, known or timestamp))

    def forget(self) -> None:
        """Know that the exchange has begun anew: a manual clock is at its beginning."""
        self.moves += 1
        self._mark = None

    def now(self) -> int:
        """Return it, in microseconds."""
        if self.mode.is_real:
            return now_in_microseconds()
        mark = self._mark
        if mark is None or mark.timestamp is None:
            return MANUAL_START if self.mode.is_manual else now_in_microseconds()
        return mark.timestamp + self.mode.factor * self._read().since(mark.reading)

    def scale(self, microseconds: int) -> int:
        """Return how far it goes on in so much of the machine's time; a manual clock as far."""
        return microseconds * max(1, self.mode.factor)


def decode_mode(raw: bytes | None) -> ClockMode:
    """Decode STATE_CLOCK_MODE, real if there is none; raise ValueError if it is unknown here."""
    return REAL if raw is None else ClockMode.parse(raw.decode())
