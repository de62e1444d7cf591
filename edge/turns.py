"""Heavy work in turns: a little of it in each turn of the event loop, and in rounds over who asks.

Everything that is served by one event loop waits while it works. What is ready at the same moment
would be worked off at once, and with it all of what one client has sent.
"""

import asyncio
from collections import deque
from collections.abc import Callable

Proceed = Callable[[], object]


class Turns:
    """Lets work through until its costs come to `most`, then again in the next turn.

    The next turn begins after `pause` seconds, which bounds the work of a second, too; by default
    it is that of the event loop. The work of one client is let through in its order.
    """

    def __init__(self, most: int, pause: float = 0.0) -> None:
        self._most = most
        self._pause = pause
        self._spent = 0
        self._waiting: dict[str, deque[tuple[int, Proceed]]] = {}

    def is_waiting(self, who: str) -> bool:
        """Whether some work of `who` waits, behind which later work of theirs has to wait."""
        return who in self._waiting

    def enter(self, who: str, cost: int, proceed: Proceed) -> None:
        """Call `proceed` now or in a later turn; a cost of more than `most` takes a whole turn."""
        if self._waiting or self._spent >= self._most:
            self._waiting.setdefault(who, deque()).append((cost, proceed))
        else:
            self._let_through(cost, proceed)

    def _let_through(self, cost: int, proceed: Proceed) -> None:
        if not self._spent:
            loop = asyncio.get_running_loop()
            if self._pause:
                loop.call_later(self._pause, self._begin_turn)
            else:
                loop.call_soon(self._begin_turn)
        self._spent += max(1, cost)
        proceed()

    def _begin_turn(self) -> None:
        self._spent = 0
        while self._waiting and self._spent < self._most:
            who = next(iter(self._waiting))
            line = self._waiting.pop(who)
            cost, proceed = line.popleft()
            if line:
                self._waiting[who] = line  # behind everybody else
            self._let_through(cost, proceed)
