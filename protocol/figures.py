"""What the engine has measured of its work: how long it took, and what it refused.

The engine writes it into its state; whoever shows metrics reads it there. The histograms' buckets
are at most a quarter of their lower bound wide.
"""

from collections.abc import Iterator

import msgspec

_FINEST_BITS = 12
_OCTAVES = 21
BUCKETS = 4 * _OCTAVES + 2
"""Four for each doubling from 4 µs to 8.6 s, one below them, one above."""


def find_bucket(nanoseconds: int) -> int:
    """The bucket of a duration."""
    if nanoseconds < 1 << _FINEST_BITS:
        return 0
    shift = nanoseconds.bit_length() - 3
    return min(BUCKETS - 1, 4 * (shift - _FINEST_BITS + 2) + (nanoseconds >> shift) - 3)


def upper_bound(bucket: int) -> float:
    """Nanoseconds that all durations in a bucket are below; infinite for the last one."""
    if bucket == BUCKETS - 1:
        return float("inf")
    octave, quarter = divmod(bucket - 1, 4) if bucket else (0, -1)
    return float((5 + quarter) << (octave + _FINEST_BITS - 2))


class Durations(msgspec.Struct):
    """How many took how long: counts by bucket, and the sum of all."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * BUCKETS)
    nanoseconds: int = 0

    def add(self, nanoseconds: int, times: int) -> None:
        """`times` more that took so long."""
        self.counts[find_bucket(nanoseconds)] += times
        self.nanoseconds += nanoseconds * times

    def cumulate(self) -> Iterator[tuple[float, int]]:
        """Each bucket's upper bound in seconds, and how many are below it."""
        below = 0
        for bucket, count in enumerate(self.counts):
            below += count
            yield upper_bound(bucket) / 1e9, below


class EngineFigures(msgspec.Struct):
    """Since the engine that serves began; a replay does not count.

    `matching`: from taking a batch to having all that it leads to, counted once for each of its
    commands. `commit`: from there to Redis's confirmation, counted in the same way. `rejects`: by
    code, the commands refused, whoever sent them and whether or not somebody waited for the answer.
    What a commit of unknown outcome had done after all is in none of them.
    """

    matching: Durations = msgspec.field(default_factory=Durations)
    commit: Durations = msgspec.field(default_factory=Durations)
    rejects: dict[str, int] = {}


def decode_figures(raw: bytes | None) -> EngineFigures:
    """What the state has; empty where it has none, ValueError where they are not the engine's."""
    return msgspec.json.decode(raw, type=EngineFigures) if raw else EngineFigures()
