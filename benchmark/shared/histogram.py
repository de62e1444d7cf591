"""Latencies in an HDR histogram: three digits of each, from a microsecond to two minutes."""

from collections.abc import Iterable, Iterator

from hdrh.histogram import HdrHistogram

from benchmark.shared.latency import Latency

_MAX_MICROSECONDS = 120_000_000
_DIGITS = 3
_MICROSECONDS = 1e6


class Histogram:
    """Bounded however many are recorded; what is out of range counts at the end of the range."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._counts = HdrHistogram(1, _MAX_MICROSECONDS, _DIGITS)
        for each in seconds:
            self.record(each)

    def __len__(self) -> int:
        return int(self._counts.get_total_count())

    def record(self, seconds: float) -> None:
        """One more."""
        microseconds = int(seconds * _MICROSECONDS)
        self._counts.record_value(min(max(1, microseconds), _MAX_MICROSECONDS))

    def at(self, share: float) -> float:
        """Milliseconds that this share of all are below; 0 where there are none."""
        if not len(self):
            return 0.0
        return float(self._counts.get_value_at_percentile(share * 100)) / 1000

    def summarize(self) -> Latency:
        """The percentiles that are told."""
        return Latency(*map(self.at, (0.50, 0.95, 0.99, 0.999, 1.0)))

    def list_counts(self) -> Iterator[tuple[float, int]]:
        """Each recorded value in milliseconds, and how many."""
        for step in self._counts.get_recorded_iterator():
            yield step.value_iterated_to / 1000, step.count_at_value_iterated_to

    def encode(self) -> str:
        """In the HdrHistogram V2 form, compressed, base64: other tools can read it."""
        return bytes(self._counts.encode()).decode()
