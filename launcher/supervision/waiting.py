"""Poll with a deadline instead of sleeping for a guess."""

import time
from collections.abc import Callable

DEADLINE_SECONDS = 60.0
PAUSE_SECONDS = 0.005


def wait_until(
    is_true: Callable[[], object],
    what: str | Callable[[], str],
    seconds: float = DEADLINE_SECONDS,
) -> None:
    """Return as soon as `is_true` holds; raise TimeoutError if it does not within `seconds`.

    `what` says in the error what did not happen; if it is a function, it is called only then.
    """
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            missed = what if isinstance(what, str) else what()
            raise TimeoutError(f"not within {seconds:g} s: {missed}")
        time.sleep(PAUSE_SECONDS)
