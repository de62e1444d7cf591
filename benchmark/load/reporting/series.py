"""A load second by second."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from benchmark.load.run import Run
from benchmark.shared.latency import Latency


class Second(NamedTuple):
    """What happened in one second; `latency` is order to feed of the orders that were due in it."""

    at: int
    accepted: int
    seen: int
    latency: Latency | None


def list_seconds(run: Run) -> Iterator[Second]:
    """List the seconds from the first due order on."""
    start = run.ledger.first_due
    accepted = _count(run.ledger.accepted, start)
    seen = _count(run.evidence.seen, start)
    latencies: dict[int, list[float]] = defaultdict(list)
    for due, traded in zip(run.ledger.due, run.evidence.traded, strict=True):
        if not math.isnan(traded):
            latencies[int(due - start)].append(traded - due)
    for at in range(max([*accepted, *seen], default=-1) + 1):
        latency = Latency.of(latencies[at]) if latencies[at] else None
        yield Second(at, accepted[at], seen[at], latency)


def _count(moments: Iterable[float], start: float) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for moment in moments:
        if not math.isnan(moment):
            counts[int(moment - start)] += 1
    return counts
