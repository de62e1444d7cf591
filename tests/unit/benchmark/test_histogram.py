import pytest
from hdrh.histogram import HdrHistogram

from benchmark.shared.histogram import Histogram


def test_percentiles_in_milliseconds() -> None:
    latency = Histogram(number / 1000 for number in range(1, 1001)).summarize()
    assert latency.p50 == pytest.approx(500, rel=1e-3)
    assert latency.p99 == pytest.approx(990, rel=1e-3)
    assert latency.p999 == pytest.approx(999, rel=1e-3)
    assert latency.highest == pytest.approx(1000, rel=1e-3)


def test_nothing_recorded_is_zero() -> None:
    assert set(Histogram().summarize()) == {0.0}


def test_what_is_out_of_range_counts_at_its_ends() -> None:
    histogram = Histogram([-1.0, 0.0, 1e6])
    assert len(histogram) == 3
    assert histogram.at(0.5) == pytest.approx(0.001)
    assert histogram.at(1.0) == pytest.approx(120_000, rel=1e-3)


def test_other_tools_can_read_it() -> None:
    text = Histogram([0.001] * 10 + [0.5]).encode()
    decoded = HdrHistogram.decode(text.encode())
    assert decoded.get_total_count() == 11
    assert decoded.get_max_value() == pytest.approx(500_000, rel=1e-3)
