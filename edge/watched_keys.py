"""API keys of a file that is read again when it changes: to retract a key needs no restart."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from edge.api_keys import UnusableKeys

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0

Keys = TypeVar("Keys")


class WatchedKeys(Generic[Keys]):
    """Has what `read` makes of the keys in `file` now.

    If the file cannot be used any more, what it said before stays, and the log says so.
    """

    def __init__(
        self,
        file: Path,
        read: Callable[[], Keys],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._read = read
        self._now = now
        self._next_look = now() + SECONDS_BETWEEN_LOOKS
        self._version = self._find_version()
        self.current = read()
        """What counted at the last look."""

    def find(self) -> Keys:
        """Return what counts now; the file is looked at once a second at most."""
        now = self._now()
        if now >= self._next_look:
            self._next_look = now + SECONDS_BETWEEN_LOOKS
            self._look()
        return self.current

    def _look(self) -> None:
        version = self._find_version()
        if version == self._version:
            return
        self._version = version
        try:
            self.current = self._read()
        except UnusableKeys as error:
            logger.error("the API keys from before stay: %s", error)  # noqa: TRY400 - it says all
        else:
            logger.warning("%s has changed: its keys are the ones that count", self._file)

    def _find_version(self) -> tuple[int, int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
