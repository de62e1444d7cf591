"""Whether what the service tells is up to date."""

import time
from collections.abc import Callable

from market_data.market.market import Market

SECONDS_UNTIL_DEAF = 2.0
"""The feed is deaf if for so long it neither could check itself against the engine's state nor
applied what came live, or if something that the engine published so long ago is missing."""


class FeedStatus:
    """Written by the feed, read by everyone.

    `sequence` is a commit up to which nothing is missing, `behind` counts the sequences between the
    engine and what is known here, `lag_seconds` is the age of the oldest check that named something
    still missing.
    """

    def __init__(self, market: Market, clock: Callable[[], float] = time.monotonic) -> None:
        self._market = market
        self._clock = clock
        self._checked_at = float("-inf")
        self._progress_at = float("-inf")
        self.is_connected = False
        self.sequence = 0
        self.engine_sequence = 0
        self.behind = 0
        self.lag_seconds = 0.0

    @property
    def is_in_sync(self) -> bool:
        """Whether the market is what the engine has published, except for what is on its way."""
        silent = self._clock() - max(self._checked_at, self._progress_at)
        is_recent = max(silent, self.lag_seconds) < SECONDS_UNTIL_DEAF
        return self.is_connected and self._market.is_complete and is_recent

    @property
    def seconds_since_check(self) -> float:
        """Age of the last successful check."""
        return self._clock() - self._checked_at

    def note_progress(self) -> None:
        """Note that a part of what came live was applied: no check is made in the midst of it."""
        self._progress_at = self._clock()

    def note_check(
        self, sequence: int, engine_sequence: int, behind: int, lag_seconds: float = 0.0
    ) -> None:
        """Note that the engine's state was read, and that nothing but `behind` is missing."""
        self._checked_at = self._clock()
        self.is_connected = True
        self.sequence = sequence
        self.engine_sequence = engine_sequence
        self.behind = behind
        self.lag_seconds = lag_seconds
