"""Instructions a message, counted by valgrind: the same on a busy machine as on a quiet one."""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmark.core.cases import load
from benchmark.shared.figures import Figures
from engine.core import COMMAND_RECORD

COUNTED = Path(__file__).with_name("counted.py")
CHECKOUT = Path(__file__).resolve().parents[2]
MESSAGES = 200_000
LOOP = "*Matcher_run_records*"
"""What runs a batch, by its name in the compiled module: nothing else counts."""
COLLECTED = re.compile(r"Collected : (\d+)")


def report_instructions(
    cases: list[str], folder: Path | None, before: Path | None, figures: Figures
) -> None:
    """Print the instructions a message of each case, and those of the checkout `before`."""
    for case in cases:
        workload = load(case, folder)
        timed = workload.timed[: MESSAGES * COMMAND_RECORD.size]
        now = count_instructions(CHECKOUT, workload.symbols, workload.warm, timed)
        figures[f"{case}: instructions a message"] = now
        print(f"{case}: {now:.1f} instructions a message", end="")
        if before:
            then = count_instructions(before, workload.symbols, workload.warm, timed)
            print(f", {then:.1f} in {before}: {now / then - 1:+.1%}", end="")
        print()


def count_instructions(checkout: Path, symbols: int, warm: bytes, timed: bytes) -> float:
    """Return the instructions a timed message of the core that `checkout` has compiled."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "commands")
        totals = []
        for commands in (warm, warm + timed):
            file.write_bytes(commands)
            totals.append(_count(checkout.resolve(), file, symbols))
    return (totals[1] - totals[0]) / (len(timed) // COMMAND_RECORD.size)


def _count(checkout: Path, file: Path, symbols: int) -> int:
    command = [
        *("valgrind", "--tool=callgrind", f"--toggle-collect={LOOP}"),
        f"--callgrind-out-file={file}.out",
        *(sys.executable, "-P", str(COUNTED), str(file), str(symbols)),
    ]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        command, check=True, capture_output=True, cwd=checkout, env=environment, text=True
    )
    found = COLLECTED.search(done.stderr)
    assert found, done.stderr
    return int(found[1])
