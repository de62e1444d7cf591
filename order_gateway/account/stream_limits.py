"""How many private streams a worker serves at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from protocol.enums import Reason
from protocol.refusal import Refusal


class StreamLimits:
    """Places for `most` connections, `most_of_account` of them of one account."""

    def __init__(self, most: int, most_of_account: int) -> None:
        self._most = most
        self._most_of_account = most_of_account
        self._taken = 0
        self._taken_by: Counter[str] = Counter()

    @contextmanager
    def take(self) -> Iterator[None]:
        """A place for a connection, whoever it is; raises Refusal where there is none."""
        if self._taken >= self._most:
            raise _refuse(f"{self._most} connections")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    @contextmanager
    def take_for(self, account: str) -> Iterator[None]:
        """One of the account's own; raises Refusal where it has no more."""
        if self._taken_by[account] >= self._most_of_account:
            raise _refuse(f"{self._most_of_account} connections of this account")
        self._taken_by[account] += 1
        try:
            yield
        finally:
            self._taken_by[account] -= 1
            if not self._taken_by[account]:
                del self._taken_by[account]


def _refuse(what: str) -> Refusal:
    return Refusal(
        Reason.TOO_MANY_CONNECTIONS, None, f"there are {what} already, the most that there may be"
    )
