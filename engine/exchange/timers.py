"""Dead man's switches: when an account's orders are canceled unless it renews, in journalled time.

A timer does not ring by itself. Once one is due, the service puts an `expire_timers` at the end of
the list, behind every renewal that is there already, and only when that entry is taken, what was
due at the moment of the push and has not been renewed since goes off.
"""

from heapq import heapify, heappop, heappush

_SLACK = 64
ANNOUNCED_SECONDS = 10
"""After so long it is said again that a timer is due: the list may have been wiped by hand."""


class Timers:
    """At most one timer an account. Times in microseconds."""

    def __init__(self) -> None:
        self.deadlines: dict[str, int] = {}
        self._announced = 0
        """When an `expire_timers` that is on its way was pushed; 0: none is. Nothing that a replay
        depends on."""
        self._queue: list[tuple[int, str]] = []

    def restore(self, deadlines: dict[str, int]) -> None:
        """Take over stored timers."""
        self.deadlines = dict(deadlines)
        self._rebuild()

    def set(self, account: str, deadline: int) -> None:
        """Start or renew the account's timer."""
        self.deadlines[account] = deadline
        heappush(self._queue, (deadline, account))
        if len(self._queue) > 2 * len(self.deadlines) + _SLACK:
            self._rebuild()

    def clear(self, account: str) -> None:
        """Stop the account's timer, if it has one."""
        self.deadlines.pop(account, None)

    def is_due(self, now: int) -> bool:
        """Whether a timer has run out at `now`, and nobody has said so yet, or long ago."""
        first = self._find_first()
        has_said_so = self._announced and now < self._announced + ANNOUNCED_SECONDS * 1_000_000
        return first is not None and first[0] <= now and not has_said_so

    def note_announced(self, now: int) -> None:
        """An `expire_timers` is in the list."""
        self._announced = now

    def note_expired(self) -> None:
        """An `expire_timers` has been taken."""
        self._announced = 0

    def pop_due(self, moment: int) -> str | None:
        """The account whose timer ran out first, at `moment` or before; it has none any more."""
        first = self._find_first()
        if first is None or first[0] > moment:
            return None
        self.clear(first[1])
        return first[1]

    def _find_first(self) -> tuple[int, str] | None:
        """The earliest deadline; what was renewed or stopped is still in the queue."""
        queue = self._queue
        while queue and self.deadlines.get(queue[0][1]) != queue[0][0]:
            heappop(queue)
        return queue[0] if queue else None

    def _rebuild(self) -> None:
        self._queue = [(deadline, account) for account, deadline in self.deadlines.items()]
        heapify(self._queue)
