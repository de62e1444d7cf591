"""Percentiles of measured times."""

from collections.abc import Sequence
from typing import NamedTuple

_SHARES = (0.50, 0.95, 0.99, 0.999, 1.0)


class Latency(NamedTuple):
    """Times in milliseconds."""

    p50: float
    p95: float
    p99: float
    p999: float
    highest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """Return the percentiles of a sample; zeros for an empty one."""
        ordered = sorted(seconds) or [0.0]
        return cls(*(_pick(ordered, share) * 1000 for share in _SHARES))

    def __str__(self) -> str:
        return (
            f"p50 {self.p50:8.2f}   p95 {self.p95:8.2f}   p99 {self.p99:8.2f}"
            f"   p99.9 {self.p999:8.2f}   max {self.highest:8.2f} ms"
        )


def _pick(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
