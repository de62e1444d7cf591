"""Polls with a deadline: the suite never sleeps for a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_SECONDS = 60.0
PAUSE_SECONDS = 0.005

Answer = TypeVar("Answer")


def wait_until(is_true: Callable[[], object], what: str, seconds: float = DEADLINE_SECONDS) -> None:
    """Return as soon as `is_true` is; fails after the deadline, naming `what`."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(PAUSE_SECONDS)


def ask_until(ask: Callable[[], Answer], is_served: Callable[[Answer], bool]) -> Answer:
    """The first answer of a server that stands still no more; the last of all at the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_served(answer := ask()) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    return answer
