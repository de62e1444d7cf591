"""`/readyz` says what an order would meet: a Redis that is full, or that keeps less than it did."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from protocol import channels
from tests.support import http
from tests.support.engine_service import run_engine
from tests.support.gateway import ORDER
from tests.support.gateway_process import run_workers
from tests.support.redis_client import open_redis
from tests.support.redis_server import DURABLE, run_redis
from tests.support.waiting import wait_until


@contextmanager
def run_exchange(folder: Path, *options: str) -> Iterator[tuple[str, Any]]:
    """Where the gateway listens, and a client of its Redis."""
    with (
        run_redis(folder, *options) as redis_url,
        open_redis(redis_url) as client,
        run_engine(redis_url),
        run_workers(redis_url) as (url, _),
    ):
        wait_until(lambda: is_ready(url), "the gateway is ready")
        yield url, client


def is_ready(url: str) -> bool:
    return http.get(f"{url}/readyz").status_code == 200


def read_reasons(url: str) -> list[str]:
    reasons: list[str] = http.get(f"{url}/readyz").json()["reasons"]
    return reasons


def test_full_redis_is_not_ready_until_there_is_room(tmp_path: Path) -> None:
    with run_exchange(tmp_path) as (url, client):
        before = client.keys("*")
        client.config_set("maxmemory", "1mb")
        assert http.post(f"{url}/v1/orders", json=ORDER).status_code == 503
        [reason] = read_reasons(url)
        assert reason.startswith("Redis is full")
        assert http.get(f"{url}/readyz").status_code == 503
        client.config_set("maxmemory", "0")
        assert is_ready(url)
        assert set(client.keys("*")) - set(before) <= {channels.STATE.encode()}
        assert http.post(f"{url}/v1/orders", json=ORDER).status_code == 201


def test_redis_that_keeps_less_than_it_did_is_not_ready(tmp_path: Path) -> None:
    with run_exchange(tmp_path, *DURABLE) as (url, client):
        for setting, weak, strong in (
            ("appendfsync", "no", "always"),
            ("appendfsync", "everysec", "always"),
            ("appendonly", "no", "yes"),
        ):
            client.config_set(setting, weak)
            wait_until(lambda: not is_ready(url), "the weakness is noticed")
            [reason] = read_reasons(url)
            assert "may be lost" in reason
            client.config_set(setting, strong)
            wait_until(lambda: is_ready(url), "it is as it was")


def test_redis_that_never_kept_more_is_the_operators_choice(tmp_path: Path) -> None:
    with run_exchange(tmp_path, "--appendonly", "yes", "--appendfsync", "everysec") as (
        url,
        client,
    ):
        client.config_set("appendfsync", "always")
        client.config_set("appendfsync", "everysec")
        assert http.post(f"{url}/v1/orders?response=result", json=ORDER).status_code == 201
        assert client.hget(channels.STATE, channels.STATE_DURABILITY) == b""
        assert is_ready(url)
