"""Processes whose wall clock a test sets, either way, while they run.

A library that is compiled for the test and preloaded answers them; only CLOCK_REALTIME is another.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_suffix(".c")
HOUR = 3600


class ShiftedClock:
    """A wall clock that is off by whole seconds.

    It is that of processes with `library` as LD_PRELOAD and `file` as CLOCK_OFFSET_FILE.
    """

    def __init__(self, folder: Path) -> None:
        self.library = str(_compile(folder))
        self.file = str(folder / "offset")
        self.set(0)

    def set(self, seconds: int) -> None:
        """Set it to be so far ahead of the machine's, or behind if it is negative."""
        fresh = Path(f"{self.file}.new")
        fresh.write_text(str(seconds))
        fresh.rename(self.file)


def _compile(folder: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        pytest.skip("the clock is shifted by a library that a C compiler has to make, on Linux")
    library = folder / "shifted_clock.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE)]
    subprocess.run(command, check=True)
    return library
