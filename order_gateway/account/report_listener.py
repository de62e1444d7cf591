"""What waits for one stream: reports, each encoded once for all streams of an account."""

import asyncio
import contextlib
from collections import deque
from typing import NamedTuple

from protocol.codec import encode
from protocol.events import BalanceEvent, PrivateEvent

MAX_WAITING_BYTES = 64 << 20
"""Bytes of the reports that wait for a slow listener; with more, its stream is closed. An account's
listeners share them."""

Report = PrivateEvent | BalanceEvent


class News(NamedTuple):
    """A report, and the sequence of the message that had it."""

    sequence: int
    report: Report


class Told(NamedTuple):
    """News as listeners get them: a report's type and JSON.

    None if some were lost, so that the listener needs a new snapshot.
    """

    sequence: int
    kind: str | None
    data: bytes


def tell(news: News) -> Told:
    """Encode `news` for its listeners."""
    return Told(news.sequence, str(type(news.report).__struct_config__.tag), encode(news.report))


class Listener:
    """Reports of one account, beginning after the sequence `start`."""

    def __init__(self, account: str, start: int) -> None:
        self.account = account
        self.start = start
        self.is_lost = False
        """Whether the listener was too slow, so that what waited for it was dropped."""
        self._waiting: deque[Told] = deque()
        self._bytes = 0
        self._has_news = asyncio.Event()

    def put(self, told: Told) -> None:
        """Add news without waiting for the listener."""
        if self.is_lost:
            return
        self._waiting.append(told)
        self._bytes += len(told.data)
        if self._bytes > MAX_WAITING_BYTES:
            self.is_lost = True
            self._waiting.clear()
        self._has_news.set()

    async def take(self, seconds: float) -> Told | None:
        """Return the next news; None if there are none for so long, or if the listener is lost."""
        if not self._waiting and not self.is_lost:
            self._has_news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._has_news.wait()
        if not self._waiting:
            return None
        told = self._waiting.popleft()
        self._bytes -= len(told.data)
        return told
