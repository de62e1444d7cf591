"""How much slower ordinary traders are beside an attack, and whether that is too much."""

from collections.abc import Mapping
from typing import NamedTuple

from benchmark.shared.latency import Latency

LIMIT_OF_STRANGERS = 2.0
"""The most times slower that an attack may make others which needs no key."""
LIMIT_OF_CUSTOMERS = 3.0
"""The same, if it needs a key."""
LEAST_MILLISECONDS = 1.0
"""A stretch that was faster than this is judged as if it had taken so long: below it is noise."""


class Seen(NamedTuple):
    """Seconds of each order's round trip, and of each question to the feed, in one stretch."""

    orders: list[float]
    questions: list[float]

    def add(self, other: "Seen") -> "Seen":
        """Return both as one stretch."""
        return Seen([*self.orders, *other.orders], [*self.questions, *other.questions])


class Comparison(NamedTuple):
    """Milliseconds without and beside the attack."""

    quiet: float
    beside: float

    @property
    def ratio(self) -> float:
        """How many times slower it is beside the attack."""
        return max(self.beside, LEAST_MILLISECONDS) / max(self.quiet, LEAST_MILLISECONDS)


def compare(quiet: Seen, beside: Seen) -> dict[str, Comparison]:
    """Compare the stretches, by what was measured. Each needs one time of each kind at least."""
    comparisons = {}
    kinds = (("order", quiet.orders, beside.orders), ("feed", quiet.questions, beside.questions))
    for name, first, second in kinds:
        before, after = Latency.of(first), Latency.of(second)
        comparisons[f"{name} p50"] = Comparison(before.p50, after.p50)
        comparisons[f"{name} p99"] = Comparison(before.p99, after.p99)
    return comparisons


def find_limit(*, needs_key: bool) -> float:
    """Return the highest ratio that is allowed."""
    return LIMIT_OF_CUSTOMERS if needs_key else LIMIT_OF_STRANGERS


def is_met(
    comparisons: Mapping[str, Comparison], limit: float, control: Mapping[str, Comparison]
) -> bool:
    """Whether nothing is slower than allowed, beside what the attacker's processor time costs.

    `control` has that by the same names; it is empty if it was not measured.
    """
    return all(
        each.ratio <= limit * max(1.0, control[name].ratio if control else 1.0)
        for name, each in comparisons.items()
    )
