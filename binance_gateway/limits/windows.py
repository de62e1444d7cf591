"""Counts in fixed windows of the clock, by whoever is counted, over all workers.

A worker counts in memory. What it has counted goes to Redis a few times a second, and comes back
with what the other workers have counted: so a limit may be exceeded by what several workers take
within that time, and no request waits for Redis.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from edge.rare_log import RareLog
from protocol.channels import binance_key

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_EXCHANGES = 0.2
MAX_COUNTED = 10_000
"""Of a limit in a window; the one whose count began first is forgotten."""


class Limit(NamedTuple):
    """So many in each window of the clock; 0: as many as one likes."""

    name: str
    most: int
    seconds: int

    def find_window(self, now: int) -> int:
        """Return the number of the window at `now`, in microseconds."""
        return now // (self.seconds * 1_000_000)

    def find_end(self, now: int) -> int:
        """Return when that window ends, in microseconds."""
        return (self.find_window(now) + 1) * self.seconds * 1_000_000


class _Count:
    __slots__ = ("total", "unsent")

    def __init__(self) -> None:
        self.total = 0
        self.unsent = 0


class Windows:
    """The counts of one limit in its present window."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._window = -1
        self._start = self._end = 0
        """Of the window, in microseconds."""
        self._counts: dict[str, _Count] = {}

    def read(self, who: str, now: int) -> int:
        """Return how many `who` has in the window at `now`."""
        if not self._start <= now < self._end:
            return 0
        count = self._counts.get(who)
        return max(0, count.total) if count else 0

    def add(self, who: str, number: int, now: int) -> int:
        """Count `number` for `who`; return how many that makes.

        What belongs to a window that is over counts no more.
        """
        if now < self._start:
            return 0
        if now >= self._end:
            self._begin(now)
        count = self._counts.get(who)
        if count is None:
            if len(self._counts) >= MAX_COUNTED:
                del self._counts[next(iter(self._counts))]
            count = self._counts[who] = _Count()
        count.total += number
        count.unsent += number
        return max(0, count.total)

    def _begin(self, now: int) -> None:
        """Begin the window at `now`, with no counts."""
        self._window, self._end = self.limit.find_window(now), self.limit.find_end(now)
        self._start = self._end - self.limit.seconds * 1_000_000
        self._counts.clear()

    def is_exceeded(self, who: str, now: int, more: int = 0) -> bool:
        """Whether `more` would be too many for `who`."""
        return bool(self.limit.most) and self.read(who, now) + more > self.limit.most

    def tell(self, pipeline: Any) -> "list[_Sent]":
        """Tell the other workers what was counted here: a reply for each comes, and one more."""
        sent = [_Sent(who, each, each.unsent) for who, each in self._counts.items() if each.unsent]
        if not sent:
            return []
        key = binance_key(f"{self.limit.name}:{self._window}")
        for each in sent:
            pipeline.hincrby(key, each.who, each.number)
        pipeline.expire(key, 2 * self.limit.seconds)
        return sent


class _Sent(NamedTuple):
    who: str
    counted: _Count
    number: int

    def learn(self, total: int) -> None:
        """Take in what all workers have counted; more was counted here since it was told."""
        self.counted.unsent -= self.number
        self.counted.total = total + self.counted.unsent


async def exchange(client: Any, windows: Sequence[Windows]) -> None:
    """Tell the other workers what was counted here, and learn what they have counted."""
    async with client.pipeline(transaction=False) as pipeline:
        sent = [some for each in windows if (some := each.tell(pipeline))]
        if not sent:
            return
        replies = iter(await pipeline.execute())
    for some in sent:
        for each in some:
            each.learn(next(replies))
        next(replies)  # of the key's end


class Exchange:
    """Brings the counts of the workers together, a few times a second."""

    def __init__(self, client: Redis, windows: list[Windows]) -> None:
        self._client: Any = cast("Any", client)
        self._windows = windows
        self._rare_log = RareLog(logger)

    async def run(self) -> None:
        """Go on for ever; while Redis is away each worker counts by itself."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_EXCHANGES)
            try:
                await exchange(self._client, self._windows)
            except (RedisError, OSError) as error:
                self._rare_log.warn(f"workers cannot tell each other what they count: {error}")
