"""A little of `benchmark.chaos`: all is killed and paused under load, nothing is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.setup.environment import ROOT

SEED = 594
"""One that kills Redis and engines several times, pauses Redis and both engines at once, and kills
and pauses the Binance gateway."""


def test_nothing_is_lost_and_nothing_matched_twice_in_half_a_minute_of_chaos(
    tmp_path: Path,
) -> None:
    figures = tmp_path / "chaos.json"
    answer = subprocess.run(
        [sys.executable, "-m", "benchmark.chaos", "--seconds", "30", "--seed", str(SEED),
         "--clients", "20", "--rate", "60", "--gap", "2", "--json", str(figures)],
        cwd=ROOT, capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    written = json.loads(figures.read_text())
    assert written["findings"] == []
    rows = written["rows"]
    assert (rows["lost"], rows["matched twice"], rows["accepted twice"]) == (0, 0, 0)
    assert rows["redis kills"] > 1
    assert rows["engine kills"] > 1
    assert rows["binance kills"] > 0
    assert rows["redis pauses beyond the lease"] > 0
    assert rows["engine pauses beyond the lease"] > 0
    assert rows["failed while Redis stood still"] > 0
    assert rows["recoveries"] > 1
    assert rows["orders acknowledged"] > 100
    assert rows["orders told of by Binance's names"] > 5
    for command in ("amend", "cancel", "cancel_after"):
        assert rows[f"{command} acknowledged"] > 0


@pytest.mark.parametrize(("place", "killed"), [((), "engine-"), (("--cluster",), "primary kills")])
def test_no_money_is_lost_on_its_way_between_shards_while_they_are_killed(
    tmp_path: Path, place: tuple[str, ...], killed: str
) -> None:
    figures = tmp_path / "chaos.json"
    answer = subprocess.run(
        [sys.executable, "-m", "benchmark.chaos", "--transfers", *place, "--kills", "5",
         "--gap", "1.5", "--seed", str(SEED), "--json", str(figures)],
        cwd=ROOT, capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    rows = json.loads(figures.read_text())["rows"]
    assert (rows["lost"], rows["sent or received twice"], rows["still on the way"]) == (0, 0, {})
    assert any(name.startswith(killed) for name in rows)
    assert rows["sent"] == rows["received"] > 10
