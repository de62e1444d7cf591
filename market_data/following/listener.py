"""Who is told what the feed has done to the market."""

from typing import Protocol

from protocol.events import PublicEvent


class MarketListener(Protocol):
    """Is called by the feed in the order of events, from within the event loop."""

    def announce(self, event: PublicEvent) -> None:
        """`event` is in the market now."""

    def note_rebuild(self, is_same_exchange: bool) -> None:
        """The market is about to be emptied; `is_same_exchange`: for the same exchange's events."""

    def announce_rebuild(self) -> None:
        """The market is complete, for the first time or again."""
