"""Measures the engine's work, and shows what it has measured to whoever asks Redis."""

import time
from collections.abc import Callable

from protocol import codec
from protocol.timings import EngineTimings

SECONDS_BETWEEN_WRITES = 1.0


class Stopwatch:
    """Four readings of a clock a batch, and one call of `write` a second where there was work."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._timings = EngineTimings()
        self._started = 0
        self._sent = 0
        self._written = 0.0
        self._has_news = False

    def start(self) -> None:
        """A batch has been taken."""
        self._started = time.perf_counter_ns()

    def note_matched(self, commands: int) -> None:
        """What its `commands` lead to is known."""
        self._timings.matching.add(time.perf_counter_ns() - self._started, commands)
        self._has_news = True

    def note_sent(self) -> None:
        """A commit is on its way."""
        self._sent = time.perf_counter_ns()

    def note_confirmed(self, commands: int) -> None:
        """It is done, with so many commands; 0: there was none."""
        if commands:
            self._timings.commit.add(time.perf_counter_ns() - self._sent, commands)

    def write_when_due(self) -> None:
        """Hand out the histograms as JSON; raises what `write` does."""
        now = time.monotonic()
        if self._has_news and now - self._written >= SECONDS_BETWEEN_WRITES:
            self._write(codec.encode(self._timings))
            self._written = now
            self._has_news = False
