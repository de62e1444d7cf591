"""Whether the feed may be believed, for everyone who has to say so."""

import time
from collections.abc import Callable

from market_data.market import Market

SECONDS_UNTIL_DEAF = 2.0
"""Without a successful check against the engine's state for so long, the feed is deaf."""


class FeedStatus:
    """Written by the feed. `behind` counts sequences between the engine and what is known here."""

    def __init__(self, market: Market, clock: Callable[[], float] = time.monotonic) -> None:
        self._market = market
        self._clock = clock
        self._checked_at = float("-inf")
        self.is_connected = False
        self.sequence = 0
        self.engine_sequence = 0
        self.behind = 0

    @property
    def is_in_sync(self) -> bool:
        """Whether the market is what the engine published, but for what is on its way."""
        is_recent = self.seconds_since_check < SECONDS_UNTIL_DEAF
        return self.is_connected and self._market.is_complete and is_recent

    @property
    def seconds_since_check(self) -> float:
        """Age of the last successful check."""
        return self._clock() - self._checked_at

    def note_check(self, sequence: int, engine_sequence: int, behind: int) -> None:
        """The engine's state was read, and nothing is missing but `behind`."""
        self._checked_at = self._clock()
        self.is_connected = True
        self.sequence = sequence
        self.engine_sequence = engine_sequence
        self.behind = behind
