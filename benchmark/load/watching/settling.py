"""Waits until what a load has left behind is done: the next one is not to pay for it."""

import time
from collections.abc import Callable

from redis import Redis

from benchmark.shared.positions import read_positions

SETTLE_SECONDS = 60.0
_POLL_SECONDS = 0.02


def wait_for_archive(redis_url: str) -> int:
    """How many commands the archive is still behind at the deadline: 0 where it has caught up."""
    with Redis.from_url(redis_url) as client:
        return wait_until_equal(lambda: read_positions(client), SETTLE_SECONDS)


def wait_until_equal(read: Callable[[], tuple[int, int]], seconds: float) -> int:
    """The same of any sequence, and of one that follows it."""
    deadline = time.monotonic() + seconds
    while True:
        sequence, follower = read()
        if follower >= sequence or time.monotonic() > deadline:
            return max(0, sequence - follower)
        time.sleep(_POLL_SECONDS)
