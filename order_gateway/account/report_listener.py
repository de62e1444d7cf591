"""What waits for one stream: reports, each encoded once for all streams of an account."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from protocol.codec import encode
from protocol.events import BalanceEvent, PrivateEvent

MAX_WAITING_BYTES = 64 << 20
"""Bytes of the reports that wait for a slow listener; with more, its stream is closed. An account's
listeners share them."""
MAX_HELD_BYTES = 256 << 20
"""Bytes that wait for all listeners, in their connections too; with more, the accounts with most of
it lose them."""

Report = PrivateEvent | BalanceEvent


class News(NamedTuple):
    """A report, and the sequence of the message that had it."""

    sequence: int
    report: Report


class Told(NamedTuple):
    """News as listeners get them: a report with its type and JSON.

    No report and type if some were lost, so that the listener needs a new snapshot.
    """

    sequence: int
    kind: str | None
    data: bytes
    report: Report | None = None


def tell(news: News) -> Told:
    """Encode `news` for its listeners."""
    kind = str(type(news.report).__struct_config__.tag)
    return Told(news.sequence, kind, encode(news.report), news.report)


class Listener:
    """Reports of one account, beginning after the sequence `start`."""

    def __init__(self, account: str, count_unsent: Callable[[], int], start: int = 0) -> None:
        self.account = account
        self.start = start
        self.count_unsent = count_unsent
        """Returns the bytes that its connection holds unsent."""
        self.is_lost = False
        """Whether the listener was too slow, so that what waited for it was dropped."""
        self._waiting: deque[Told] = deque()
        self._bytes = 0
        self._has_news = asyncio.Event()

    @property
    def held_bytes(self) -> int:
        """Bytes of the reports that wait for the listener."""
        return self._bytes

    def put(self, told: Told) -> None:
        """Add news without waiting for the listener."""
        if self.is_lost:
            return
        self._waiting.append(told)
        self._bytes += len(told.data)
        if self._bytes > MAX_WAITING_BYTES:
            self.lose()
        self._has_news.set()

    def lose(self) -> None:
        """Drop what waits: the listener is too slow."""
        self.is_lost = True
        self._waiting.clear()
        self._bytes = 0
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
