"""What the hub and the sessions have counted, shown by `/stats`."""

from collections import Counter
from dataclasses import dataclass, field


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
