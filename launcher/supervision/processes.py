"""Processes by pid and start time: a pid that the system uses again is another process."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from launcher.supervision.waiting import wait_until


class ProcessId(NamedTuple):
    """A pid, and when its process began, in the system's own form."""

    pid: int
    began: str

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return read_start_time(self.pid) == self.began

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.is_alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; return whether it has within `seconds`."""
        with suppress(TimeoutError):
            wait_until(lambda: not self.is_alive, f"process {self.pid} has ended", seconds)
        return not self.is_alive


def identify_process(pid: int) -> ProcessId:
    """Return the process that has `pid` now."""
    return ProcessId(pid, read_start_time(pid) or "")


def read_start_time(pid: int) -> str | None:
    """Return when the process `pid` began, in the system's own form; None if it is gone."""
    if sys.platform == "linux":
        try:
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if state in "ZX" else fields[18]
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, began = answer.stdout.strip().partition(" ")
    return None if not began or state.startswith("Z") else began.strip()
