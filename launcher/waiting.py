"""Polls with a deadline."""

import time
from collections.abc import Callable

_POLL_SECONDS = 0.02


def wait_until(is_done: Callable[[], bool], seconds: float) -> bool:
    """Whether `is_done` held within `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
