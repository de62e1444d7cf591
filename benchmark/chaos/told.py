"""What the clients were told: nothing of it may turn out to be untrue."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

_IN_FLIGHT_SECONDS = 2.5
"""So long an answer may be on its way after what it was made of has stopped."""


class Change(NamedTuple):
    """A cancel, an amend or a timer, by what the journal knows it by; no id where it has none."""

    command: str
    account: str
    order_id: str | None = None


@dataclass
class Told:
    """Filled by all clients together."""

    order_ids: set[str] = field(default_factory=set)
    """Orders that somebody got 201 for."""
    closed: set[str] = field(default_factory=set)
    """Orders that must have ended, because a cancel behind them was acknowledged."""
    amended: set[tuple[str, str]] = field(default_factory=set)
    """Order and timestamp of each amend that was answered with what became of it."""
    asked: Counter[Change] = field(default_factory=Counter)
    """Each wish once, however often it was repeated."""
    acknowledged: Counter[Change] = field(default_factory=Counter)
    """Those of them that were answered with 200, or with 202 and `accepted`."""
    disowned: set[str] = field(default_factory=set)
    """Orders that somebody got 201 for, and later that there is no such order."""
    statuses: Counter[str] = field(default_factory=Counter)
    moments: list[float] = field(default_factory=list)
    """When an order was acknowledged that did not wait for the engine, on the monotonic clock."""
    failures: list[float] = field(default_factory=list)
    """When a request was refused with 5xx, or got no answer or one that nobody knows."""
    faults: list[str] = field(default_factory=list)
    """Requests that were answered with 500: whatever is killed, that is a fault of our own."""
    forgotten: int = 0
    """Changes of which nobody knew any more what had become of them."""
    unsettled: int = 0
    """Orders and changes that were given up without an answer."""


def find_disjoint(
    spans: Iterable[tuple[float, float]], others: Iterable[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Those of the spans during which none of the others was."""
    others = list(others)
    return [
        (start, end)
        for start, end in spans
        if not any(other_start < end and start < other_end for other_start, other_end in others)
    ]


def count_within(moments: Iterable[float], spans: Iterable[tuple[float, float]]) -> int:
    """How many moments are in one of the spans, but for what was in flight at its beginning."""
    spans = list(spans)
    return sum(
        any(start + _IN_FLIGHT_SECONDS < moment < end for start, end in spans) for moment in moments
    )
