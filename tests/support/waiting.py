"""Polls with a deadline: the suite never sleeps for a guess."""

import time
from collections.abc import Callable

DEADLINE_SECONDS = 60.0
PAUSE_SECONDS = 0.005


def wait_until(is_true: Callable[[], object], what: str, seconds: float = DEADLINE_SECONDS) -> None:
    """Return as soon as `is_true` is; fails after the deadline, naming `what`."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(PAUSE_SECONDS)
