"""What an operator sees: the archive's lag, and which instruments are halted."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protocol import channels
from tests.support import http
from tests.support.archive_service import run_follower
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.gateway import ORDER
from tests.support.gateway_process import run_workers
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

ORDERS = 5


def read_lag(url: str) -> tuple[int | None, float | None]:
    """Commands and seconds, as `/readyz` says."""
    state = http.get(f"{url}/readyz").json()
    return state["archive_commands_behind"], state["archive_seconds_behind"]


def read_lag_metric(url: str) -> str:
    """Commands, as `/metrics` says."""
    text = http.get(f"{url}/metrics").text
    [shown] = re.findall(r"^gateway_archive_commands_behind (.+)$", text, re.MULTILINE)
    return str(shown)


def submit_orders(url: str, redis_url: str) -> None:
    for _ in range(ORDERS):
        assert http.post(f"{url}/v1/orders", json=ORDER).status_code == 201
    with open_redis(redis_url) as server:
        wait_until_drained(server)


def test_lag_of_a_stopped_archive_grows_and_ends_when_it_is_back(
    redis_url: str, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'archive.sqlite3'}"
    with run_engine(redis_url), run_workers(redis_url, DATABASE_URL=database) as (url, _):
        assert (read_lag(url), read_lag_metric(url)) == ((None, None), "NaN")
        with run_follower(redis_url, database):
            wait_until(lambda: read_lag(url) == (0, 0.0), "the archive is there")
        submit_orders(url, redis_url)
        behind, seconds = read_lag(url)
        assert behind == ORDERS
        assert seconds is not None
        later = read_lag(url)[1]
        assert later is not None
        assert later > seconds > 0
        assert http.get(f"{url}/readyz").status_code == 200
        submit_orders(url, redis_url)
        assert (read_lag(url)[0], read_lag_metric(url)) == (2 * ORDERS, str(2.0 * ORDERS))
        with run_follower(redis_url, database):
            wait_until(lambda: read_lag(url) == (0, 0.0), "the archive has caught up")


def test_lag_is_not_known_without_redis() -> None:
    with run_workers("redis://127.0.0.1:1/0") as (url, _):
        state = http.get(f"{url}/readyz")
        assert (state.status_code, state.json()["archive_commands_behind"]) == (503, None)
        assert "gateway_archive_seconds_behind NaN" in http.get(f"{url}/metrics").text


def test_what_the_engine_refuses_is_counted_where_nobody_waited_for_it(redis_url: str) -> None:
    with run_engine(redis_url), run_workers(redis_url) as (url, _):
        order = ORDER | {"client_order_id": "mine"}
        for _ in range(3):
            assert http.post(f"{url}/v1/orders", json=order).json()["status"] == "accepted"
        line = 'engine_rejects_total{code="duplicate_order"} 2.0'
        wait_until(lambda: line in http.get(f"{url}/metrics").text, "two are counted")
        told = 'gateway_rejects_total{code="duplicate_order"} 0.0'
        assert told in http.get(f"{url}/metrics").text


def test_metrics_are_there_where_the_engines_figures_cannot_be_understood(redis_url: str) -> None:
    with open_redis(redis_url) as server, run_workers(redis_url) as (url, _):
        server.hset(channels.STATE, channels.STATE_FIGURES, b'{"rejects": 5}')
        text = http.get(f"{url}/metrics").text
    assert "engine_rejects_total{" not in text
    assert "gateway_accept_seconds_count" in text


def read_states(url: str) -> dict[str, Any]:
    """State by symbol, of one worker; and which it is."""
    response = http.get(f"{url}/v1/instruments")
    worker = response.headers["X-Request-Id"].partition("-")[0]
    return {item["symbol"]: item["state"] for item in response.json()["instruments"]} | {
        "worker": worker
    }


def ask_both_workers(url: str, ask: Callable[[str], dict[str, Any]]) -> list[dict[str, Any]]:
    """Connections fall to whichever worker is free: ask until both have answered."""
    answers: dict[str, dict[str, Any]] = {}
    lock = threading.Lock()

    def ask_once() -> None:
        answer = ask(url)
        with lock:
            answers[answer.pop("worker")] = answer

    def ask_together() -> bool:
        threads = [threading.Thread(target=ask_once) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(answers) == 2

    wait_until(ask_together, "both workers have answered")
    return list(answers.values())


def test_halt_shows_at_every_worker_and_outlives_the_engine(redis_url: str) -> None:
    with run_workers(redis_url, count=2) as (url, _):
        with run_engine(redis_url):
            wait_until(lambda: read_states(url)["BTC-USDT"] == "trading", "the engine has said so")
            halt = http.post(f"{url}/v1/instruments/BTC-USDT/halt")
            assert halt.json() == {
                "symbol": "BTC-USDT",
                "state": "halted",
                "phase": "halted",
            }
            for states in ask_both_workers(url, read_states):
                assert (states["BTC-USDT"], states["ETH-USDT"]) == ("halted", "trading")
        with open_redis(redis_url) as server:
            server.hdel(channels.STATE, channels.STATE_PHASES)
        assert read_states(url)["BTC-USDT"] is None
        with run_engine(redis_url):
            wait_until(lambda: read_states(url)["BTC-USDT"] == "halted", "the journal knows it")
            assert http.post(f"{url}/v1/instruments/BTC-USDT/resume").status_code == 200
            assert {states["BTC-USDT"] for states in ask_both_workers(url, read_states)} == {
                "trading"
            }
