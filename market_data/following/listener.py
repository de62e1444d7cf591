"""The interface of whoever wants to know what the feed has done to the market."""

from typing import Protocol

from protocol.events import PublicEvent


class MarketListener(Protocol):
    """The feed calls it in the order of events, in the event loop; it must not wait."""

    def announce(self, event: PublicEvent) -> None:
        """Take note of `event`, which is in the market now."""

    def end_message(self) -> None:
        """Take note that all events of a message have been announced: a commit's on a channel."""

    def note_rebuild(self, is_same_exchange: bool) -> None:
        """Take note that the market is about to be emptied.

        `is_same_exchange`: it will be filled with the events of the same exchange.
        """

    def announce_rebuild(self) -> None:
        """Take note that the market is complete, for the first time or again."""
