"""Latencies in an HDR histogram: three digits of each, from a microsecond to two minutes."""

from collections.abc import Iterable

from hdrh.histogram import HdrHistogram

from benchmark.shared.latency import Latency

_MAX_MICROSECONDS = 120_000_000
_DIGITS = 3
_MICROSECONDS = 1e6


class Histogram:
    """Its memory is bounded; what is out of range counts at the end of the range."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._counts = HdrHistogram(1, _MAX_MICROSECONDS, _DIGITS)
        for each in seconds:
            self.record(each)

    def __len__(self) -> int:
        return int(self._counts.get_total_count())

    def record(self, seconds: float) -> None:
        """Add one time."""
        microseconds = int(seconds * _MICROSECONDS)
        self._counts.record_value(min(max(1, microseconds), _MAX_MICROSECONDS))

    def at(self, share: float) -> float:
        """Return the milliseconds that this share of all are below; 0 if there are none."""
        if not len(self):
            return 0.0
        return float(self._counts.get_value_at_percentile(share * 100)) / 1000

    def summarize(self) -> Latency:
        """Return the percentiles that are printed."""
        return Latency(*map(self.at, (0.50, 0.95, 0.99, 0.999, 1.0)))

    def encode(self) -> str:
        """Return HdrHistogram's V2 form, compressed, in base64, which other tools can read."""
        return bytes(self._counts.encode()).decode()
