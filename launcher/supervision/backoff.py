"""How long to wait before a service is started again."""

FIRST_SECONDS = 0.25
MAX_SECONDS = 10.0
GOOD_RUN_SECONDS = 30.0


class Backoff:
    """Doubles from a quarter of a second to ten; begins anew after a run of half a minute."""

    def __init__(self) -> None:
        self._next = FIRST_SECONDS

    def next_delay(self, ran_seconds: float) -> float:
        """Return the seconds to wait after a run that lasted `ran_seconds`."""
        if ran_seconds >= GOOD_RUN_SECONDS:
            self._next = FIRST_SECONDS
        delay = self._next
        self._next = min(2 * delay, MAX_SECONDS)
        return delay
