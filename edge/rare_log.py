"""Warnings that a client or a broken publisher could cause without end, logged now and then."""

import logging
import time
from collections.abc import Callable

SECONDS_BETWEEN = 10.0


class RareLog:
    """Warnings of one kind: one is logged, those within `SECONDS_BETWEEN` after it are counted."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._silent_until = 0.0
        self._unsaid = 0

    def warn(self, text: str) -> None:
        """Log `text` with the count of what was left out, or count it."""
        now = self._clock()
        if now < self._silent_until:
            self._unsaid += 1
            return
        suffix = f" ({self._unsaid} more like it before)" if self._unsaid else ""
        self._logger.warning("%s%s", text, suffix)
        self._silent_until = now + SECONDS_BETWEEN
        self._unsaid = 0


class RareRecords(logging.Filter):
    """Lets one record of a text through in `SECONDS_BETWEEN`: it is a stranger who causes them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._silent_until: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged; its text is the same whatever is filled in."""
        now = self._clock()
        if now < self._silent_until.get(str(record.msg), 0.0):
            return False
        self._silent_until[str(record.msg)] = now + SECONDS_BETWEEN
        return True
