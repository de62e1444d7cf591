"""No process outlives the launcher, not even if the launcher is killed by `kill -9`.

Linux: each child asks the kernel for SIGKILL at its parent's death, before it becomes the service.
Elsewhere (macOS has nothing like it): a guard process reads a pipe whose other end only the
launcher has. When the pipe ends, the launcher is dead, and the guard kills the processes that it
was told of. One gap is left: a launcher that dies after it has started a service and before it has
told the guard.
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
    """Return Popen's `preexec_fn`; None if the system has no death signal.

    The launcher has one thread only. That makes `preexec_fn` safe, and to the kernel that thread is
    the parent.
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
    """The launcher's side of the guard process; does nothing if the system has a death signal."""

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
        """Have `pid` die with the launcher."""
        self._tell(f"+{pid}\n")

    def forget(self, pid: int) -> None:
        """Note that `pid` has ended."""
        self._tell(f"-{pid}\n")

    def _tell(self, line: str) -> None:
        if self._pipe is not None:
            with suppress(OSError):
                self._pipe.write(line.encode())
                self._pipe.flush()


def guard_processes(lines: IO[str]) -> None:
    """Wait for the end of `lines`, then kill each pid that came with `+` and not with `-` later."""
    watched: set[int] = set()
    for line in lines:
        (watched.add if line[0] == "+" else watched.discard)(int(line[1:]))
    for pid in watched:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    guard_processes(sys.stdin)
