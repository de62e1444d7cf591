"""Our histogram tells what prometheus_client's own does."""

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from edge.histograms import make_histogram

BOUNDS = (1, 2.5, 10.0)
VALUES = (0, 1, 1.5, 2.5, 2.6, 10, 11)


def read(registry: CollectorRegistry) -> list[str]:
    """Return all lines but those of when a histogram was made."""
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if "_created" not in line]


def test_histogram_of_one_worker_is_told_as_prometheus_tells_it() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    histogram = make_histogram(ours, "taken", "What was taken", BOUNDS)
    expected = Histogram("taken", "What was taken", buckets=BOUNDS, registry=theirs)
    assert read(ours) == read(theirs)
    for value in VALUES:
        histogram.observe(value)
        expected.observe(value)
    assert read(ours) == read(theirs)
