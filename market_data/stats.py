"""Counters of the service, shown by `/stats`."""

from collections import Counter
from dataclasses import dataclass, field


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


@dataclass
class HubStats:
    """What went out.

    A delivery is one message to one client; `conflated` were replaced by newer ones because the
    client was behind; `refused` counts frames and connections by code, `closed` ended connections
    by reason.
    """

    messages: int = 0
    deliveries: int = 0
    conflated: int = 0
    resumes: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
