"""How far the distributions of a flow are from those of a record.

As in Nagy et al., "LOB-Bench: Benchmarking generative AI for finance" (2025): for each quantity the
L1 distance of histograms, halved so that it is from 0 (the same) to 1, and the Wasserstein-1
distance, in standard deviations of the record's.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean, pstdev
from typing import NamedTuple

from participants.report.figures import (
    find_best_quantities,
    find_imbalances,
    find_quantile,
    find_returns,
    find_spreads,
)
from participants.report.observation import Observation

_BINS = 20
_POINTS = 200


class Distance(NamedTuple):
    """Of one quantity."""

    name: str
    l1: float
    wasserstein: float


def find_waits(observation: Observation) -> list[float]:
    """Return the seconds between one trade and the next."""
    return [after.seconds - before.seconds for before, after in pairwise(observation.trades)]


def _relate(values: Sequence[float]) -> list[float]:
    """Return values as multiples of their mean: markets trade in different units."""
    mean = fmean(values) if values else 0.0
    return [value / mean for value in values] if mean else list(values)


_QUANTITIES: dict[str, Callable[[Observation], list[float]]] = {
    "spread, bp": find_spreads,
    "returns, bp": find_returns,
    "imbalance at the best prices": find_imbalances,
    "quantity at the best prices": lambda each: _relate(find_best_quantities(each)),
    "quantity of trades": lambda each: _relate([trade.quantity for trade in each.trades]),
    "time between trades": find_waits,
}


def compare_flows(flow: Observation, record: Observation) -> list[Distance]:
    """Return the distance of each quantity; those of which one side has none are left out."""
    distances = []
    for name, find in _QUANTITIES.items():
        ours, theirs = find(flow), find(record)
        if ours and theirs:
            distances.append(Distance(name, find_l1(ours, theirs), find_wasserstein(ours, theirs)))
    return distances


def find_l1(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return half the L1 distance of histograms, whose bins have equal shares of `theirs`."""
    edges = sorted({find_quantile(theirs, place / _BINS) for place in range(1, _BINS)})
    first, second = _count(ours, edges), _count(theirs, edges)
    return sum(abs(a - b) for a, b in zip(first, second, strict=True)) / 2


def find_wasserstein(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the mean distance of quantiles, in standard deviations of `theirs`."""
    first, second = sorted(ours), sorted(theirs)
    places = [(place + 0.5) / _POINTS for place in range(_POINTS)]
    distance = fmean(
        abs(first[int(place * len(first))] - second[int(place * len(second))]) for place in places
    )
    deviation = pstdev(theirs)
    return float(distance / deviation if deviation else distance)


def _count(values: Sequence[float], edges: Sequence[float]) -> list[float]:
    counts = [0.0] * (len(edges) + 1)
    for value in values:
        counts[bisect_right(edges, value)] += 1 / len(values)
    return counts
