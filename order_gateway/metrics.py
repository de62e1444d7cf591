"""What an operator watches, for Prometheus."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from order_gateway.archive_lag import Lag
from protocol.enums import Reason

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_DEPTHS = (0, 1, 10, 100, 1_000, 10_000, 50_000, 100_000, 200_000)


class Metrics:
    """Counters of this worker, or of all of them once they are shared."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._trade_seconds = self._make_histogram(
            "order_request_seconds", "From a trading request's arrival to its answer", _SECONDS
        )
        self._accept_seconds = self._make_histogram(
            "accept_seconds", "From an entry's push to Redis's confirmation", _SECONDS
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
        answers = Counter("gateway_answers", "Answers by status", ["status"], registry=registry)
        text = "Refusals that somebody was told, by code"
        rejects = Counter("gateway_rejects", text, ["code"], registry=registry)
        self._answers = answers
        self._answers_by_status = {201: answers.labels("201")}
        self._rejects = {code: rejects.labels(code.value) for code in Reason}

    def count_answer(self, status: int, seconds: float, *, is_trade: bool) -> None:
        """Count an answer that was given after `seconds`; `is_trade`: to an order or a change."""
        counter = self._answers_by_status.get(status)
        if counter is None:
            counter = self._answers_by_status[status] = self._answers.labels(str(status))
        counter.inc()
        if is_trade:
            self._trade_seconds.observe(seconds)

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
        return generate_latest(self._collect_workers()) + generate_latest(engine)

    def _collect_workers(self) -> CollectorRegistry:
        folder = os.environ.get(_FOLDER_VARIABLE)
        if folder is None:
            return self._registry
        registry = CollectorRegistry()
        cast("Any", MultiProcessCollector)(registry, folder)
        return registry

    def _make_histogram(self, name: str, text: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"gateway_{name}", text, buckets=buckets, registry=self._registry)

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


def share_metrics(folder: Path) -> None:
    """Count together with all workers that use `folder`, so that any of them can answer for all.

    Call it before any Metrics is made. It removes the files of workers that have ended.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*_*.db"):
        if not Path(f"/proc/{file.stem.rpartition('_')[2]}").exists():
            file.unlink(missing_ok=True)
    os.environ[_FOLDER_VARIABLE] = str(folder)
    own = os.getpid()  # a worker never forks: asking again at each count would be a system call
    values.ValueClass = cast("Any", values).MultiProcessValue(lambda: own)
