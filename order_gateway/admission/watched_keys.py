"""Keys of a file that is read again when it changes: to retract a key needs no restart."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from order_gateway.admission.api_keys import Scope, UnusableKeys
from order_gateway.admission.authentication import Authenticator, Caller
from order_gateway.admission.request_context import RequestContext

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0


class WatchedKeys:
    """Authenticates by the keys that `file` has now; `read` makes an authenticator of them.

    If the file cannot be used any more, the keys from before stay, and the log says so. What is
    left of a key's rate limit begins anew with each change.
    """

    def __init__(
        self,
        file: Path,
        read: Callable[[], Authenticator],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._read = read
        self._now = now
        self._next_look = now() + SECONDS_BETWEEN_LOOKS
        self._version = self._find_version()
        self._current = read()

    def recognize(self, request: RequestContext) -> None:
        """Raise Refusal if the caller cannot be known, whatever the body is."""
        self._look()
        self._current.recognize(request)

    def authenticate(self, request: RequestContext) -> Caller:
        """Return the caller; raise Refusal if it cannot be known."""
        self._look()
        return self._current.authenticate(request)

    def find_version(self) -> object:
        """Return what differs once the file has changed and its keys are the ones that count."""
        self._look()
        return self._current.find_version()

    def still_admits(self, request: RequestContext, needs: Scope) -> bool:
        """Whether the keys that count now admit the request, which was admitted before."""
        return self._current.still_admits(request, needs)

    def _look(self) -> None:
        now = self._now()
        if now < self._next_look:
            return
        self._next_look = now + SECONDS_BETWEEN_LOOKS
        version = self._find_version()
        if version == self._version:
            return
        self._version = version
        try:
            self._current = self._read()
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
