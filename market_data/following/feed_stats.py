"""Counters of the feed, shown by `/stats` and `/metrics`."""

from dataclasses import dataclass


@dataclass
class FeedStats:
    """What came in from Redis.

    `garbage` counts messages that could not be read or applied or were not the engine's, `forged`
    those of somebody else that were applied before that showed, `lost_tails` the times that the
    last messages on a channel never came, `resyncs` reads of the journal, `rebuilds` the times that
    everything was built anew.
    """

    messages: int = 0
    events: int = 0
    duplicates: int = 0
    garbage: int = 0
    forged: int = 0
    gaps: int = 0
    lost_tails: int = 0
    resyncs: int = 0
    rebuilds: int = 0
    reconnects: int = 0
    journal_entries: int = 0
    snapshots: int = 0
