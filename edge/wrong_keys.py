"""What guessing a key costs: each wrong one of an address makes the next answer later."""

import logging
import time
from collections.abc import Callable

from edge.rare_log import RareLog

logger = logging.getLogger(__name__)

FREE_TRIES = 5
FIRST_SECONDS = 0.1
MOST_SECONDS = 2.0
SPREAD = 0.5
"""Up to this share of a wait is left out: many that came together are not answered together."""
_GOLDEN = 0.618034
"""Its multiples are spread evenly between whole numbers, however many there are (Weyl, 1916)."""
SECONDS_TO_FORGET = 60.0
MAX_REMEMBERED = 1_000


class WrongKeys:
    """Counts wrong keys by address, for a minute after the last one; a right key is never late."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._tries: dict[str, tuple[int, float]] = {}
        self._log = RareLog(logger)

    def count(self, address: str) -> float:
        """Count one, log it, and return how many seconds its answer has to wait."""
        tries, last = self._tries.pop(address, (0, 0.0))
        now = self._now()
        tries = 1 if now - last > SECONDS_TO_FORGET else tries + 1
        if len(self._tries) >= MAX_REMEMBERED:
            del self._tries[next(iter(self._tries))]  # of whom nothing has come for longest
        self._tries[address] = (tries, now)
        self._log.warn(f"a wrong API key or signature from {address}, try {tries} within a minute")
        extra = tries - FREE_TRIES
        if extra <= 0:
            return 0.0
        seconds = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(extra - 1, 10))
        return seconds * (1.0 - SPREAD * (tries * _GOLDEN % 1.0))
