"""What the clients were told, all of which must turn out to be true."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

_IN_FLIGHT_SECONDS = 2.5
"""So long an answer may be on its way after its source has stopped."""


class Change(NamedTuple):
    """A cancel, an amend or a timer, as the journal names it; a timer has no order id."""

    command: str
    account: str
    order_id: str | None = None


@dataclass
class Told:
    """What all clients together were told."""

    order_ids: set[str] = field(default_factory=set)
    """Orders that somebody got 201 for."""
    closed: set[str] = field(default_factory=set)
    """Orders that must have ended: a cancel that came after them was acknowledged."""
    numbers: set[int] = field(default_factory=set)
    """Orders that the Binance gateway has told of, by number."""
    closed_numbers: set[int] = field(default_factory=set)
    """Those of them that a cancel came after."""
    names: set[tuple[str, str]] = field(default_factory=set)
    """Account and name of each order that was asked for there, once however often it was sent."""
    amended: set[tuple[str, str]] = field(default_factory=set)
    """Order and timestamp of each amend that was answered with what became of it."""
    asked: Counter[Change] = field(default_factory=Counter)
    """Each change that was asked for, once however often it was repeated."""
    acknowledged: Counter[Change] = field(default_factory=Counter)
    """Those that were answered with 200, or with 202 and `accepted`."""
    disowned: set[str] = field(default_factory=set)
    """Orders that somebody got 201 for, and later heard that they do not exist."""
    statuses: Counter[str] = field(default_factory=Counter)
    moments: list[float] = field(default_factory=list)
    """When each order that did not wait for the engine was acknowledged (monotonic clock)."""
    failures: list[float] = field(default_factory=list)
    """When each request failed: with 5xx, no answer, or `unknown`."""
    faults: list[str] = field(default_factory=list)
    """Requests that were answered with 500, which is a fault whatever was killed."""
    forgotten: int = 0
    """Changes of which the exchange no longer knew what had become."""
    unsettled: int = 0
    """Orders and changes that clients gave up without an answer."""


def find_disjoint(
    spans: Iterable[tuple[float, float]], others: Iterable[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Return those of the spans that none of the others overlaps."""
    others = list(others)
    return [
        (start, end)
        for start, end in spans
        if not any(other_start < end and start < other_end for other_start, other_end in others)
    ]


def count_within(moments: Iterable[float], spans: Iterable[tuple[float, float]]) -> int:
    """Count the moments inside a span, except for what was in flight at its beginning."""
    spans = list(spans)
    return sum(
        any(start + _IN_FLIGHT_SECONDS < moment < end for start, end in spans) for moment in moments
    )
