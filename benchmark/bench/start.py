"""How fast an exchange for tests is ready, is empty again, and is gone."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import goquant
from benchmark.shared.figures import Figures
from launcher.setup.environment import ROOT

_RESETS = 10
_TESTS = '''"""Small tests, each with a market of its own."""
import pytest


@pytest.mark.parametrize("number", range({count}))
def test_market_is_empty_and_trades(market, number):
    market.account("maker", USDT="1000", BTC="10")
    assert market.order("maker", "sell", "1", price="100")["status"] == "open"
    assert market.order("taker", "buy", "0.5")["status"] == "filled"
    assert [fill["quantity"] for fill in market.fills("maker")] == ["0.50000"]
'''


def measure_starts(runs: int) -> Figures:
    """Start so many exchanges one after the other, print a line for each, return the medians."""
    print("| run | ready, s | reset, s, median of 10 | gone, s | CPU of all, s | load |")
    print("|---|---|---|---|---|---|")
    rows = [_measure_run(number) for number in range(1, runs + 1)]
    names = ("ready s", "reset s", "gone s", "CPU s")
    medians = (statistics.median(column) for column in zip(*rows, strict=True))
    return dict(zip(names, medians, strict=True))


def _measure_run(number: int) -> tuple[float, float, float, float]:
    before = os.times()
    started = time.monotonic()
    with goquant.exchange() as exchange:
        ready = time.monotonic() - started
        reset = statistics.median(_time(exchange.reset) for _ in range(_RESETS))
        started = time.monotonic()
    gone = time.monotonic() - started
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    load = os.getloadavg()[0]
    print(f"| {number} | {ready:.2f} | {reset:.3f} | {gone:.2f} | {cpu:.2f} | {load:.1f} |")
    return ready, reset, gone, cpu


def _time(action: Callable[[], object]) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


def measure_tests(count: int) -> Figures:
    """Run so many small tests with the plugin; raise CalledProcessError if one fails."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_small.py").write_text(_TESTS.format(count=count))
        plugins = ("-p", "no:goquant", "-p", "goquant.testing.plugin", "-p", "no:cacheprovider")
        started = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "pytest", *plugins, "-q", "test_small.py"],
            cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True,
        )  # fmt: skip
        return {"tests": count, "seconds": time.monotonic() - started}
