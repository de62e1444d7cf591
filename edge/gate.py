"""How many connections there are, of whom, and which of them are over their time."""

import asyncio
import logging
import time
from collections import Counter
from typing import NamedTuple, Protocol

from edge.rare_log import RareLog
from edge.turns import Turns
from protocol.enums import Reason
from protocol.hosts import is_loopback_address
from protocol.refusal import Refusal

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_SWEEPS = 0.5
SECONDS_BETWEEN_HANDSHAKES = 0.004
"""A handshake takes up to a millisecond of the event loop: no more than a quarter of it."""
DISCARDED_A_TURN = 64 * 1024
SECONDS_BETWEEN_DISCARDS = 0.002
"""32 MB a second of all connections are thrown away, in pieces that hold nobody up."""


class Connection(Protocol):
    """A connection that is swept."""

    def is_over(self, now: float) -> bool:
        """Whether the client's time is over, by the monotonic clock."""

    def expire(self) -> None:
        """End it, because its time is over; it is over only once."""


class Places(NamedTuple):
    """The most connections of the service, of an address, and of an address of this machine."""

    connections: int
    per_address: int
    per_loopback: int

    @classmethod
    def of(cls, connections: int, per_address: int) -> "Places":
        """Leave, whatever one address takes, a fifth to others."""
        most = max(1, connections * 4 // 5)
        return cls(connections, min(per_address, most), most)


class Gate:
    """Lets connections in, and ends those that waste their time.

    `handshakes` and `discards` are the turns in which connections begin to be WebSockets, and read
    what is thrown away: no order passes through them.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._open = 0
        self._of_address: Counter[str] = Counter()
        self._swept: set[Connection] = set()
        self._is_sweeping = False
        self.log = RareLog(logger)
        self.handshakes = Turns(1, SECONDS_BETWEEN_HANDSHAKES)
        self.discards = Turns(DISCARDED_A_TURN, SECONDS_BETWEEN_DISCARDS)

    def enter(self, connection: Connection, address: str) -> Refusal | None:
        """Count a connection, and return why it must end at once, or None. It has to leave."""
        self._open += 1
        self._of_address[address] += 1
        self._swept.add(connection)
        if not self._is_sweeping:
            self._is_sweeping = True
            asyncio.get_running_loop().call_later(SECONDS_BETWEEN_SWEEPS, self._sweep)
        return self._find_obstacle(address)

    def leave(self, connection: Connection, address: str) -> None:
        """Count no longer a connection that has ended."""
        self._open -= 1
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]
        self._swept.discard(connection)

    def _find_obstacle(self, address: str) -> Refusal | None:
        if self._open > self._places.connections:
            detail = f"there are {self._places.connections} connections, the most that there may be"
            return Refusal(Reason.TOO_MANY_CONNECTIONS, None, detail)
        places = self._places
        is_here = not address or is_loopback_address(address)  # a Unix socket has no address
        most = places.per_loopback if is_here else places.per_address
        if self._of_address[address] > most:
            detail = f"there are {most} connections from {address}, the most that there may be"
            return Refusal(Reason.TOO_MANY_CONNECTIONS_FROM_ADDRESS, None, detail)
        return None

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in [each for each in self._swept if each.is_over(now)]:
            connection.expire()
        self._is_sweeping = bool(self._swept)
        if self._is_sweeping:
            asyncio.get_running_loop().call_later(SECONDS_BETWEEN_SWEEPS, self._sweep)
