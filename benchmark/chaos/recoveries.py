"""How long the engines took to recover, by cause, as their logs say."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmark.shared.latency import Latency

_RECOVERED = re.compile(r"recovered from .* in (\d+\.\d+) s")
_CAUSES = {
    "core serves": "a start",
    "another engine holds the lease": "a takeover",
    "waiting for my turn": "being fenced",
    "commit refused": "a refused commit",
    "Redis: ": "a lost Redis",
}
"""What the log says before a recovery → its cause."""


def read_recoveries(logs: Iterable[Path]) -> dict[str, list[float]]:
    """Read the seconds of each recovery, by cause, from all the engines' logs."""
    recoveries = defaultdict(list)
    for log in logs:
        for cause, seconds in _read_log(log.read_text(errors="replace").splitlines()):
            recoveries[cause].append(seconds)
    return dict(recoveries)


def list_recoveries(recoveries: dict[str, list[float]]) -> dict[str, object]:
    """Return them as rows of the table, in milliseconds: of all, then by cause."""
    everything = Latency.of([second for seconds in recoveries.values() for second in seconds])
    return {
        "recoveries": sum(map(len, recoveries.values())),
        "recovery p50, ms": round(everything.p50, 1),
        "recovery p99, ms": round(everything.p99, 1),
        "recovery max, ms": round(everything.highest, 1),
        **{f"… from {cause}": _describe(seconds) for cause, seconds in sorted(recoveries.items())},
    }


def _read_log(lines: Iterable[str]) -> Iterator[tuple[str, float]]:
    cause = "a start"
    for line in lines:
        cause = next((name for mark, name in _CAUSES.items() if mark in line), cause)
        found = _RECOVERED.search(line)
        if found:
            yield cause, float(found[1])


def _describe(seconds: list[float]) -> str:
    latency = Latency.of(seconds)
    return f"{len(seconds)}: {latency.p50:.0f}, {latency.p99:.0f}, {latency.highest:.0f}"
