"""The measurements that `benchmark.all` runs, with short settings."""

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmark.shared.child_process import end, start_python
from launcher.setup.environment import ROOT

_LOAD = ("benchmark/performance_test.py", "--start")
_HOUR = ROOT.parent / "shared" / "data" / "AAPL_hour.commands.csv.xz"
TOO_LONG = 124
MET_OR_NOT = (0, 1)
"""A requirement that is not met is a result too; any other status is a failure."""


class Part(NamedTuple):
    """A measurement: its arguments for Python, how long it may take, which statuses are fine.

    `is_asked_for`: it runs only if it is named.
    """

    name: str
    arguments: Sequence[str]
    seconds: float
    fine: Sequence[int] = MET_OR_NOT
    is_asked_for: bool = False

    @property
    def is_load(self) -> bool:
        """Whether it is a load test, which can draw a picture too."""
        return self.arguments[0] == _LOAD[0]


def _saturate(mode: str, *arguments: str) -> Part:
    options = ("--saturate", "--trial", "3", "--mode", mode, *arguments)
    return Part(f"saturate-{mode}", (*_LOAD, *options), 360)


_RECORDED = (
    Part("replay", ("-m", "benchmark.replay", str(_HOUR)), 120, fine=(0,)),
    Part(
        "replay-system", ("-m", "benchmark.replay", str(_HOUR), "--system"), 900, (0,),
        is_asked_for=True,
    ),
    Part("page", ("-m", "benchmark.page", str(_HOUR), "--commands", "20000"), 180),
)  # fmt: skip
"""`replay-system` needs a running system with an empty book."""

PARTS = (
    Part("load", (*_LOAD, "--seconds", "20"), 120),
    Part("mix", (*_LOAD, "--seconds", "10", "--flow", "mix"), 120),
    _saturate("single", "--rate", "1500"),
    _saturate("batch", "--rate", "4000"),
    _saturate("list", "--rate", "8000"),
    Part("core", ("-m", "benchmark.core", "--rounds", "3"), 300, fine=(0,)),
    Part("engine", ("-m", "benchmark.engine", "--orders", "20000", "--rounds", "1"), 240),
    Part("recovery", ("-m", "benchmark.engine", "--recovery", "200000"), 180, fine=(0,)),
    Part("snapshot", ("-m", "benchmark.engine", "--snapshot", "100000"), 180, fine=(0,)),
    Part("gateway", ("-m", "benchmark.gateway", "--requests", "3000", "--rounds", "3"), 180),
    Part("feed", ("-m", "benchmark.feed", "--seconds", "10"), 300),
    Part("archive", ("-m", "benchmark.archive", "--orders", "40000", "--seconds", "5"), 180),
    Part("overload", ("-m", "benchmark.overload", "--seconds", "10", "--saturate", "3"), 300),
    Part("abuse", ("-m", "benchmark.abuse", "--seconds", "2"), 300),
    Part("chaos", ("-m", "benchmark.chaos", "--seconds", "30"), 180, fine=(0,)),
    Part("takeover", ("-m", "benchmark.takeover", "--takeovers", "6"), 180),
    *(_RECORDED if _HOUR.exists() else ()),
)
"""In the order in which they run; all of them take about twenty minutes."""


def choose_parts(names: Sequence[str]) -> list[Part]:
    """Return those named, else all but `is_asked_for`; raises LookupError for an unknown name."""
    if unknown := set(names) - {part.name for part in PARTS}:
        known = ", ".join(part.name for part in PARTS)
        raise LookupError(f"no part {', '.join(sorted(unknown))}: choose of {known}")
    return [part for part in PARTS if part.name in names or not (names or part.is_asked_for)]


def run_part(part: Part, log: Path, figures: Path) -> int:
    """Run it and return its exit status; its output goes into `log`, its figures into `figures`.

    If it takes too long it is ended, and the status is 124.
    """
    arguments = list(part.arguments)
    figures.unlink(missing_ok=True)
    arguments += ["--json", str(figures.resolve())]
    if part.is_load:
        arguments += ["--picture", str(figures.with_suffix(".svg").resolve())]
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
