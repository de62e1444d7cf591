"""Commands of the set-up: run side by side, shown in one line, ended together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from launcher.setup.environment import LOG_FOLDER, ROOT
from launcher.setup.errors import LaunchError

_TAIL_LINES = 15
_LINE_WIDTH = 78
_QUIET_SECONDS = 10.0
_END_SECONDS = 3.0
_PAUSE_SECONDS = 0.05


class Track:
    """A command that runs beside others, its output in a log of its own."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.log = LOG_FOLDER / f"{name}.log"
        self.status: int | None = None
        self.seconds = 0.0
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._begin = time.monotonic()

    def start(self) -> None:
        """Start it."""
        self._begin = time.monotonic()
        with self.log.open("wb") as output, _signals_kept():
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                close_fds=False,  # the set-up's lock is held as long as one of them lives
            )

    def poll(self) -> bool:
        """Return whether it has ended."""
        if self.status is None and self._process and self._process.poll() is not None:
            self.status = self._process.returncode
            self.seconds = time.monotonic() - self._begin
        return self.status is not None

    def end(self) -> None:
        """End it if it runs, with all the processes that it has started."""
        if self._process is None:
            return
        try:
            self._signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
        finally:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def describe_failure(self) -> str:
        """Return the end of the log, below a line that says what failed."""
        tail = "\n".join(f"  {line}" for line in read_last_lines(self.log, _TAIL_LINES))
        return f"{self.name}: exit status {self.status}; the last lines of {self.log}:\n{tail}"

    def _signal(self, number: int) -> None:
        if self._process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Let a signal that asks for the end wait: no process begins that nobody knows of."""
    kept: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {
        number: signal.signal(number, lambda kept_number, _: kept.append(kept_number))
        for number in numbers
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if kept:
        raise KeyboardInterrupt


def run_side_by_side(title: str, *tracks: Track) -> None:
    """Run them to the end, the progress in one line; raise LaunchError if one fails.

    None of their processes outlives this.
    """
    progress = _Progress(title)
    try:
        for track in tracks:
            track.start()
        while running := [track for track in tracks if not track.poll()]:
            _check(tracks)
            progress.show(running[0])
            time.sleep(_PAUSE_SECONDS)
        _check(tracks)
    finally:
        progress.close()
        for track in tracks:
            track.end()


def _check(tracks: Sequence[Track]) -> None:
    for track in tracks:
        if track.status:
            raise LaunchError(
                f"{track.describe_failure()}\nMend what it says, then run the same command again. "
                "Offline, or behind a proxy: HTTPS_PROXY, PIP_INDEX_URL; that index must have "
                "the very files whose hashes are in requirements.lock. To do without the compiled "
                "core: ENGINE_CORE=python"
            )


class _Progress:
    """One line on a terminal; elsewhere a line now and then. Standard output is the command's."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._begin = self._shown = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._print(f"{title} ...", end="" if self._is_terminal else "\n")

    def show(self, track: Track) -> None:
        now = time.monotonic()
        line = f"{self._title} ... {now - self._begin:.0f} s"
        if self._is_terminal:
            line = f"{line}  {track.name}: {' '.join(read_last_lines(track.log, 1))}"
            self._print(f"\r{line[:_LINE_WIDTH]:{_LINE_WIDTH}}", end="")
        elif now - self._shown > _QUIET_SECONDS:
            self._shown = now
            self._print(line)

    def close(self) -> None:
        if self._is_terminal:
            self._print(f"\r{'':{_LINE_WIDTH}}\r", end="")

    def _print(self, text: str, end: str = "\n") -> None:
        print(text, end=end, file=sys.stderr, flush=True)


def read_last_lines(path: Path, count: int) -> list[str]:
    """Return the last `count` lines of a text file that are not blank."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - 400 * count))
        text = file.read().decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()][-count:]
