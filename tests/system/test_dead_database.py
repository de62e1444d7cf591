"""An archive whose database is not there: who is asked how things are says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import http
from tests.support.launched_system import REAL, LaunchedSystem, launch, run_command
from tests.support.ports import find_free_port


@pytest.fixture(scope="module")
def without_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    url = f"postgresql://user:password@127.0.0.1:{find_free_port()}/exchange"
    folder = tmp_path_factory.mktemp("dead") / "data"
    with launch(REAL, folder, DATABASE_URL=url) as system:
        system.wait_until_ready()
        yield system


def test_status_says_that_the_archive_is_not_well(without_database: LaunchedSystem) -> None:
    answer = run_command(without_database.folder, "status")
    assert answer.returncode == 1
    lines = {line.split()[0]: line for line in answer.stdout.splitlines()}
    assert "NOT WELL" in lines["archive"]
    assert "database does not answer" in lines["archive"]
    assert "running" in lines["engine"]


def test_check_asks_for_the_order_that_it_made(without_database: LaunchedSystem) -> None:
    answer = run_command(without_database.folder, "check")
    assert answer.returncode == 1
    failed = [line for line in answer.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == 2, answer.stdout
    assert "history is not served" in failed[0]
    assert "archive_unavailable" in failed[1]


def test_the_services_are_ready_and_say_that_they_have_no_history(
    without_database: LaunchedSystem,
) -> None:
    record = without_database.record
    for url in (record.gateway_url, record.market_data_url):
        answer = http.get(f"{url}/readyz")
        assert answer.status_code == 200
        [degraded] = answer.json()["degraded"]
        assert degraded.startswith("history is not served")
    assert http.get(f"{record.gateway_url}/v1/orders").status_code == 503
    shown = run_command(without_database.folder, "status").stdout
    assert shown.count("history is not served") == 3


def test_status_shows_how_far_the_archive_is_behind(tmp_path: Path) -> None:
    with launch(REAL, tmp_path / "data") as system:
        system.wait_until_ready()
        answer = run_command(tmp_path / "data", "check")
        assert answer.returncode == 0, answer.stdout
        assert "traded and was found" in answer.stdout
        shown = run_command(tmp_path / "data", "status")
        assert shown.returncode == 0, shown.stdout
        assert "behind=0" in shown.stdout
