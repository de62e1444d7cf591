"""How long the engine matched and committed: its histograms in the feed's `/metrics`."""

import asyncio
import math
from collections.abc import Mapping
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmark.shared.latency import Latency

MATCHING, COMMIT = "engine_matching_seconds", "engine_commit_seconds"
_WAIT_SECONDS = 15.0
_POLL_SECONDS = 0.1

Buckets = Mapping[float, float]
"""Upper bound in seconds → how many are below it."""


class EngineTimes(NamedTuple):
    """Both histograms at a moment; empty if the system does not tell."""

    matching: Buckets
    commit: Buckets

    @property
    def commands(self) -> int:
        """The number of commands."""
        return int(self.matching.get(math.inf, 0))


async def read_engine_times(market_data: str, at_least: int = 0) -> EngineTimes:
    """Read them once `at_least` commands are counted: the engine writes once a second."""
    deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
    async with httpx.AsyncClient() as client:
        while True:
            times = _parse((await client.get(f"{market_data}/metrics")).text)
            if times.commands >= at_least or asyncio.get_running_loop().time() > deadline:
                return times
            await asyncio.sleep(_POLL_SECONDS)


def compare(before: Buckets, after: Buckets) -> Latency | None:
    """Return the percentiles of what came between; None if nothing did.

    Each may be a quarter too high, and is infinite beyond the last bound. If the engine was started
    anew meanwhile, its figures count from then on.
    """
    if before.get(math.inf, 0) > after.get(math.inf, 0):
        before = {}
    counts = {bound: below - before.get(bound, 0) for bound, below in after.items()}
    total = counts.get(math.inf, 0)
    if not total:
        return None
    return Latency(*(_find(counts, share * total) for share in (0.50, 0.95, 0.99, 0.999, 1.0)))


def _find(counts: Buckets, rank: float) -> float:
    return next(bound for bound, below in sorted(counts.items()) if below >= rank) * 1000


def _parse(text: str) -> EngineTimes:
    found: dict[str, dict[float, float]] = {MATCHING: {}, COMMIT: {}}
    for family in text_string_to_metric_families(text):
        if family.name in found:
            for sample in family.samples:
                if sample.name.endswith("_bucket"):
                    found[family.name][float(sample.labels["le"])] = sample.value
    return EngineTimes(found[MATCHING], found[COMMIT])
