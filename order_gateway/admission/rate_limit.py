"""How many requests a second a key may make, over all workers."""

import fcntl
import math
import mmap
import os
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from edge.api_keys import ApiKey

_TRIES = 100
"""Attempts to get the lock: a few dozen microseconds in all."""


class RateLimit:
    """A bucket of `rate` requests that fills up again within a second."""

    def __init__(self, rate: int, now: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._now = now
        self._left = float(rate)
        self._counted = now()
        self._policy = f'"key";q={rate};w=1'.encode()

    def take(self, cost: int = 1) -> bool:
        """Take `cost` requests if that many are left; return whether they were."""
        now = self._now()
        self._left = min(float(self.rate), self._left + (now - self._counted) * self.rate)
        self._counted = now
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def describe(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell the client what is left."""
        wait = math.ceil((self.rate - self._left) / self.rate)
        return [
            (b"ratelimit-policy", self._policy),
            (b"ratelimit", b'"key";r=%d;t=%d' % (self._left, wait)),
        ]


class SharedBuckets:
    """What is left of `count` buckets and when each was counted, in a file that all workers map.

    All processes of a machine share one monotonic clock. After a reboot it begins again: a bucket
    that was counted in the future is full.
    """

    def __init__(self, file: Path, count: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        size = 16 * count
        os.ftruncate(self._file, size)
        self.cells = memoryview(mmap.mmap(self._file, size)).cast("d")

    def lock(self) -> bool:
        """Lock the file, which others hold for a microsecond; return whether that worked.

        A worker that was stopped while it held the lock is not waited for: at worst a few requests
        are not counted.
        """
        for _ in range(_TRIES):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            return True
        return False

    def unlock(self) -> None:
        """Let the next worker lock the file."""
        fcntl.flock(self._file, fcntl.LOCK_UN)


class SharedRateLimit(RateLimit):
    """The bucket at `index`, shared by all workers."""

    def __init__(
        self,
        rate: int,
        buckets: SharedBuckets,
        index: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(rate, now)
        self._buckets = buckets
        self._offset = 2 * index

    def take(self, cost: int = 1) -> bool:
        """Take from the shared bucket, as one worker alone would."""
        cells, offset = self._buckets.cells, self._offset
        is_locked = self._buckets.lock()
        self._left, self._counted = cells[offset], cells[offset + 1]
        if self._counted > self._now():
            self._counted = 0.0
        is_within = super().take(cost)
        cells[offset], cells[offset + 1] = self._left, self._counted
        if is_locked:
            self._buckets.unlock()
        return is_within


def make_limits(keys: Sequence[ApiKey], rate: int, folder: Path | None) -> list[RateLimit]:
    """Return a limit for each key; `rate` is that of keys without one of their own.

    `folder` holds the file that the workers share; None if there is one worker. Raise OSError if
    the folder cannot be used.
    """
    rates = [key.rate_limit or rate for key in keys]
    if folder is None or not keys:
        return [RateLimit(rate) for rate in rates]
    # a bucket is found by its position among the keys, so other keys need another file
    names = "\0".join(key.key for key in keys).encode()
    file = folder / f"buckets-{blake2b(names, digest_size=8).hexdigest()}"
    buckets = SharedBuckets(file, len(keys))
    return [SharedRateLimit(rate, buckets, index) for index, rate in enumerate(rates)]
