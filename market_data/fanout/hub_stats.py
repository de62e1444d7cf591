"""Counters of the hub and the sessions, shown by `/stats` and `/metrics`."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class HubStats:
    """What went out.

    A delivery is one message to one client. `conflated` counts messages that a newer one replaced
    because the client was behind, `held_bytes` is what is held for such clients now; `refused`
    counts frames and connections by code, `closed` ended connections by reason.
    """

    messages: int = 0
    deliveries: int = 0
    conflated: int = 0
    held_bytes: int = 0
    resumes: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
