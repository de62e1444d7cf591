"""A system started by the launcher as a user would: in a process, a folder and on ports of its own.

Only processes that this very system started are ever signalled.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from launcher.setup.environment import ROOT
from launcher.supervision.processes import ProcessId
from launcher.supervision.run_file import RunRecord, find_running_system
from tests.support.ports import find_free_port
from tests.support.topology import read_shape
from tests.support.waiting import wait_until

START_SECONDS = 120.0
OUTPUT_SECONDS = 60.0
REAL = (str(ROOT / "start_system.py"),)
_numbers = count()
STAND_IN = ("-m", "tests.support.stand_in_system")


def run_command(
    folder: Path, *arguments: str, **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run a sub-command for the system on `folder` to its end."""
    return subprocess.run(
        [sys.executable, *REAL, *arguments],
        env=make_environment(folder, **settings),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def make_environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return a system's environment: `folder`, and free ports unless `settings` name others."""
    base = {
        name: value for name, value in os.environ.items() if not name.startswith(("REDIS", "COV_"))
    }
    own = {
        "DATA_DIR": str(folder),
        "GATEWAY_PORT": "0",
        "MARKET_DATA_PORT": "0",
        "BINANCE_PORT": "0",
        "REDIS_PORT": str(find_free_port()),
    }
    if (shape := read_shape()) and "REDIS_URL" not in settings:
        own |= {"REDIS_CLUSTER": f"{shape.primaries}x{shape.nodes_each}", "BALANCES": "unlimited"}
    return base | own | settings


class LaunchedSystem:
    """One run of the launcher. `entry` is REAL or STAND_IN."""

    def __init__(self, entry: tuple[str, ...], folder: Path, **settings: str) -> None:
        self.folder = folder
        self._output = folder.resolve().with_name(f"{folder.name}.{next(_numbers)}.out")
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *entry],
                env=make_environment(folder, **settings),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """Everything that it wrote."""
        return self._output.read_text()

    @property
    def record(self) -> RunRecord:
        """Its run file."""
        record = find_running_system(self.folder)
        assert record is not None, self.output
        return record

    @property
    def processes(self) -> dict[str, ProcessId]:
        """The running processes, by service."""
        return {item.name: item.process for item in self.record.services if item.process}

    def wait_until_ready(self) -> RunRecord:
        """Wait until all is ready; return its run file."""
        wait_until(
            lambda: self.process.poll() is not None or self._is_ready(),
            lambda: self.output,
            START_SECONDS,
        )
        assert self._is_ready(), self.output
        return self.record

    def wait_for_output(self, text: str) -> None:
        """Wait until it has written this, which comes a moment after what it did."""
        wait_until(lambda: text in self.output, lambda: self.output, OUTPUT_SECONDS)

    def wait_until_ended(self, seconds: float = START_SECONDS) -> int:
        """Wait for its end and return its exit status; raises TimeoutExpired if it goes on."""
        return self.process.wait(seconds)

    def _is_ready(self) -> bool:
        record = find_running_system(self.folder)
        return record is not None and record.is_ready

    def close(self) -> None:
        """End it; its children die with it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextmanager
def launch(entry: tuple[str, ...], folder: Path, **settings: str) -> Iterator[LaunchedSystem]:
    """Launch a system that runs as long as the context."""
    system = LaunchedSystem(entry, folder, **settings)
    try:
        yield system
    finally:
        system.close()
