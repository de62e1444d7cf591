"""How much of the list each account may fill: the engine takes entries in their order alone.

What has been pushed waits for all that is before it, whoever sent it. So while others trade, an
account has no more than `MAX_SHARE` entries in the list, and the rest of them waits at the gateway,
where others can pass.
"""

import time
from collections import Counter, deque
from collections.abc import Callable

MAX_SHARE = 64
"""Entries of an account in the list while others trade: what they wait for, with the commit."""
SECONDS_OF_OTHERS = 2.0
"""How long others count as trading after their last push."""
SECONDS_WITHOUT_PROGRESS = 0.5
"""After which nobody is held back: the engine is away, and the list has to take what comes."""


class ListShares:
    """Counts what this gateway has pushed and the engine has not taken yet, by account."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pushed: deque[tuple[str, int]] = deque()
        self._total = 0
        self._of: Counter[str] = Counter()
        self._latest = self._before = ("", float("-inf"))
        """The latest push, and the latest one of another account."""
        self._progress = float("-inf")

    def find_room(self, account: str, *, has_company: bool) -> int | None:
        """Return how many entries `account` may push more, None if it has no limit.

        `has_company`: others have something to push, too.
        """
        if not self._is_taken():
            return MAX_SHARE if has_company else None
        if not (has_company or self._has_others(account)):
            return None
        return max(0, MAX_SHARE - self._of.get(account, 0))

    def _is_taken(self) -> bool:
        """Whether the engine takes what is pushed."""
        return not self._total or self._now() - self._progress <= SECONDS_WITHOUT_PROGRESS

    def _has_others(self, account: str) -> bool:
        """Whether others have pushed something not long ago."""
        _, at = self._before if self._latest[0] == account else self._latest
        return self._now() - at <= SECONDS_OF_OTHERS

    def count(self, account: str, count: int) -> None:
        """Count entries that are about to be pushed."""
        if account != self._latest[0]:
            self._before = self._latest
        self._latest = account, self._now()
        if not self._total:
            self._progress = self._latest[1]
        self._pushed.append((account, count))
        self._of[account] += count
        self._total += count

    def note_depth(self, depth: int) -> None:
        """Forget what the engine has taken: at most the last `depth` entries are still there."""
        if self._total > depth:
            self._progress = self._now()
        while self._total > depth:
            account, count = self._pushed.popleft()
            taken = min(count, self._total - depth)
            if taken < count:
                self._pushed.appendleft((account, count - taken))
            self._total -= taken
            self._of[account] -= taken
            if not self._of[account]:
                del self._of[account]
