"""What the feed has counted, shown by `/stats`."""

from dataclasses import dataclass


@dataclass
class FeedStats:
    """What came in from Redis."""

    messages: int = 0
    events: int = 0
    duplicates: int = 0
    garbage: int = 0
    gaps: int = 0
    lost_tails: int = 0
    resyncs: int = 0
    rebuilds: int = 0
    reconnects: int = 0
    journal_entries: int = 0
    snapshots: int = 0
