import os
import signal
import socket
import subprocess
import sys

from tests.support.market_data import run_market_data
from tests.support.waiting import DEADLINE_SECONDS, wait_until


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "market_data"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = start({"MARKET_DATA_PORT": str(port)})
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "MARKET_DATA_PORT" in ended.stderr


def test_settings_that_cannot_be_used_are_said_in_one_line() -> None:
    for environment, named in (
        ({"MARKET_DATA_PORT": "99999"}, "market_data_port"),
        ({"INSTRUMENTS_FILE": "nowhere.toml"}, "nowhere.toml"),
        ({"REDIS_URL": "nonsense://here"}, "redis"),
    ):
        ended = start({**environment})
        assert ended.returncode == 1
        assert ended.stderr.count("\n") == 1
        assert named in ended.stderr.lower()


def test_it_stops_within_seconds_even_with_clients_that_do_not_read(redis_url: str) -> None:
    with (
        run_market_data(redis_url) as service,
        service.open_deaf_socket(),
        service.read() as reader,
    ):
        wait_until(lambda: service.get("/stats")["clients"] == 2, "both readers are counted")
        reader.next()
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=DEADLINE_SECONDS / 2)
        assert "Traceback" not in service.read_log()


def test_without_a_redis_it_serves_and_says_so() -> None:
    with run_market_data("redis://127.0.0.1:1/0", is_healthy=False) as service:
        wait_until(service.is_up, "the service is up")
        response = service.http.get("/health")
        assert response.status_code == 503
        assert response.json()["redis"] == "disconnected"
        response = service.http.get("/v1/bbo/BTC-USDT")
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        with service.read("heartbeat") as reader:
            assert reader.next_of("heartbeat")["in_sync"] is False
