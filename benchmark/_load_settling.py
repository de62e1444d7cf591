"""Waits until what a load has left behind is done: the next one is not to pay for it."""

import time

from redis import Redis

from benchmark._positions import read_positions

SETTLE_SECONDS = 60.0
_POLL_SECONDS = 0.02


def wait_for_archive(redis_url: str, seconds: float = SETTLE_SECONDS) -> int:
    """How many commands the archive is still behind at the deadline: 0 where it has caught up."""
    deadline = time.monotonic() + seconds
    with Redis.from_url(redis_url) as client:
        while True:
            sequence, archived = read_positions(client)
            if archived >= sequence or time.monotonic() > deadline:
                return max(0, sequence - archived)
            time.sleep(_POLL_SECONDS)
