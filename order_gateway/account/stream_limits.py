"""How many private streams a worker serves at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from protocol.enums import Reason
from protocol.refusal import Refusal

SECONDS_TO_SAY_WHO = 5.0
MAX_UNNAMED = 1_000
"""Connections that have not said yet who they are."""
MAX_UNNAMED_OF_ADDRESS = 100


class StreamLimits:
    """Counts open connections: `max_streams` in all, `max_per_account` of one account.

    A connection that has not said yet whose it is counts apart, and by address. If there are too
    many of these, the one that has been silent longest gives way: a client speaks at once.
    """

    def __init__(self, max_streams: int, max_per_account: int) -> None:
        self._max_streams = max_streams
        self._max_per_account = max_per_account
        self._streams_of: Counter[str] = Counter()
        self._unnamed: dict[asyncio.Timeout, str] = {}

    @contextmanager
    def reserve_for(self, account: str) -> Iterator[None]:
        """Count a stream while the context lasts; raise Refusal above a limit."""
        if self._streams_of.total() >= self._max_streams:
            raise _refuse(f"{self._max_streams} connections")
        if self._streams_of[account] >= self._max_per_account:
            raise _refuse(f"{self._max_per_account} connections of this account")
        self._streams_of[account] += 1
        try:
            yield
        finally:
            self._streams_of -= Counter([account])  # drops accounts that have none left

    @asynccontextmanager
    async def reserve_unnamed(self, address: str) -> AsyncIterator[None]:
        """Count a connection for a few seconds; raise TimeoutError when they are over."""
        self._make_room(address)
        async with asyncio.timeout(SECONDS_TO_SAY_WHO) as limit:
            self._unnamed[limit] = address
            try:
                yield
            finally:
                self._unnamed.pop(limit, None)

    def _make_room(self, address: str) -> None:
        of_address = [limit for limit, other in self._unnamed.items() if other == address]
        if len(of_address) >= MAX_UNNAMED_OF_ADDRESS:
            self._end(of_address[0])
        elif len(self._unnamed) >= MAX_UNNAMED:
            self._end(next(iter(self._unnamed)))

    def _end(self, limit: asyncio.Timeout) -> None:
        del self._unnamed[limit]
        if not limit.expired():  # else it goes by itself as soon as its task runs
            limit.reschedule(asyncio.get_running_loop().time())


def _refuse(what: str) -> Refusal:
    return Refusal(
        Reason.TOO_MANY_CONNECTIONS, None, f"there are {what} already, the most that there may be"
    )
