"""Half a minute of `benchmark.chaos`: everything is killed under load, nothing is lost."""

import subprocess
import sys

import pytest

from launcher.environment import ROOT


@pytest.mark.timeout(240)
def test_nothing_is_lost_and_nothing_matched_twice_in_half_a_minute_of_chaos() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "benchmark.chaos", "--seconds", "30", "--seed", "1",
         "--clients", "20", "--rate", "60", "--gap", "2"],
        cwd=ROOT, capture_output=True, text=True, timeout=220, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    rows = dict(line.rsplit(maxsplit=1) for line in answer.stdout.splitlines() if "  " in line)
    assert (rows["lost"], rows["matched twice"]) == ("0", "0")
    assert int(rows["redis kills"]) > 1
    assert int(rows["engine kills"]) > 1
    assert int(rows["orders acknowledged"]) > 200
