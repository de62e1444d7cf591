"""`python -m order_gateway` as a process of its own, over real sockets."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeAlias

import httpx
import pytest
import redis

from protocol.channels import ORDER_QUEUE
from protocol.codec import decode_entry
from tests.support.gateway import DEADLINE_SECONDS, ORDER

Process: TypeAlias = "subprocess.Popen[bytes]"


@contextmanager
def run_workers(redis_url: str, count: int = 1) -> Iterator[tuple[str, list[Process]]]:
    """URL of gateway workers that share one listening socket, and the workers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        workers = [start_worker(redis_url, listener.fileno()) for _ in range(count)]
    try:
        wait_until_ready(port)
        yield f"http://127.0.0.1:{port}", workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def start_worker(redis_url: str, descriptor: int) -> Process:
    return subprocess.Popen(
        [sys.executable, "-m", "order_gateway", "--fd", str(descriptor)],
        env=os.environ | {"REDIS_URL": redis_url},
        stderr=subprocess.PIPE,
        pass_fds=(descriptor,),
    )


def wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health", timeout=DEADLINE_SECONDS)
        except httpx.ConnectError:
            continue
        return
    raise AssertionError("the gateway did not start")


def test_curl_line_of_the_readme_works(redis_url: str) -> None:
    with run_workers(redis_url) as (url, _):
        response = httpx.post(
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
        redis.Redis.from_url(redis_url) as server,
        httpx.Client(limits=httpx.Limits(max_connections=32)) as client,
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
        ids = {httpx.post(f"{url}/v1/orders", json=order).json()["order_id"] for _ in range(20)}
    assert len(ids) == 1


def test_5_mb_body_is_refused_and_the_gateway_goes_on(redis_url: str) -> None:
    with run_workers(redis_url) as (url, _), httpx.Client() as client:
        response = client.post(
            f"{url}/v1/orders",
            content=b" " * 5_000_000,
            headers={"Content-Type": "application/json"},
        )
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        assert client.post(f"{url}/v1/orders", json=ORDER).status_code == 201


def test_chunked_5_mb_body_is_refused_and_the_gateway_goes_on(redis_url: str) -> None:
    with run_workers(redis_url) as (url, _), httpx.Client() as client:
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


@pytest.mark.parametrize(
    ("name", "value"),
    [
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
        waiting = thread.submit(httpx.post, f"{url}/v1/orders?response=full", json=ORDER)
        with redis.Redis.from_url(redis_url) as server:
            deadline = time.monotonic() + DEADLINE_SECONDS
            while not server.llen(ORDER_QUEUE):
                assert time.monotonic() < deadline
        worker.send_signal(signal.SIGTERM)
        assert waiting.result().status_code == 201
        worker.wait(DEADLINE_SECONDS)
    assert worker.returncode == 0
