"""Measure the engine's work, and hand the figures out for `/metrics`."""

import time
from collections.abc import Callable, Sequence

from protocol import codec
from protocol.enums import Reason
from protocol.figures import EngineFigures

SECONDS_BETWEEN_WRITES = 1.0


class Meter:
    """Reads a clock four times a batch, and calls `write` once a second if there is news."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._figures = EngineFigures()
        self._started = 0
        self._sent = 0
        self._written = 0.0
        self._has_news = False

    def start(self) -> None:
        """Note that a batch has been taken."""
        self._started = time.perf_counter_ns()

    def note_matched(self, commands: int) -> None:
        """Note that its `commands` have been matched."""
        self._figures.matching.add(time.perf_counter_ns() - self._started, commands)
        self._has_news = True

    def note_sent(self) -> None:
        """Note that its commit is on its way."""
        self._sent = time.perf_counter_ns()

    def note_confirmed(self, commands: int, rejects: Sequence[Reason]) -> None:
        """Note that the commit is done: its number of commands, and why some were refused."""
        self._figures.commit.add(time.perf_counter_ns() - self._sent, commands)
        counts = self._figures.rejects
        for code in rejects:
            counts[code] = counts.get(code, 0) + 1

    def note_clock_jumps(self, jumps: int) -> None:
        """Note how often the wall clock has jumped."""
        self._has_news |= jumps != self._figures.clock_jumps
        self._figures.clock_jumps = jumps

    def write_when_due(self) -> None:
        """Write the figures as JSON if that is due; raise what `write` raises."""
        now = time.monotonic()
        if self._has_news and now - self._written >= SECONDS_BETWEEN_WRITES:
            self._write(codec.encode(self._figures))
            self._written = now
            self._has_news = False
