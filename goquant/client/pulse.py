"""What a reader learns from heartbeats: that something was sent and has not come."""

from collections.abc import Mapping
from typing import TypeAlias

from goquant.client.book import Json

Ids: TypeAlias = dict[tuple[str, str], int]
"""Last id by symbol and name, `update_id` or `trade_id`."""

MOST_QUIET_BEATS = 5
"""After so many heartbeats with nothing between them, no answer to a request is awaited."""


class ReaderPulse:
    """Compares the heartbeats of one connection with what came between them.

    All that a heartbeat tells of is sent before the next one. Only what a `resume` still sends may
    take longer, hence a `ping` after it: requests are answered one after another, so that the pong
    says that all was sent.
    """

    def __init__(self) -> None:
        self._told: Ids = {}
        self.is_waiting = False
        """Whether the answer to a `resume` may still be on its way."""
        self._quiet_beats = 0

    def ask(self) -> None:
        """A `resume` is being answered, until the pong."""
        self._told = {}
        self.is_waiting = True
        self._quiet_beats = 0

    def take_pong(self) -> None:
        """It was answered."""
        self.is_waiting = False

    def take_other(self) -> None:
        """Something has come that is no heartbeat."""
        self._quiet_beats = 0

    def find_missed(self, heartbeat: Json, known: Mapping[tuple[str, str], int]) -> list[str]:
        """Symbols of which the heartbeat before this one told more than is `known` by now."""
        self._quiet_beats += 1
        if self.is_waiting and self._quiet_beats < MOST_QUIET_BEATS:
            return []
        told, self._told = self._told, {}
        if heartbeat["in_sync"]:
            self._told = {
                (symbol, name): heartbeat["symbols"][symbol][name] for symbol, name in known
            }
        missed = [key[0] for key, last in known.items() if last < told.get(key, 0)]
        return list(dict.fromkeys(missed))
