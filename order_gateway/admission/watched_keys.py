"""Keys of a file that is read again when it changes: to retract a key needs no restart."""

import time
from collections.abc import Callable
from pathlib import Path

from edge import watched_keys
from order_gateway.admission.authentication import Authenticator, Caller
from order_gateway.admission.request_context import RequestContext


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
        self._watched = watched_keys.WatchedKeys(file, read, now)

    def recognize(self, request: RequestContext) -> None:
        """Raise Refusal if the caller cannot be known, whatever the body is."""
        self._watched.find().recognize(request)

    def authenticate(self, request: RequestContext) -> Caller:
        """Return the caller; raise Refusal if it cannot be known."""
        return self._watched.find().authenticate(request)

    def find_version(self) -> object:
        """Return what differs once the file has changed and its keys are the ones that count."""
        return self._watched.find().find_version()

    def find_caller(self, request: RequestContext) -> Caller | None:
        """Return the caller of a request that was admitted, by the keys that count now."""
        return self._watched.find().find_caller(request)
