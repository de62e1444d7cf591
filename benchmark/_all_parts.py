"""What `benchmark.all` runs, and with which short settings."""

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from launcher.environment import ROOT
from launcher.parent_death import make_child_setup

_LOAD = ("benchmark/performance_test.py", "--start")
_HOUR = ROOT.parent / "shared" / "data" / "AAPL_hour.commands.csv.xz"
TOO_LONG = 124
_STOP_SECONDS = 20.0
MET_OR_NOT = (0, 1)
"""A requirement that is not met is a figure too; anything else is a failure."""


class Part(NamedTuple):
    """A measurement: its arguments for Python, how long it may take, which statuses are fine."""

    name: str
    arguments: Sequence[str]
    seconds: float
    fine: Sequence[int] = MET_OR_NOT

    @property
    def json_name(self) -> str:
        """Of the file that a load test writes."""
        return f"{self.name}.json"


def _saturate(mode: str, *arguments: str) -> Part:
    options = ("--saturate", "--trial", "3", "--mode", mode, *arguments)
    return Part(f"saturate-{mode}", (*_LOAD, *options), 240)


PARTS = (
    Part("load", (*_LOAD, "--seconds", "20"), 120),
    Part("mix", (*_LOAD, "--seconds", "10", "--flow", "mix"), 120),
    _saturate("single", "--rate", "1500"),
    _saturate("batch", "--rate", "4000"),
    _saturate("list", "--rate", "8000"),
    Part("core", ("-m", "benchmark.core", "--rounds", "3"), 240, fine=(0,)),
    Part("engine", ("-m", "benchmark.engine", "--orders", "20000", "--rounds", "1"), 180),
    Part("gateway", ("-m", "benchmark.gateway", "--requests", "3000", "--rounds", "2"), 180),
    Part("feed", ("-m", "benchmark.feed", "--seconds", "10"), 300),
    Part("archive", ("-m", "benchmark.archive", "--orders", "40000", "--seconds", "5"), 180),
    Part("chaos", ("-m", "benchmark.chaos", "--seconds", "30"), 180, fine=(0,)),
    *(
        [Part("replay", ("-m", "benchmark.replay", str(_HOUR)), 120, fine=(0,))]
        if _HOUR.exists()
        else []
    ),
)
"""In turn; all of them take about a quarter of an hour."""


def run_part(part: Part, log: Path, folder: Path) -> int:
    """Its exit status; what it says goes into `log`. Ended where it takes too long (status 124)."""
    arguments = list(part.arguments)
    if arguments[0].endswith("performance_test.py"):
        result = (folder / part.json_name).resolve()
        result.unlink(missing_ok=True)
        arguments += ["--json", str(result), "--picture", str(result.with_suffix(".svg"))]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            preexec_fn=_make_setup(),
        )
        try:
            return process.wait(part.seconds)
        except subprocess.TimeoutExpired:
            return TOO_LONG
        finally:
            _end(process)


def _make_setup() -> Callable[[], None]:
    """A child that dies with us, and that SIGINT ends even where we run in the background."""
    die_with_parent = make_child_setup()

    def set_up() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if die_with_parent is not None:
            die_with_parent()

    return set_up


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Let it stop what it has started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
