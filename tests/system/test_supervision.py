"""The launcher keeps its services alive and leaves none behind. The services are stand-ins."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from launcher.redis.server import connect, is_serving
from launcher.supervision.listening import is_port_free
from launcher.supervision.processes import ProcessId
from launcher.supervision.run_file import RunRecord
from launcher.supervision.supervisor import ONE_PRESS_SECONDS
from tests.support.launched_system import STAND_IN, LaunchedSystem, launch
from tests.support.stand_in_service import STUBBORN
from tests.support.waiting import wait_until

ATTEMPTS = 6


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    """For the tests after which all of it runs again."""
    with launch(
        STAND_IN, tmp_path_factory.mktemp("system") / "data", UVICORN_WORKERS="3"
    ) as system:
        system.wait_until_ready()
        yield system


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[LaunchedSystem]:
    """For a test that ends it."""
    with launch(STAND_IN, tmp_path / "data", UVICORN_WORKERS="3") as system:
        system.wait_until_ready()
        yield system


@contextmanager
def _launch_stubborn(folder: Path, **settings: str) -> Iterator[LaunchedSystem]:
    """Its engine ignores SIGTERM. An engine has no /health: ready says nothing of its handler."""
    settings = {"STAND_IN_STOP_SECONDS": "1", **settings}
    with launch(STAND_IN, folder, STAND_IN_ENGINE="--stubborn", **settings) as system:
        system.wait_until_ready()
        system.wait_for_output(STUBBORN)
        yield system


def _open_connection(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.port is not None
    return socket.create_connection(("127.0.0.1", parts.port))


def _wait_for_another(system: LaunchedSystem, name: str, pid: int) -> None:
    def is_another() -> bool:
        process = system.processes.get(name)
        return process is not None and process.pid != pid

    wait_until(is_another, lambda: system.output)


def test_each_gateway_worker_and_each_service_has_a_process(system: LaunchedSystem) -> None:
    gateways = {"gateway-1", "gateway-2", "gateway-3"}
    names = {"redis", "engine", "archive", "market-data", "binance"} | gateways
    assert set(system.processes) == names


def test_kill_9_of_the_launcher_leaves_nothing_behind(own_system: LaunchedSystem) -> None:
    record, processes = own_system.record, list(own_system.processes.values())
    with _open_connection(record.gateway_url), _open_connection(record.market_data_url):
        own_system.process.kill()
        own_system.process.wait()
        wait_until(lambda: not any(process.is_alive for process in processes), "all are gone")


def _stop(system: LaunchedSystem, number: signal.Signals, status: int = 0) -> float:
    """How many seconds the system takes to end with the exit status `status` after the signal."""
    began = time.monotonic()
    system.process.send_signal(number)
    assert system.wait_until_ended() == status
    return time.monotonic() - began


def test_ctrl_c_stops_everything_in_order_within_five_seconds(tmp_path: Path) -> None:
    """The best of a few: a machine that stalls may cost a service its time."""
    assert any(_stop_in_order(tmp_path / f"data-{attempt}") < 5 for attempt in range(ATTEMPTS))


def _stop_in_order(folder: Path) -> float:
    with launch(STAND_IN, folder, UVICORN_WORKERS="3") as system:
        record = system.wait_until_ready()
        processes = list(system.processes.values())
        with _open_connection(record.gateway_url):
            seconds = _stop(system, signal.SIGINT)
        _expect_nothing_left(system, record, processes)
    return seconds


def _expect_nothing_left(
    system: LaunchedSystem, record: RunRecord, processes: list[ProcessId]
) -> None:
    assert not any(process.is_alive for process in processes)
    assert not (system.folder / "run.json").exists()
    redis_port = urlsplit(record.redis.url).port
    assert redis_port is not None
    assert is_port_free(redis_port)


def test_a_service_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    """Within five seconds, the best of a few."""
    assert any(_stop_stubborn(tmp_path / f"data-{attempt}") < 5 for attempt in range(ATTEMPTS))


def _stop_stubborn(folder: Path) -> float:
    with _launch_stubborn(folder) as system:
        engine = system.processes["engine"]
        seconds = _stop(system, signal.SIGTERM, status=1)
        assert not engine.is_alive
        assert "engine did not stop in time: killed" in system.output
        assert "Stopped; killed: engine." in system.output
    return seconds


def test_a_service_that_has_something_to_finish_is_given_the_time(tmp_path: Path) -> None:
    settings = {"STAND_IN_ENGINE": "--busy 3"}
    with launch(STAND_IN, tmp_path / "data", **settings) as system:
        system.wait_until_ready()
        system.wait_for_output("3 s to finish")
        system.process.send_signal(signal.SIGTERM)
        assert system.wait_until_ended(30.0) == 0
        assert "killed" not in system.output


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with _launch_stubborn(tmp_path / "data", STAND_IN_STOP_SECONDS="60") as system:
        system.process.send_signal(signal.SIGINT)
        system.wait_for_output("Stopping")  # so the first one has been noted
        noted = time.monotonic()
        wait_until(lambda: time.monotonic() > noted + ONE_PRESS_SECONDS + 0.1, "a second press")
        system.process.send_signal(signal.SIGINT)
        assert system.wait_until_ended(30.0) == 1
        assert "Second Ctrl-C: killing" in system.output


def test_a_killed_service_is_started_again_and_the_reason_is_said(system: LaunchedSystem) -> None:
    wait_until(lambda: "gateway-2" in system.processes, lambda: system.output)
    worker = system.processes["gateway-2"]
    os.kill(worker.pid, signal.SIGKILL)
    _wait_for_another(system, "gateway-2", worker.pid)
    system.wait_for_output("gateway-2 was killed by SIGKILL; starting it again")


def test_a_killed_redis_comes_back_with_what_was_acknowledged(system: LaunchedSystem) -> None:
    server = system.processes["redis"]
    with connect(system.record.redis.url) as client:
        client.set("kept", b"1")
    os.kill(server.pid, signal.SIGKILL)
    _wait_for_another(system, "redis", server.pid)

    wait_until(lambda: is_serving(system.record.redis.url), "Redis serves")
    with connect(system.record.redis.url) as client:
        assert client.get("kept") == b"1"


def test_a_service_that_never_starts_ends_the_system_with_its_last_words(tmp_path: Path) -> None:
    with launch(STAND_IN, tmp_path / "data", STAND_IN_MARKET_DATA="--broken") as system:
        assert system.wait_until_ended() == 1
        assert "market-data does not start: it ended with exit status 1" in system.output
        assert "the stand-in is broken" in system.output
        assert "Traceback" not in system.output


def test_what_a_service_writes_is_on_the_terminal_and_in_its_log(system: LaunchedSystem) -> None:
    system.wait_for_output("market-data  | the stand-in lives")
    assert "the stand-in lives" in (system.folder / "logs" / "market-data.log").read_text()
