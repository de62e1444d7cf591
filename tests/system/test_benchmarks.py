"""The measurements that run against a system do what they say. No figure is judged here."""

import json
import subprocess
import sys
from pathlib import Path

from launcher.environment import ROOT
from launcher.run_file import RunRecord

RECORDED = """# a maker, a part of it taken, an amend down, an ioc that takes the rest, a cancel
N,a,S,1000,5
R,1,1,1000,5,-1,0
N,b,S,1001,4
N,c,B,1000,2
T,a,c,1000,2
R,2,2,1000,3,-1,0,1001,4,-1,0
A,b,3
I,d,B,1001,9
T,a,d,1000,3
T,b,d,1001,3
N,e,B,999,7
C,e
N,f,B,998,1
R,3,1,-1,0,998,1
"""


def run(exchange: RunRecord, *arguments: str) -> "subprocess.CompletedProcess[str]":
    addresses = ["--gateway", exchange.gateway_url, "--market-data", exchange.market_data_url]
    return subprocess.run(
        [sys.executable, *arguments, *addresses],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_recorded_flow_comes_out_of_the_system_as_it_was_recorded(
    exchange: RunRecord, tmp_path: Path
) -> None:
    recorded = tmp_path / "flow.csv"
    recorded.write_text(RECORDED)
    for arguments in ((), ("--system", "--symbol", "SOL-USDT")):
        done = run(exchange, "-m", "benchmark.replay", str(recorded), *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "trades right: 3 of 3" in done.stdout


def test_wrong_recorded_trade_is_a_difference(exchange: RunRecord, tmp_path: Path) -> None:
    recorded = tmp_path / "flow.csv"
    recorded.write_text(RECORDED.replace("T,a,c,1000,2", "T,a,c,1000,1"))
    done = run(exchange, "-m", "benchmark.replay", str(recorded))
    assert done.returncode == 1
    assert "trades right: 2 of 3" in done.stdout


def test_performance_test_counts_every_order(exchange: RunRecord, tmp_path: Path) -> None:
    report = tmp_path / "result.json"
    done = run(
        exchange, "benchmark/performance_test.py", "--rate", "200", "--seconds", "2",
        "--symbol", "ETH-USDT", "--json", str(report),
    )  # fmt: skip
    result = json.loads(report.read_text())
    assert (result["orders"], result["accepted"], result["matched_and_seen"]) == (400, 400, 400)
    assert (result["lost"], result["missing_trade_ids"], result["repeated_trade_ids"]) == (0, 0, 0)
    assert not result["passes"], "200 a second is not more than 1,000"
    assert done.returncode == 1


def test_performance_test_without_a_system_says_how_to_start_one() -> None:
    done = subprocess.run(
        [sys.executable, "benchmark/performance_test.py", "--gateway", "http://127.0.0.1:1"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "python start_system.py" in done.stdout
