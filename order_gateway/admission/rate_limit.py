"""How many requests a key may make, whichever worker they come to."""

import fcntl
import math
import mmap
import os
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from order_gateway.admission.api_keys import ApiKey

_TRIES = 100
"""Looks for the lock, a few dozen microseconds together."""


class RateLimit:
    """A bucket of `rate` requests that fills up again within a second."""

    def __init__(self, rate: int, now: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._now = now
        self._left = float(rate)
        self._counted = now()
        self._policy = f'"key";q={rate};w=1'.encode()

    def take(self, cost: int = 1) -> bool:
        """Whether `cost` more requests are within the limit; takes them where they are."""
        now = self._now()
        self._left = min(float(self.rate), self._left + (now - self._counted) * self.rate)
        self._counted = now
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def describe(self) -> list[tuple[bytes, bytes]]:
        """The headers that tell the client where it stands."""
        wait = math.ceil((self.rate - self._left) / self.rate)
        return [
            (b"ratelimit-policy", self._policy),
            (b"ratelimit", b'"key";r=%d;t=%d' % (self._left, wait)),
        ]


class SharedMemory:
    """Two numbers for each of `count` buckets, in a file that every worker maps.

    The clock of all processes of a machine is the same one; what is left of another boot is full.
    """

    def __init__(self, file: Path, count: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        size = 16 * count
        os.ftruncate(self._file, size)
        self.numbers = memoryview(mmap.mmap(self._file, size)).cast("d")

    def lock(self) -> bool:
        """Whether it is ours: another worker holds it for a microsecond.

        One that was stopped at that very moment holds it for longer; it is not waited for, the
        worst is that a few requests are not counted.
        """
        for _ in range(_TRIES):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            return True
        return False

    def unlock(self) -> None:
        """The next one's turn."""
        fcntl.flock(self._file, fcntl.LOCK_UN)


class SharedRateLimit(RateLimit):
    """The bucket number `index` of all workers together."""

    def __init__(
        self, rate: int, memory: SharedMemory, index: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(rate, now)
        self._memory = memory
        self._place = 2 * index

    def take(self, cost: int = 1) -> bool:
        """As one worker alone would."""
        numbers, place = self._memory.numbers, self._place
        is_locked = self._memory.lock()
        self._left, self._counted = numbers[place], numbers[place + 1]
        if self._counted > self._now():
            self._counted = 0.0
        is_within = super().take(cost)
        numbers[place], numbers[place + 1] = self._left, self._counted
        if is_locked:
            self._memory.unlock()
        return is_within


def make_limits(keys: Sequence[ApiKey], rate: int, folder: Path | None) -> list[RateLimit]:
    """One for each key, `rate` where it has none of its own.

    `folder`: where the workers that count together find each other; None: this one is alone.
    Raises OSError where it cannot be used.
    """
    rates = [key.rate_limit or rate for key in keys]
    if folder is None or not keys:
        return [RateLimit(rate) for rate in rates]
    # other keys, another file: a bucket is found by its place among them
    names = "\0".join(key.key for key in keys).encode()
    file = folder / f"buckets-{blake2b(names, digest_size=8).hexdigest()}"
    memory = SharedMemory(file, len(keys))
    return [SharedRateLimit(rate, memory, index) for index, rate in enumerate(rates)]
