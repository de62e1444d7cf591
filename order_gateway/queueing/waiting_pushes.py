"""Requests that wait for their push, taken in rounds over their accounts.

This is deficit round robin (M. Shreedhar and G. Varghese, Efficient Fair Queueing, 1995): what an
account cannot spend in a round, because its next request is larger, it may spend in the next.
"""

import asyncio
from collections import deque
from enum import Enum, auto
from typing import NamedTuple

from order_gateway.queueing.list_shares import ListShares

MAX_WAITING = 20_000
"""Entries that wait; one more is not taken (`PushState.BUFFER_FULL`)."""
MAX_WAITING_OF_ACCOUNT = 10_000
"""Of one account among them."""
QUANTUM = 128
"""Entries that an account may push in a round."""


class PushState(Enum):
    """What became of an entry."""

    CONFIRMED = auto()
    """In the list."""
    REFUSED = auto()
    """Redis refused it: it is not in the list."""
    NOT_SENT = auto()
    """Redis could not be reached: it is not in the list."""
    BUFFER_FULL = auto()
    """Too many entries wait here: it is not in the list."""
    UNKNOWN = auto()
    """It was sent and the answer was lost: it may be in the list or not."""


class Push(NamedTuple):
    """Outcome of one push; `depth` is the length of the list after a confirmed one."""

    state: PushState
    depth: int | None = None
    detail: str = ""


PendingPush = tuple[str, tuple[bytes, ...], asyncio.Future[Push]]
"""Account, entries that are pushed together, and what becomes of them."""


class _Line:
    """The requests of one account, in their order."""

    __slots__ = ("credit", "entries", "requests")

    def __init__(self) -> None:
        self.credit = 0
        self.entries = 0
        self.requests: deque[PendingPush] = deque()


class WaitingPushes:
    """What waits, by account; the account whose turn it is comes first."""

    def __init__(self, shares: ListShares) -> None:
        self._shares = shares
        self._lines: dict[str, _Line] = {}
        self._entries = 0

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, pending: PendingPush) -> bool:
        """Take a request in; return whether there is room for it."""
        account, entries, _ = pending
        size = self._entries + len(entries)
        if size > MAX_WAITING:
            return False
        line = self._lines.get(account)
        if line is None:
            line = self._lines[account] = _Line()
        of_account = line.entries + len(entries)
        if of_account > MAX_WAITING_OF_ACCOUNT:
            return False
        line.requests.append(pending)
        line.entries = of_account
        self._entries = size
        return True

    def take(self, most: int) -> list[PendingPush]:
        """Take requests out until they have `most` entries or nobody may push more."""
        taken: list[PendingPush] = []
        held: set[str] = set()
        left = most
        while left > 0 and len(held) < len(self._lines):
            account = next(iter(self._lines))
            line = self._lines.pop(account)
            left -= self._take_of(account, line, left, taken)
            if line.requests:
                self._lines[account] = line  # behind everybody else
                if not self._shares.find_room(account, _count_next(line)):
                    line.credit = 0
                    held.add(account)
        return taken

    def take_all(self) -> list[PendingPush]:
        """Take everything out."""
        taken = [pending for line in self._lines.values() for pending in line.requests]
        self._lines.clear()
        self._entries = 0
        return taken

    def find_last(self, account: str) -> PendingPush | None:
        """Return the newest request of `account`, or None."""
        line = self._lines.get(account)
        return line.requests[-1] if line else None

    def _take_of(self, account: str, line: _Line, left: int, taken: list[PendingPush]) -> int:
        """Take what `account` may push now; return how many entries."""
        line.credit += QUANTUM
        room = min(line.credit, self._shares.find_room(account, _count_next(line)))
        requests, size = line.requests, 0
        while requests and size < left:
            size += len(requests[0][1])
            if size > room:
                size -= len(requests[0][1])
                break
            taken.append(requests.popleft())
        if size:
            line.credit -= size
            line.entries -= size
            self._entries -= size
            self._shares.count(account, size)
        return size


def _count_next(line: _Line) -> int:
    return len(line.requests[0][1])
