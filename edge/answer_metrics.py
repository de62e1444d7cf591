"""What both gateways count of their answers, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter

from edge.histograms import make_histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Buckets of a duration; the last one is the longest that an answer waits."""


class AnswerMetrics:
    """Counts answers by status, and the time to those of trading requests.

    `prefix` begins the names of the metrics.
    """

    def __init__(self, registry: CollectorRegistry, prefix: str) -> None:
        self._answers = Counter(
            f"{prefix}_answers", "Answers by status", ["status"], registry=registry
        )
        self._by_status: dict[int, Counter] = {}
        self._trade_seconds = make_histogram(
            registry,
            f"{prefix}_order_request_seconds",
            "From a trading request's arrival to its answer",
            SECONDS,
        )

    def count(self, status: int, seconds: float, *, is_trade: bool, times: int = 1) -> None:
        """Count an answer that was given after `seconds`; `is_trade`: to an order or a change.

        `times`: so many of them were given together.
        """
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._answers.labels(str(status))
        counter.inc(times)
        for _ in range(times if is_trade else 0):
            self._trade_seconds.observe(seconds)
