"""The counters of `/stats` and what else an operator watches, for Prometheus."""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from edge.histograms import describe_histogram
from market_data.fanout.hub import Hub
from market_data.following.feed_stats import FeedStats
from market_data.market.whole_market import AnyStatus
from protocol.figures import Durations, EngineFigures


class Metrics(Collector):
    """Reads the service's own counters when asked, so that nothing is counted twice."""

    def __init__(self, status: AnyStatus, hub: Hub, feed: FeedStats) -> None:
        self._status = status
        self._hub = hub
        self._feed = feed
        self._engine: EngineFigures | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def render(self, engine: EngineFigures | None) -> bytes:
        """Render Prometheus's text format; without the engine's part if `engine` is None."""
        self._engine = engine
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Yield every metric as it is now."""
        yield from self._collect_gauges()
        stats = self._hub.stats
        for name, text, value in (
            ("feed_messages", "Messages published to readers", stats.messages),
            ("feed_deliveries", "Messages handed to readers", stats.deliveries),
            ("feed_conflated", "Messages replaced by newer ones", stats.conflated),
            ("feed_resumes", "Readers that came back with their last ids", stats.resumes),
        ):
            yield CounterMetricFamily(name, text, value=value)
        yield _by_label("feed_closed", "Connections ended", "reason", stats.closed)
        yield _by_label("feed_refused", "Frames and connections refused", "code", stats.refused)
        yield _by_label("feed_received", "What came in from Redis", "what", vars(self._feed))
        if self._engine is not None:
            matching = "From taking a batch to knowing its events, for each of its commands"
            yield _to_histogram("engine_matching_seconds", matching, self._engine.matching)
            commit = "From there to Redis's confirmation, for each of its commands"
            yield _to_histogram("engine_commit_seconds", commit, self._engine.commit)
            text, jumps = "How often the engine's wall clock was set", self._engine.clock_jumps
            yield CounterMetricFamily("engine_clock_jumps", text, value=jumps)

    def _collect_gauges(self) -> Iterator[Metric]:
        status = self._status
        for name, text, value in (
            ("feed_connections", "Connected readers", self._hub.clients),
            ("feed_held_bytes", "Held for readers that are behind", self._hub.stats.held_bytes),
            ("feed_in_sync", "1 where the feed is what the engine published", status.is_in_sync),
            ("feed_sequence", "Commit up to which nothing is missing", status.sequence),
            ("feed_engine_sequence", "The engine's last commit", status.engine_sequence),
            ("feed_lag_seconds", "Age of what is published and not here", status.lag_seconds),
        ):
            yield GaugeMetricFamily(name, text, value=float(value))


def _by_label(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _to_histogram(name: str, text: str, durations: Durations) -> Metric:
    return describe_histogram(name, text, durations.cumulate(), durations.nanoseconds / 1e9)
