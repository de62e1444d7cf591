"""A Redis that is changed under a running exchange: status says what that means."""

from pathlib import Path

from launcher.redis.server import connect
from tests.support import http
from tests.support.launched_system import REAL, launch, run_command
from tests.support.waiting import wait_until


def test_status_says_that_what_is_accepted_may_be_lost_or_is_refused(tmp_path: Path) -> None:
    with launch(REAL, tmp_path / "data") as system:
        record = system.wait_until_ready()
        ready = f"{record.gateway_url}/readyz"
        with connect(record.redis.url) as client:
            client.config_set("appendfsync", "no")
            wait_until(lambda: http.get(ready).status_code == 503, "the weakness is noticed")
            assert_not_well(system.folder, "may be lost")
            client.config_set("appendfsync", "always")
            wait_until(lambda: http.get(ready).status_code == 200, "it is as it was")
            client.config_set("maxmemory", "1mb")
            assert_not_well(system.folder, "Redis is full")
            client.config_set("maxmemory", "0")
        answer = run_command(system.folder, "status")
        assert answer.returncode == 0, answer.stdout


def assert_not_well(folder: Path, reason: str) -> None:
    answer = run_command(folder, "status")
    [line] = [line for line in answer.stdout.splitlines() if line.startswith("gateway")]
    assert "NOT WELL" in line
    assert reason in line
    assert answer.returncode == 1
