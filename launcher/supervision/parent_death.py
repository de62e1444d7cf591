"""Sees to it that no process outlives the launcher, `kill -9` of the launcher included.

Linux: each child asks the kernel for SIGKILL at its parent's death, before it becomes the service.
Elsewhere (macOS has nothing like it): a guard process reads a pipe whose other end only the
launcher has; the end of the pipe is the launcher's death, and the guard kills what it was told of.
What that leaves open: a service started in the instant between its start and the guard's note.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO

_PR_SET_PDEATHSIG = 1
_HAS_DEATH_SIGNAL = sys.platform == "linux"
_libc = ctypes.CDLL(None)  # loaded here: a child between fork and exec may not


def make_child_setup() -> Callable[[], None] | None:
    """What Popen's `preexec_fn` must be; None where the system has no death signal.

    The launcher has one thread only, which makes `preexec_fn` safe, and that thread is what the
    kernel takes for the parent.
    """
    if not _HAS_DEATH_SIGNAL:
        return None
    launcher = os.getpid()

    def die_with_launcher() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != launcher:  # it died before the line above
            os.kill(os.getpid(), signal.SIGKILL)

    return die_with_launcher


class Guard:
    """The launcher's side of the guard process; does nothing where there is a death signal."""

    def __init__(self, *, is_needed: bool = not _HAS_DEATH_SIGNAL) -> None:
        self._pipe: IO[bytes] | None = None
        if is_needed:
            process = subprocess.Popen(
                [sys.executable, "-m", "launcher.supervision.parent_death"],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
            self._pipe = process.stdin

    def watch(self, pid: int) -> None:
        """`pid` is to die with the launcher."""
        self._tell(f"+{pid}\n")

    def forget(self, pid: int) -> None:
        """`pid` has ended."""
        self._tell(f"-{pid}\n")

    def _tell(self, line: str) -> None:
        if self._pipe is not None:
            with suppress(OSError):
                self._pipe.write(line.encode())
                self._pipe.flush()


def guard_processes(lines: IO[str]) -> None:
    """Kills, once `lines` end, each pid that came with `+` and not with `-` after it."""
    watched: set[int] = set()
    for line in lines:
        (watched.add if line[0] == "+" else watched.discard)(int(line[1:]))
    for pid in watched:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    guard_processes(sys.stdin)
