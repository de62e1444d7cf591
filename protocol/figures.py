"""What the engine has measured of its work: how long it took, and what it refused.

The engine writes the figures into its state, and whoever shows metrics reads them there. A bucket
of the histograms is at most a quarter of its lower bound wide.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

_FINEST_BITS = 12
_OCTAVES = 21
BUCKETS = 4 * _OCTAVES + 2
"""Four for each doubling from 4 µs to 8.6 s, one below them, one above."""


def find_bucket(nanoseconds: int) -> int:
    """Return the bucket of a duration."""
    if nanoseconds < 1 << _FINEST_BITS:
        return 0
    shift = nanoseconds.bit_length() - 3
    return min(BUCKETS - 1, 4 * (shift - _FINEST_BITS + 2) + (nanoseconds >> shift) - 3)


def upper_bound(bucket: int) -> float:
    """Return the nanoseconds that all durations in a bucket are below; infinite for the last."""
    if bucket == BUCKETS - 1:
        return float("inf")
    octave, quarter = divmod(bucket - 1, 4) if bucket else (0, -1)
    return float((5 + quarter) << (octave + _FINEST_BITS - 2))


class Durations(msgspec.Struct):
    """How often something took how long: counts by bucket, and the sum of all durations."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * BUCKETS)
    nanoseconds: int = 0

    def add(self, nanoseconds: int, times: int) -> None:
        """Count `times` more of that duration."""
        self.counts[find_bucket(nanoseconds)] += times
        self.nanoseconds += nanoseconds * times

    def cumulate(self) -> Iterator[tuple[float, int]]:
        """Give each bucket's upper bound in seconds, and how many durations are below it."""
        below = 0
        for bucket, count in enumerate(self.counts):
            below += count
            yield upper_bound(bucket) / 1e9, below


class EngineFigures(msgspec.Struct):
    """Figures since the serving engine began, without those of a replay.

    `matching` is the time from taking a batch to having all its results, counted once for each
    command of it; `commit` is the time from there to Redis's confirmation, counted in the same way.
    `rejects` has the number of refused commands by code, whoever sent them, whether or not somebody
    waited for the answer. A commit of unknown outcome is in none of them, even if it was done.
    `clock_jumps` is how often somebody has set the wall clock.
    """

    matching: Durations = msgspec.field(default_factory=Durations)
    commit: Durations = msgspec.field(default_factory=Durations)
    rejects: dict[str, int] = {}
    clock_jumps: int = 0


def sum_figures(parts: Sequence[EngineFigures]) -> EngineFigures:
    """Return the figures of several engines as if one had measured them."""
    if len(parts) == 1:
        return parts[0]
    rejects: Counter[str] = Counter()
    for part in parts:
        rejects.update(part.rejects)
    return EngineFigures(
        _sum_durations([part.matching for part in parts]),
        _sum_durations([part.commit for part in parts]),
        dict(rejects),
        sum(part.clock_jumps for part in parts),
    )


def _sum_durations(parts: Sequence[Durations]) -> Durations:
    counts = [sum(column) for column in zip(*(part.counts for part in parts), strict=True)]
    return Durations(counts, sum(part.nanoseconds for part in parts))


def decode_figures(raw: bytes | None) -> EngineFigures:
    """Return the state's figures, empty if it has none; raises ValueError for damaged ones."""
    return msgspec.json.decode(raw, type=EngineFigures) if raw else EngineFigures()
