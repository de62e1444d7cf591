"""Measures the engine's work, and shows what it has measured to whoever asks Redis."""

import time
from collections.abc import Callable, Sequence

from protocol import codec
from protocol.enums import Reason
from protocol.figures import EngineFigures

SECONDS_BETWEEN_WRITES = 1.0


class Meter:
    """Four readings of a clock a batch, and one call of `write` a second where there was work."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._figures = EngineFigures()
        self._started = 0
        self._sent = 0
        self._written = 0.0
        self._has_news = False

    def start(self) -> None:
        """A batch has been taken."""
        self._started = time.perf_counter_ns()

    def note_matched(self, commands: int) -> None:
        """What its `commands` lead to is known."""
        self._figures.matching.add(time.perf_counter_ns() - self._started, commands)
        self._has_news = True

    def note_sent(self) -> None:
        """A commit is on its way."""
        self._sent = time.perf_counter_ns()

    def note_confirmed(self, commands: int, rejects: Sequence[Reason]) -> None:
        """It is done, with so many commands and what was refused of them."""
        self._figures.commit.add(time.perf_counter_ns() - self._sent, commands)
        counts = self._figures.rejects
        for code in rejects:
            counts[code] = counts.get(code, 0) + 1

    def write_when_due(self) -> None:
        """Hand out the figures as JSON; raises what `write` does."""
        now = time.monotonic()
        if self._has_news and now - self._written >= SECONDS_BETWEEN_WRITES:
            self._write(codec.encode(self._figures))
            self._written = now
            self._has_news = False
