"""The measurements that run against a system do what they say. No figure is judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.setup.environment import ROOT
from launcher.supervision.run_file import RunRecord
from tests.support import http
from tests.support.launched_system import REAL, launch
from tests.support.market_rest import read_market

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
DECIMALS = """# as the exchange has them: a maker, a part of it taken, an amend down, a cancel
C,of-an-order-before
N,a,S,2500.00,0.5
I,b,B,2500,0.2
T,a,b,2500,0.2
A,a,0.4
C,a
"""


def run(exchange: RunRecord, *arguments: str) -> "subprocess.CompletedProcess[str]":
    addresses = ["--gateway", exchange.gateway_url, "--market-data", exchange.market_data_url]
    return subprocess.run(
        [sys.executable, *arguments, *addresses],
        cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
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


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--mode", "batch", "--batch", "20"),
        ("--flow", "mix"),
        ("--flow", "mix", "--mode", "batch", "--batch", "20"),
        ("--flow", "mix", "--mode", "list"),
    ],
    ids=" ".join,
)
def test_performance_test_counts_every_order(
    exchange: RunRecord, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    report, picture = tmp_path / "result.json", tmp_path / "picture.svg"
    done = run(
        exchange, "benchmark/performance_test.py", "--rate", "200", "--seconds", "2",
        "--symbol", "ETH-USDT", "BTC-USDT", "--redis", exchange.redis.url, *arguments,
        "--json", str(report), "--picture", str(picture),
    )  # fmt: skip
    result = json.loads(report.read_text())
    assert (result["orders"], result["accepted"], result["seen"]) == (400, 400, 400), done.stdout
    assert (result["lost"], result["matched_twice"], result["refused"]) == (0, 0, {})
    assert (result["missing_trade_ids"], result["repeated_trade_ids"]) == (0, 0)
    assert (result["missing_reports"], result["repeated_reports"]) == (0, 0)
    assert result["stages_ms"]["order to feed"]["count"] > 0
    assert result["engine_matching_ms"]["p99"] > 0
    assert not result["passes"], "200 a second is not more than 1,000"
    assert done.returncode == 1
    assert picture.read_text().startswith("<svg")
    for symbol in ("ETH-USDT", "BTC-USDT"):
        book = read_market(exchange.market_data_url, f"/v1/orderbook/{symbol}")
        assert (book["bids"], book["asks"]) == ([], []), "it leaves nothing behind"


def test_performance_test_replays_a_recording(exchange: RunRecord, tmp_path: Path) -> None:
    recorded, report = tmp_path / "flow.csv", tmp_path / "result.json"
    recorded.write_text(DECIMALS)
    done = run(
        exchange, "benchmark/performance_test.py", "--replay", str(recorded), "--rate", "50",
        "--symbol", "ETH-USDT", "--json", str(report), "--picture", str(tmp_path / "picture.svg"),
    )  # fmt: skip
    result = json.loads(report.read_text())
    assert (result["orders"], result["seen"], result["lost"]) == (4, 4, 0), done.stdout


def test_performance_test_does_not_mix_with_other_peoples_orders(exchange: RunRecord) -> None:
    order = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit"}
    order |= {"price": "1", "quantity": "1"}
    http.post(f"{exchange.gateway_url}/v1/orders?response=result", json=order)
    done = run(exchange, "benchmark/performance_test.py", "--flow", "mix", "--symbol", "BTC-USDT")
    http.delete(f"{exchange.gateway_url}/v1/orders")
    assert done.returncode == 2
    assert "the book of BTC-USDT is not empty" in done.stdout


def test_performance_test_without_a_system_says_how_to_start_one() -> None:
    done = subprocess.run(
        [sys.executable, "benchmark/performance_test.py", "--gateway", "http://127.0.0.1:1"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "python start_system.py" in done.stdout
    assert "--start" in done.stdout


def test_performance_test_asks_for_a_key_where_one_is_needed(tmp_path: Path) -> None:
    key = "a-key-of-a-load-test"
    keys = json.dumps([{"key": key, "account": "loader", "scopes": ["read", "trade"]}])
    with launch(REAL, tmp_path / "data", AUTH="on", API_KEYS=keys) as system:
        record = system.wait_until_ready()
        load = ("benchmark/performance_test.py", "--rate", "100", "--seconds", "1")
        done = run(record, *load)
        assert done.returncode == 2
        assert "--api-key" in done.stdout
        report = tmp_path / "result.json"
        run(record, *load, "--api-key", key, "--flow", "mix", "--json", str(report),
            "--picture", str(tmp_path / "picture.svg"))  # fmt: skip
        text = report.read_text()
    assert json.loads(text)["seen"] == 100
    assert key not in text


def test_every_measurement_is_listed_with_what_it_is_for() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmark"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert {"performance_test.py", "core", "engine", "gateway", "feed", "archive", "chaos"} <= {
        line.split()[1].removeprefix("benchmark/")
        if line.startswith("python benchmark/")
        else line.split()[2].removeprefix("benchmark.")
        for line in lines
    }
    assert all(len(line) > 70 for line in lines)
    for command in ("performance_test.py --start --saturate", "engine --recovery"):
        assert f"{command} " in done.stdout
