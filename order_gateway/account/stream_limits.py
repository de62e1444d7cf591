"""How many private streams a worker serves at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from protocol.enums import Reason
from protocol.refusal import Refusal


class StreamLimits:
    """Counts open connections: `max_streams` in all, `max_per_account` of one account."""

    def __init__(self, max_streams: int, max_per_account: int) -> None:
        self._max_streams = max_streams
        self._max_per_account = max_per_account
        self._streams = 0
        self._streams_of: Counter[str] = Counter()

    @contextmanager
    def reserve(self) -> Iterator[None]:
        """Count a connection while the context lasts; raise Refusal above the limit."""
        if self._streams >= self._max_streams:
            raise _refuse(f"{self._max_streams} connections")
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    @contextmanager
    def reserve_for(self, account: str) -> Iterator[None]:
        """Count a connection of `account` in the same way; raise Refusal above its limit."""
        if self._streams_of[account] >= self._max_per_account:
            raise _refuse(f"{self._max_per_account} connections of this account")
        self._streams_of[account] += 1
        try:
            yield
        finally:
            self._streams_of[account] -= 1
            if not self._streams_of[account]:
                del self._streams_of[account]


def _refuse(what: str) -> Refusal:
    return Refusal(
        Reason.TOO_MANY_CONNECTIONS, None, f"there are {what} already, the most that there may be"
    )
