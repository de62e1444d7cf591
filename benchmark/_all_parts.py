"""What `benchmark.all` runs, and with which short settings."""

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmark._child_process import end, start_python
from launcher.environment import ROOT

_LOAD = ("benchmark/performance_test.py", "--start")
_HOUR = ROOT.parent / "shared" / "data" / "AAPL_hour.commands.csv.xz"
TOO_LONG = 124
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
    with log.open("wb") as output:
        process = start_python(
            arguments, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        try:
            return process.wait(part.seconds)
        except subprocess.TimeoutExpired:
            return TOO_LONG
        finally:
            end(process, signal.SIGINT)  # lets it stop what it has started
