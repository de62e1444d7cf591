"""Measures the engine's work, and shows what it has measured to whoever asks Redis."""

import time
from collections.abc import Callable

from protocol import codec
from protocol.timings import EngineTimings

SECONDS_BETWEEN_WRITES = 1.0


class Stopwatch:
    """Three readings of a clock a batch, and one call of `write` a second where there was work."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._timings = EngineTimings()
        self._started = 0
        self._matched = 0
        self._written = 0.0
        self._has_news = False

    def start(self) -> None:
        """A batch has been taken."""
        self._started = time.perf_counter_ns()

    def note_matched(self) -> None:
        """What it leads to is known."""
        self._matched = time.perf_counter_ns()

    def note_committed(self, commands: int) -> None:
        """Its `commands` are confirmed."""
        now = time.perf_counter_ns()
        self._timings.matching.add(self._matched - self._started, commands)
        self._timings.commit.add(now - self._matched, commands)
        self._has_news = True

    def write_when_due(self) -> None:
        """Hand out the histograms as JSON; raises what `write` does."""
        now = time.monotonic()
        if self._has_news and now - self._written >= SECONDS_BETWEEN_WRITES:
            self._write(codec.encode(self._timings))
            self._written = now
            self._has_news = False
