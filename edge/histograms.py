"""Histograms of what happens with every order, which cost it as little as may be.

prometheus_client's own takes a lock twice for each value and walks along the buckets. That is what
several workers need, who count together; one counts here, and tells when it is asked.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Protocol

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from edge.shared_metrics import are_shared


class Observer(Protocol):
    """What takes values."""

    def observe(self, amount: float) -> None:
        """Count a value."""


def make_histogram(
    registry: CollectorRegistry, name: str, text: str, bounds: Sequence[float]
) -> Observer:
    """Make a histogram; a bucket has what is at most its bound and above the one before."""
    if are_shared():
        return Histogram(name, text, buckets=bounds, registry=registry)
    histogram = _OwnHistogram(name, text, bounds)
    registry.register(histogram)
    return histogram


class _OwnHistogram(Collector):
    """The histogram of one process and one thread."""

    def __init__(self, name: str, text: str, bounds: Sequence[float]) -> None:
        self._name = name
        self._text = text
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, amount: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    def collect(self) -> Iterable[Metric]:
        """Yield the one metric."""
        bounds = (*map(float, self._bounds), math.inf)
        totals = zip(bounds, accumulate(self._counts), strict=True)
        yield describe_histogram(self._name, self._text, totals, self._sum)


def describe_histogram(
    name: str, text: str, totals: Iterable[tuple[float, int]], sum_value: float
) -> Metric:
    """Describe a histogram by how many values were at most each bound, the last one infinite."""
    buckets = [
        ("+Inf" if math.isinf(bound) else repr(bound), float(total)) for bound, total in totals
    ]
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=sum_value)
