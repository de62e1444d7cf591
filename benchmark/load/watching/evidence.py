"""What the streams say of each step: seen or not, when, and the engine's stamp."""

import math
import time
from array import array
from collections.abc import Iterator

from benchmark.load.watching.ledger import Ledger
from benchmark.load.watching.reports import ReportWatch
from benchmark.shared.feed_watch import FeedWatch
from protocol.timestamps import parse_timestamp

_PROBES = 200


class Clock:
    """Converts the engine's stamps, of the wall clock, into moments of `time.perf_counter`."""

    def __init__(self) -> None:
        self._difference = min(
            (_measure_difference() for _ in range(_PROBES)), key=lambda pair: pair[0]
        )[1]

    def to_moment(self, stamp: str) -> float:
        """Convert a stamp of this machine."""
        return parse_timestamp(stamp) / 1e6 - self._difference


def _measure_difference() -> tuple[float, float]:
    """Return how long the reading took, and the difference of the clocks in its middle."""
    before, wall, after = time.perf_counter(), time.time(), time.perf_counter()
    return after - before, wall - (before + after) / 2


class Evidence:
    """By the step's number: when the engine took it, and when its report or trade came.

    NaN if the streams do not say. Without a private stream an order is seen in its first trade, and
    only of takers it is known when they were taken.
    """

    def __init__(
        self, ledger: Ledger, feed: FeedWatch, reports: ReportWatch | None, clock: Clock
    ) -> None:
        count = len(ledger.due)
        self._ledger = ledger
        self._clock = clock
        self.taken = array("d", [math.nan]) * count
        self.seen = array("d", [math.nan]) * count
        self.traded = array("d", [math.nan]) * count
        """When the first trade of a taker arrived."""
        self._numbers = {order_id: number for number, order_id in ledger.order_ids.items()}
        self._read_trades(feed, is_only_evidence=reports is None)
        if reports is not None:
            self._read_reports(reports)

    def list_lost(self) -> Iterator[int]:
        """List the accepted steps of which nothing was seen."""
        for number, accepted in enumerate(self._ledger.accepted):
            if not math.isnan(accepted) and math.isnan(self.seen[number]):
                yield number

    def _read_trades(self, feed: FeedWatch, *, is_only_evidence: bool) -> None:
        for trade in feed.trades:
            taker, maker = self._numbers.get(trade.taker, -1), self._numbers.get(trade.maker, -1)
            if taker >= 0 and math.isnan(self.traded[taker]):
                self.traded[taker] = trade.arrived
                self.taken[taker] = self._clock.to_moment(trade.stamp)
            if is_only_evidence:
                for number in (taker, maker):
                    if number >= 0 and math.isnan(self.seen[number]):
                        self.seen[number] = trade.arrived

    def _read_reports(self, reports: ReportWatch) -> None:
        for number, order_id in self._ledger.order_ids.items():
            steps = [number, *self._ledger.changes.get(order_id, ())]
            for step, report in zip(steps, reports.by_order.get(order_id, ()), strict=False):
                self.seen[step] = report.arrived
                self.taken[step] = self._clock.to_moment(report.stamp)
