from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from redis import Redis

from benchmark._load_settling import wait_for_archive
from protocol import channels
from tests.support.redis_server import run_redis


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with run_redis(tmp_path) as url:
        yield url


def write(url: str, **sequences: int) -> None:
    with Redis.from_url(url) as client:
        client.hset(channels.STATE, mapping=sequences)


def test_an_archive_that_is_behind_is_waited_for(url: str) -> None:
    write(url, sequence=9, archive_sequence=5)
    timer = Timer(0.1, write, [url], {"archive_sequence": 9})
    timer.start()
    assert wait_for_archive(url, 10) == 0
    timer.join()


def test_how_far_it_is_behind_at_the_deadline(url: str) -> None:
    write(url, sequence=9, archive_sequence=5)
    assert wait_for_archive(url, 0.05) == 4
