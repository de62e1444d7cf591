"""Wait until the work that a load has left is done, so that the next one does not pay for it."""

import time
from collections.abc import Callable

from benchmark.shared.positions import read_positions
from tests.support.redis_client import open_redis

SETTLE_SECONDS = 60.0
_POLL_SECONDS = 0.02


def wait_for_archive(redis_url: str) -> int:
    """Wait for the archive; return how many commands it is still behind at the deadline."""
    with open_redis(redis_url) as client:
        return wait_until_equal(lambda: read_positions(client), SETTLE_SECONDS)


def wait_until_equal(read: Callable[[], tuple[int, int]], seconds: float) -> int:
    """Wait until a follower has reached a sequence; return how far it is behind at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        sequence, follower = read()
        if follower >= sequence or time.monotonic() > deadline:
            return max(0, sequence - follower)
        time.sleep(_POLL_SECONDS)
