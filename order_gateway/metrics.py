"""What an operator watches, for Prometheus."""

import math
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from edge.answer_metrics import SECONDS, AnswerMetrics
from edge.histograms import Observer, make_histogram
from edge.shared_metrics import choose_registry
from order_gateway.archive_lag import Lag
from protocol.enums import Reason

_COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_DEPTHS = (0, 1, 10, 100, 1_000, 10_000, 50_000, 100_000, 200_000)


class Metrics:
    """Counters of this worker, or of all of them once they are shared."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.answers = AnswerMetrics(registry, "gateway")
        self._accept_seconds = self._make_histogram(
            "accept_seconds", "From an entry's push to Redis's confirmation", SECONDS
        )
        self._batch_size = self._make_histogram("push_entries", "Entries in one push", _COUNTS)
        self._depth = self._make_histogram(
            "queue_depth", "Length of the order queue after each push", _DEPTHS
        )
        self._streams = Gauge(
            "gateway_order_streams",
            "Open private streams",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._archive_commands = self._make_gauge(
            "gateway_archive_commands_behind", "Commands that the archive lacks"
        )
        self._archive_seconds = self._make_gauge(
            "gateway_archive_seconds_behind", "Seconds since the oldest of them was committed"
        )
        text = "Refusals that somebody was told, by code"
        rejects = Counter("gateway_rejects", text, ["code"], registry=registry)
        self._rejects = {code: rejects.labels(code.value) for code in Reason}

    def count_reject(self, code: Reason) -> None:
        """Count a request that was refused, or whose command the engine rejected."""
        self._rejects[code].inc()

    def count_push(self, entries: int, depth: int, seconds: float) -> None:
        """Count a push that Redis has confirmed."""
        self._accept_seconds.observe(seconds)
        self._batch_size.observe(entries)
        self._depth.observe(depth)

    def count_stream(self, change: int) -> None:
        """Count a private stream that has begun (1) or ended (-1)."""
        self._streams.inc(change)

    def set_archive_lag(self, lag: Lag) -> None:
        """Set how far the archive is behind; NaN if that is unknown."""
        self._archive_commands.set(math.nan if lag.commands is None else lag.commands)
        self._archive_seconds.set(math.nan if lag.seconds is None else lag.seconds)

    def export(self, engine_rejects: Mapping[str, int]) -> bytes:
        """Return everything in Prometheus's text format, with the engine's refusals by code."""
        engine = CollectorRegistry()
        engine.register(_EngineRejects(engine_rejects))
        return generate_latest(choose_registry(self._registry)) + generate_latest(engine)

    def _make_histogram(self, name: str, text: str, bounds: Sequence[float]) -> Observer:
        return make_histogram(self._registry, f"gateway_{name}", text, bounds)

    def _make_gauge(self, name: str, text: str) -> Gauge:
        """Make a gauge of the exchange, not of a worker: the latest value is the right one."""
        return Gauge(name, text, registry=self._registry, multiprocess_mode="mostrecent")


class _EngineRejects(Collector):
    """What the engine counts itself, so that no worker counts it again."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        """Yield the one metric."""
        text = "Commands that the engine refused since it began, by code"
        family = CounterMetricFamily("engine_rejects", text, labels=["code"])
        for code, count in self._counts.items():
            family.add_metric([code], count)
        yield family
