"""What the banner says of the market, and a curl line that works as it is printed."""

import os
from pathlib import Path

import pytest

from launcher.banner import format_banner, format_curl
from launcher.supervision.processes import identify_process
from launcher.supervision.run_file import RunRecord
from protocol.run_file import RedisRecord, identify_place

URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert "--noproxy" not in format_curl(URL)
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert "--noproxy '*'" in format_curl(URL)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert "--noproxy" not in format_curl(URL)


@pytest.mark.parametrize(
    ("market", "line"),
    [
        ("demo", "Market         demo: simulated traders"),
        (
            None,
            "Market         nobody trades but you; simulated traders: ▶ Demo flow on the page",
        ),
    ],
)
def test_market_that_runs_is_told(tmp_path: Path, market: str | None, line: str) -> None:
    redis = RedisRecord(url="redis://h:1", title="R", is_own=True)
    record = RunRecord(
        place=identify_place(tmp_path), redis=redis, launcher=identify_process(os.getpid()),
        gateway_url=URL, market_data_url=URL, services=[], is_ready=True,
    )  # fmt: skip
    assert line in format_banner(record, tmp_path, 1.0, market=market)
