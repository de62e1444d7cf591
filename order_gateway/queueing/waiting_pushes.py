"""Requests that wait for their push, taken in rounds over their accounts.

In each round an account pushes `QUANTUM` entries at most, be they many requests or a part of one.
"""

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import NamedTuple, TypeAlias

from order_gateway.queueing.list_shares import MAX_SHARE, ListShares

MAX_WAITING = 20_000
"""Entries that wait; one more is not taken (`PushState.BUFFER_FULL`)."""
MAX_WAITING_OF_ACCOUNT = 10_000
"""Of one account among them."""
QUANTUM = MAX_SHARE
"""Entries that an account may push in a round."""
PLACE = (b"",)
"""What waits if its entry is pushed by other means: it takes a place like any other."""


class PushState(Enum):
    """What became of an entry."""

    CONFIRMED = auto()
    """In the list, or allowed to be pushed by other means."""
    REFUSED = auto()
    """Redis refused it: it is not in the list."""
    NOT_SENT = auto()
    """Redis could not be reached, or what was before it in its request was not confirmed: it is not
    in the list."""
    BUFFER_FULL = auto()
    """Too many entries wait here: it is not in the list."""
    UNKNOWN = auto()
    """It was sent and the answer was lost: it may be in the list or not."""


class Push(NamedTuple):
    """Outcome of one push; `depth` is the length of the list after a confirmed one."""

    state: PushState
    depth: int | None = None
    detail: str = ""


Settled: TypeAlias = Callable[[list[Push]], None]


class PendingPush:
    """Entries of one account that are pushed in their order.

    `settled` is called once, with a Push for each, when all outcomes are known.
    """

    __slots__ = ("_listeners", "_pushes", "account", "entries", "taken")

    def __init__(self, account: str, entries: Sequence[bytes], settled: Settled) -> None:
        self.account = account
        self.entries = entries
        self.taken = 0
        """How many of the entries have been taken out to be pushed."""
        self._pushes: list[Push] = []
        self._listeners = [settled]

    @property
    def left(self) -> int:
        """How many still wait."""
        return len(self.entries) - self.taken

    def take(self, count: int) -> Sequence[bytes]:
        """Take the next `count` entries out."""
        start = self.taken
        self.taken += count
        return self.entries[start : self.taken]

    def listen(self, settled: Settled) -> None:
        """Call `settled`, too, if the outcomes are not known yet."""
        self._listeners.append(settled)

    def settle(self, count: int, push: Push) -> None:
        """Note the outcome of the next `count` entries."""
        self._pushes += [push] * count
        if count and len(self._pushes) == len(self.entries):
            for settled in self._listeners:
                settled(self._pushes)


class Part(NamedTuple):
    """Entries of one request that are pushed now."""

    request: PendingPush
    entries: Sequence[bytes]


class _Line:
    """The requests of one account, in their order."""

    __slots__ = ("entries", "requests")

    def __init__(self) -> None:
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

    def has_room(self, account: str, count: int) -> bool:
        """Whether `count` more entries of `account` may wait."""
        line = self._lines.get(account)
        of_account = line.entries if line else 0
        return self._entries + count <= MAX_WAITING and of_account + count <= MAX_WAITING_OF_ACCOUNT

    def add(self, pending: PendingPush) -> bool:
        """Take a request in; return whether there is room for it."""
        account, count = pending.account, len(pending.entries)
        if not self.has_room(account, count):
            return False
        line = self._lines.get(account)
        if line is None:
            line = self._lines[account] = _Line()
        line.requests.append(pending)
        line.entries += count
        self._entries += count
        return True

    def take(self, most: int) -> list[Part]:
        """Take entries out until there are `most` or nobody may push more."""
        taken: list[Part] = []
        held: set[str] = set()
        left = most
        while left > 0 and len(held) < len(self._lines):
            account = next(iter(self._lines))
            line = self._lines.pop(account)
            size = self._take_of(account, line, left, taken)
            left -= size
            if line.requests:
                self._lines[account] = line  # behind everybody else
                if not size:
                    held.add(account)
        return taken

    def take_all(self) -> list[Part]:
        """Take everything out."""
        requests = [request for line in self._lines.values() for request in line.requests]
        self._lines.clear()
        self._entries = 0
        return [Part(each, each.take(each.left)) for each in requests]

    def withdraw(self, request: PendingPush) -> int:
        """Take out what is left of a request of which a part was pushed; return how many."""
        left = request.left
        if left:
            line = self._lines[request.account]
            line.requests.popleft()
            self._forget(line, left)
            if not line.requests:
                del self._lines[request.account]
            request.taken += left
        return left

    def find_last(self, account: str) -> PendingPush | None:
        """Return the newest request of `account`, or None."""
        line = self._lines.get(account)
        return line.requests[-1] if line else None

    def _take_of(self, account: str, line: _Line, left: int, taken: list[Part]) -> int:
        """Take what `account` may push in this round; return how many entries."""
        requests = line.requests
        room = self._shares.find_room(account, has_company=bool(self._lines))
        most, size = min(QUANTUM, left), 0
        while requests and size < most and size != room:
            request = requests[0]
            count = request.left if room is None else min(request.left, room - size)
            taken.append(Part(request, request.take(count)))
            size += count
            if not request.left:
                requests.popleft()
        if size:
            self._forget(line, size)
            self._shares.count(account, size)
        return size

    def _forget(self, line: _Line, count: int) -> None:
        line.entries -= count
        self._entries -= count
