"""Dead man's switches: when an account's orders are canceled unless it renews its timer.

A timer does not ring by itself. Once one is due, the service puts a timer entry (`expire_timers`)
at the end of the list, behind every renewal that is there already. Only when that entry is taken do
the timers ring that were due when it was pushed and have not been renewed since: by what the
journal says has elapsed, so that a replay does the same, and a wall clock that is set neither stops
a timer nor lets it ring. `changes.expire_timers` cancels their accounts' orders.
"""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from typing import NamedTuple, TypeAlias

from protocol.enums import CancelScope

StoredTimer: TypeAlias = int | tuple[int, CancelScope]
"""A timer in a snapshot: its deadline, with its scope unless that is `all`."""

_SLACK = 64
ANNOUNCED_SECONDS = 10
"""How long a timer entry is waited for before another is pushed: the list may have been wiped."""


class DueTimer(NamedTuple):
    """A timer that rings."""

    account: str
    scope: CancelScope


class Timers:
    """At most one timer for each account.

    Times are in microseconds, by the exchange's `read_timer_clock`.
    """

    def __init__(self) -> None:
        self.deadlines: dict[str, int] = {}
        self._scopes: dict[str, CancelScope] = {}
        """Of the accounts whose timers do not cancel all."""
        self._announced = 0
        """When the timer entry that is on its way was pushed, 0 if none is. No replay depends on
        it."""
        self._queue: list[tuple[int, str]] = []

    def export(self) -> dict[str, StoredTimer]:
        """Return the timers as a snapshot keeps them."""
        scoped = {name: (self.deadlines[name], scope) for name, scope in self._scopes.items()}
        return {**self.deadlines, **scoped}

    def restore(self, timers: Mapping[str, StoredTimer]) -> None:
        """Take over stored timers."""
        self.deadlines, self._scopes = {}, {}
        for account, timer in timers.items():
            self.set(account, *((timer,) if isinstance(timer, int) else timer))

    def shift(self, microseconds: int) -> None:
        """Move all deadlines, to go on by another clock."""
        for account, deadline in self.deadlines.items():
            self.deadlines[account] = deadline + microseconds
        self._rebuild()

    def set(self, account: str, deadline: int, scope: CancelScope = CancelScope.ALL) -> None:
        """Start or renew the account's timer."""
        self.deadlines[account] = deadline
        if scope is CancelScope.ALL:
            self._scopes.pop(account, None)
        else:
            self._scopes[account] = scope
        heappush(self._queue, (deadline, account))
        if len(self._queue) > 2 * len(self.deadlines) + _SLACK:
            self._rebuild()

    def clear(self, account: str) -> None:
        """Stop the account's timer, if it has one."""
        self.deadlines.pop(account, None)
        self._scopes.pop(account, None)

    def is_due(self, now: int) -> bool:
        """Whether a timer has run out at `now` and no timer entry for it is on its way."""
        first = self._find_first()
        return first is not None and first[0] <= now and not self.is_announced(now)

    def is_announced(self, now: int) -> bool:
        """Whether a timer entry is on its way at `now`."""
        return self._announced > 0 and now < self._announced + ANNOUNCED_SECONDS * 1_000_000

    def find_next(self) -> int | None:
        """Find the earliest deadline; None if no timer runs."""
        first = self._find_first()
        return first and first[0]

    def note_announced(self, now: int) -> None:
        """Note that a timer entry is in the list."""
        self._announced = now

    def note_expired(self) -> None:
        """Note that a timer entry has been taken."""
        self._announced = 0

    def pop_due(self, moment: int) -> DueTimer | None:
        """Remove the timer that ran out first, by `moment`, and return it; None: there is none."""
        first = self._find_first()
        if first is None or first[0] > moment:
            return None
        due = DueTimer(first[1], self._scopes.get(first[1], CancelScope.ALL))
        self.clear(due.account)
        return due

    def _find_first(self) -> tuple[int, str] | None:
        """Find the earliest deadline; drop what was renewed or stopped from the queue."""
        queue = self._queue
        while queue and self.deadlines.get(queue[0][1]) != queue[0][0]:
            heappop(queue)
        return queue[0] if queue else None

    def _rebuild(self) -> None:
        self._queue = [(deadline, account) for account, deadline in self.deadlines.items()]
        heapify(self._queue)
