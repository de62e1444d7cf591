"""`benchmark.overload` for two seconds: what was accepted is matched, whoever comes too much."""

import subprocess
import sys

from launcher.setup.environment import ROOT


def test_everything_accepted_is_matched_where_redis_is_full_under_twice_the_load() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "benchmark.overload", "--seconds", "2", "--saturate", "2",
         "--way", "list", "--maxmemory", "64mb"],
        cwd=ROOT, capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "findings of verify" in answer.stdout
    for process in ("launcher", "redis", "engine", "gateway", "archive", "market-data"):
        assert f"  {process} " in answer.stdout
