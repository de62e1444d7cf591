"""Fixtures of the whole suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.redis_server import run_redis


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the suite's own server."""
    folder: Path = tmp_path_factory.mktemp("redis")
    with run_redis(folder) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """URL of the suite's own server, emptied."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server
