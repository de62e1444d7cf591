"""What a reader of the feed learns from heartbeats: that a message was sent and has not come."""

from collections.abc import Mapping
from typing import TypeAlias

from goquant.client.book import Json

Ids: TypeAlias = dict[tuple[str, str], int]
"""The last id by symbol and name, which is `update_id` or `trade_id`."""

MAX_QUIET_HEARTBEATS = 5
"""After so many heartbeats with nothing between them, the answer to a request is given up."""


class HeartbeatMonitor:
    """Compare the heartbeats of one connection with what comes between them.

    The feed sends everything that a heartbeat tells of before the next heartbeat. Only the answer
    to a `resume` may take longer. The feed answers requests one after another, so a `ping` follows
    each `resume`, and its pong says that the whole answer has been sent.
    """

    def __init__(self) -> None:
        self._told: Ids = {}
        self.is_waiting = False
        """Whether the answer to a `resume` may still be on its way."""
        self._quiet_heartbeats = 0

    def start_waiting(self) -> None:
        """Wait for the answer to a `resume` until the pong comes."""
        self._told = {}
        self.is_waiting = True
        self._quiet_heartbeats = 0

    def take_pong(self) -> None:
        """Stop waiting: the answer is here."""
        self.is_waiting = False

    def take_message(self) -> None:
        """Note that a message other than a heartbeat has come."""
        self._quiet_heartbeats = 0

    def find_missed(self, heartbeat: Json, known: Mapping[tuple[str, str], int]) -> list[str]:
        """Return the symbols of which the heartbeat before this one told more than is `known`."""
        self._quiet_heartbeats += 1
        if self.is_waiting and self._quiet_heartbeats < MAX_QUIET_HEARTBEATS:
            return []
        told, self._told = self._told, {}
        if heartbeat["in_sync"]:
            self._told = {
                (symbol, name): heartbeat["symbols"][symbol][name] for symbol, name in known
            }
        missed = [key[0] for key, last in known.items() if last < told.get(key, 0)]
        return list(dict.fromkeys(missed))
