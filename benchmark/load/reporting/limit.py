"""What keeps a system from going faster, as far as a load has shown it."""

from collections.abc import Mapping

from benchmark.load.reporting.stages import (
    HANDED_OVER_TO_SENT,
    ORDER_TO_FEED,
    SCHEDULED_TO_HANDED_OVER,
    SENT_TO_ACCEPTED,
    SENT_TO_TAKEN,
    TAKEN_TO_TRADE,
)
from benchmark.load.watching.processes import Costs
from benchmark.shared.histogram import Histogram
from benchmark.shared.latency import Latency

FULL = 0.85
"""Share of a core from which on a process that works in one thread is full."""
TOGETHER = 0.75
"""Share of all cores from which on the processes are in each other's way."""
MUCH = 0.25
"""Share of all cores from which on other programs are in the system's way."""
MOST = 0.5
_WAITS = {
    SCHEDULED_TO_HANDED_OVER: "the load generator, late by",
    HANDED_OVER_TO_SENT: "the sender: its connections, or the push before, take",
    SENT_TO_TAKEN: "the way to the engine (gateway, Redis, its list):",
    TAKEN_TO_TRADE: "the way from the engine to the reader (commit, feed):",
}


def name_limit(costs: Costs, stages: Mapping[str, Histogram], commit: Latency | None) -> str:
    """Name a full process, all of them together, other programs, or what an order waits for."""
    usages, cores = costs.usages, costs.cores
    if not usages:
        return "unknown"
    busiest = usages[0]
    share = f"{busiest.cpu_share:.0%} of a core"
    if busiest.cpu_share >= FULL:
        return f"{busiest.name}, with {share}"
    total = sum(usage.cpu_share for usage in usages)
    shares = ", ".join(f"{usage.name} {usage.cpu_share:.0%}" for usage in usages[:3])
    if total >= TOGETHER * cores:
        return f"the machine's {cores} cores together ({shares})"
    if total + costs.other_cores >= FULL * cores and costs.other_cores >= MUCH * cores:
        return f"other programs, with {costs.other_cores:.1f} of {cores} cores ({shares})"
    return f"{_name_wait(stages, commit)}; no process is full ({shares})"


def _name_wait(stages: Mapping[str, Histogram], commit: Latency | None) -> str:
    """Name what most of an order's time is spent on, by the medians."""
    medians = {name: histogram.at(0.5) for name, histogram in stages.items()}
    whole = medians.get(ORDER_TO_FEED, 0.0)
    waits = {name: medians[name] for name in _WAITS if name in medians}
    if not waits or not whole:
        return "unknown"
    syncs = _add_syncs(medians, commit)
    if commit and syncs >= MOST * whole:
        return (
            f"the disk (fsync): a commit takes p50 {commit.p50:.1f}, p99 {commit.p99:.1f} ms, and"
            f" with the push before it {syncs:.1f} of p50 {whole:.1f} ms from order to feed"
        )
    slowest = max(waits, key=lambda name: waits[name])
    return f"{_WAITS[slowest]} p50 {waits[slowest]:.1f} of {whole:.1f} ms from order to feed"


def _add_syncs(medians: Mapping[str, float], commit: Latency | None) -> float:
    """Return the milliseconds that an order waits for Redis's disk: at its push and its commit.

    The answer to the push contains the gateway's time too, so it counts for at most a commit.
    """
    if commit is None:
        return 0.0
    return commit.p50 + min(commit.p50, medians.get(SENT_TO_ACCEPTED, 0.0))
