"""`python -m order_gateway` as a process of its own, over real sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from protocol.channels import ORDER_QUEUE
from protocol.codec import decode_entry
from tests.support import http
from tests.support.gateway import ORDER
from tests.support.gateway_process import run_workers
from tests.support.redis_client import open_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until


def test_curl_line_of_the_readme_works(redis_url: str) -> None:
    with run_workers(redis_url) as (url, _):
        response = http.post(
            f"{url}/v1/orders",
            headers={"Content-Type": "application/json"},
            content='{"symbol":"BTC-USDT","order_type":"limit","side":"buy","price":"60000",'
            '"quantity":"1.0"}',
        )
    assert (response.status_code, response.json()["status"]) == (201, "accepted")


def test_many_clients_at_once_are_all_queued_once(redis_url: str) -> None:
    count = 400
    with (
        run_workers(redis_url, count=2) as (url, _),
        open_redis(redis_url) as server,
        http.Client(limits=httpx.Limits(max_connections=32)) as client,
        ThreadPoolExecutor(32) as threads,
    ):

        def submit(number: int) -> str:
            order = ORDER | {"client_order_id": f"order-{number}"}
            order_id: str = client.post(f"{url}/v1/orders", json=order).json()["order_id"]
            return order_id

        answered = list(threads.map(submit, range(count)))
        queued = [decode_entry(raw).order_id for raw in server.lrange(ORDER_QUEUE, 0, -1)]
    assert len(set(answered)) == count
    assert sorted(answered) == sorted(str(order_id) for order_id in queued)


def test_workers_that_share_a_socket_give_the_same_ids(redis_url: str) -> None:
    with run_workers(redis_url, count=2) as (url, _):
        order = ORDER | {"client_order_id": "mine"}
        ids = {http.post(f"{url}/v1/orders", json=order).json()["order_id"] for _ in range(20)}
    assert len(ids) == 1


def test_5_mb_body_is_refused_and_the_gateway_goes_on(redis_url: str) -> None:
    with run_workers(redis_url) as (url, _), http.Client() as client:
        response = client.post(
            f"{url}/v1/orders",
            content=b" " * 5_000_000,
            headers={"Content-Type": "application/json"},
        )
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        assert client.post(f"{url}/v1/orders", json=ORDER).status_code == 201


def test_chunked_5_mb_body_is_refused_and_the_gateway_goes_on(redis_url: str) -> None:
    with run_workers(redis_url) as (url, _), http.Client() as client:
        response = client.post(
            f"{url}/v1/orders",
            content=(b" " * 10_000 for _ in range(500)),
            headers={"Content-Type": "application/json"},
        )
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        assert client.post(f"{url}/v1/orders", json=ORDER).status_code == 201


def run_to_its_end(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "order_gateway"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def test_taken_port_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        finished = run_to_its_end(GATEWAY_PORT=port)
    assert finished.returncode == 1
    assert finished.stderr == (
        f"order_gateway: cannot listen on 127.0.0.1:{port}: the port is taken,"
        " choose another one with GATEWAY_PORT\n"
    )


def test_address_that_others_reach_needs_keys_or_a_clear_no() -> None:
    finished = run_to_its_end(GATEWAY_HOST="0.0.0.0", GATEWAY_PORT="0")
    assert (finished.returncode, finished.stderr.count("\n")) == (1, 1)
    assert "AUTH=off" in finished.stderr


def test_authentication_without_a_key_is_refused() -> None:
    finished = run_to_its_end(AUTH="on", GATEWAY_PORT="0")
    assert finished.returncode == 1
    assert finished.stderr == ("order_gateway: AUTH=on needs keys: set API_KEYS_FILE or API_KEYS\n")


@pytest.mark.parametrize("text", ["", '[[keys]]\nkey = "a-key-of-16-letters"\n'])
def test_named_keys_that_are_none_are_no_reason_to_let_everybody_in(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    for settings in ({"API_KEYS_FILE": str(file)}, {"API_KEYS": "[]"}):
        finished = run_to_its_end(GATEWAY_PORT="0", **settings)
        assert (finished.returncode, finished.stderr.count("\n")) == (1, 1)
        assert "key" in finished.stderr


def test_workers_count_together(redis_url: str, tmp_path: Path) -> None:
    count = 40
    settings = {"UVICORN_WORKERS": "2", "DATA_DIR": str(tmp_path)}
    with run_workers(redis_url, count=2, **settings) as (url, _):
        for _ in range(count):
            http.post(f"{url}/v1/orders", json=ORDER)
        text = http.get(f"{url}/metrics").text
    assert f'gateway_answers_total{{status="201"}} {count}.0' in text
    assert f"gateway_accept_seconds_count {count}.0" in text


def test_rate_of_a_key_holds_across_workers(redis_url: str, tmp_path: Path) -> None:
    """Batches, which take all of the bucket: that it fills up again meanwhile matters little."""
    rate, key = 20, "a-key-of-20-a-second"
    keys = json.dumps([{"key": key, "account": "a", "scopes": ["trade"], "rate_limit": rate}])
    settings = {"UVICORN_WORKERS": "2", "DATA_DIR": str(tmp_path), "API_KEYS": keys}
    batch = {"orders": [ORDER] * rate}
    with (
        run_workers(redis_url, count=2, **settings) as (url, _),
        ThreadPoolExecutor(8) as threads,
    ):

        def submit(_: int) -> tuple[str, int]:
            answer = http.post(f"{url}/v1/orders/batch", json=batch, headers={"X-API-Key": key})
            return answer.headers["X-Request-Id"].partition("-")[0], answer.status_code

        began = time.monotonic()
        answers = [submit(0), *threads.map(submit, range(64))]
        most = rate + rate * (time.monotonic() - began)
    assert answers[0][1] == 200
    assert {status for _, status in answers} == {200, 429}
    assert len({worker for worker, _ in answers}) == 2
    assert rate * sum(status == 200 for _, status in answers) <= most


def test_order_log_has_a_line_for_each_order_with_its_request(redis_url: str) -> None:
    with run_workers(redis_url, LOG_FORMAT="json") as (url, (worker,)):
        answers = [
            http.post(f"{url}/v1/orders", json=ORDER, headers={"X-Request-Id": f"r-{number}"})
            for number in range(3)
        ]
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=DEADLINE_SECONDS)
    events = [json.loads(line) for line in log.splitlines()]
    logged = {event["request_id"]: event for event in events if event["message"] == "audit"}
    for number, answer in enumerate(answers):
        event = logged[f"r-{number}"]
        assert (event["order_id"], event["status"]) == (answer.json()["order_id"], 201)


def test_order_log_in_a_file_of_its_own_has_no_other_lines(redis_url: str, tmp_path: Path) -> None:
    with (
        (tmp_path / "orders.log").open("ab") as file,
        run_workers(redis_url, order_log=str(file.fileno()), LOG_FORMAT="json") as (url, (worker,)),
    ):
        http.post(f"{url}/v1/orders", json=ORDER).raise_for_status()
        http.get(f"{url}/v1/nothing?{'q' * 5000}")
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=DEADLINE_SECONDS)
    (line,) = (tmp_path / "orders.log").read_text().splitlines()
    assert json.loads(line)["message"] == "audit"
    assert b"audit" not in log
    assert b"qqqq" not in log


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH", "maybe"),
        ("API_KEYS_FILE", "nowhere.toml"),
        ("DATABASE_URL", "mongodb://here"),
        ("GATEWAY_PORT", "70000"),
        ("GATEWAY_HOST", "192.0.2.1"),
        ("REDIS_URL", "http://localhost"),
        ("INSTRUMENTS_FILE", "nowhere.toml"),
        ("INSTRUMENTS_FILE", "pyproject.toml"),
    ],
)
def test_setting_that_cannot_be_used_is_said_in_one_line(name: str, value: str) -> None:
    finished = run_to_its_end(**{name: value})
    assert finished.returncode == 1
    assert finished.stderr.startswith("order_gateway: ")
    assert finished.stderr.count("\n") == 1


def test_stop_signal_ends_it_while_a_request_waits(redis_url: str) -> None:
    with run_workers(redis_url) as (url, (worker,)), ThreadPoolExecutor(1) as thread:
        path, waits = f"{url}/v1/orders?response=full", {"Prefer": "wait=1"}
        waiting = thread.submit(httpx.post, path, json=ORDER, headers=waits, timeout=30)
        with open_redis(redis_url) as server:
            wait_until(lambda: server.llen(ORDER_QUEUE), "the order is queued")
        worker.send_signal(signal.SIGTERM)
        assert waiting.result().status_code == 201
        worker.wait(DEADLINE_SECONDS)
    assert worker.returncode == 0
