"""Histograms of what happens with every order, which cost it as little as may be.

prometheus_client's own takes a lock twice for each value and walks along the buckets. That is what
several workers need, who count together; one counts here, and tells when it is asked.
"""

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
        bounds = [*(repr(float(bound)) for bound in self._bounds), "+Inf"]
        totals = map(float, accumulate(self._counts))
        buckets = list(zip(bounds, totals, strict=True))
        yield HistogramMetricFamily(self._name, self._text, buckets=buckets, sum_value=self._sum)
