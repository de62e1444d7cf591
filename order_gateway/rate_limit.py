"""How many requests a key may make."""

import math
import time
from collections.abc import Callable


class RateLimit:
    """A bucket of `rate` requests that fills up again within a second.

    Each gateway worker counts for itself.
    """

    def __init__(self, rate: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._now = now
        self._left = float(rate)
        self._counted = now()
        self._policy = f'"key";q={rate};w=1'.encode()

    def take(self, cost: int = 1) -> bool:
        """Whether `cost` more requests are within the limit; takes them where they are."""
        now = self._now()
        self._left = min(float(self._rate), self._left + (now - self._counted) * self._rate)
        self._counted = now
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def describe(self) -> list[tuple[bytes, bytes]]:
        """The headers that tell the client where it stands."""
        wait = math.ceil((self._rate - self._left) / self._rate)
        return [
            (b"ratelimit-policy", self._policy),
            (b"ratelimit", b'"key";r=%d;t=%d' % (self._left, wait)),
        ]
