"""What an operator watches, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from edge.answer_metrics import SECONDS, AnswerMetrics
from edge.histograms import make_histogram
from edge.shared_metrics import choose_registry


class Metrics:
    """Counters of this worker, or of all of them once they are shared."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.answers = AnswerMetrics(registry, "binance")
        self._errors = Counter(
            "binance_errors", "Errors that somebody was told, by code", ["code"], registry=registry
        )
        self._push_seconds = make_histogram(
            registry,
            "binance_accept_seconds",
            "From an entry's push to Redis's confirmation",
            SECONDS,
        )
        self._connections = Gauge(
            "binance_websockets",
            "Open WebSocket connections, by kind",
            ["kind"],
            registry=registry,
            multiprocess_mode="livesum",
        )

    def count_error(self, code: int) -> None:
        """Count an error."""
        self._errors.labels(str(code)).inc()

    def count_push(self, seconds: float) -> None:
        """Count a push that Redis has confirmed."""
        self._push_seconds.observe(seconds)

    def count_connection(self, kind: str, change: int) -> None:
        """Count a WebSocket (`streams` or `ws_api`) that has begun (1) or ended (-1)."""
        self._connections.labels(kind).inc(change)

    def export(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(choose_registry(self._registry))
