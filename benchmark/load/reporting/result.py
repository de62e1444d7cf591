"""What a load showed, in numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from benchmark.load.reporting.limit import FULL, name_limit
from benchmark.load.reporting.stages import ORDER_TO_FEED, SCHEDULED_TO_HANDED_OVER, measure_stages
from benchmark.load.run import Run
from benchmark.load.watching.doubles import count_doubled_orders, count_surplus_orders
from benchmark.load.watching.engine import compare
from benchmark.load.watching.processes import GENERATOR, Costs, Usage
from benchmark.shared.histogram import Histogram
from benchmark.shared.latency import Latency

REQUIRED_RATE = 1000
LATE_MILLISECONDS = 10.0


@dataclass
class Result:
    """Rates in orders a second; counts are of orders (changes of orders included)."""

    orders: int
    accepted: int
    seen: int
    lost: int
    matched_twice: int
    missing_trade_ids: int
    repeated_trade_ids: int
    missing_reports: int
    repeated_reports: int
    skipped: int
    refused: Mapping[str, int]
    offered_rate: float
    accepted_rate: float
    seen_rate: float
    trades: int
    bbo_updates: int
    stages: Mapping[str, Histogram]
    matching: Latency | None
    commit: Latency | None
    costs: Costs
    limit: str

    @property
    def is_complete(self) -> bool:
        """Whether nothing was lost, doubled or refused."""
        wrong = (
            self.lost, self.matched_twice, self.missing_trade_ids, self.repeated_trade_ids,
            self.missing_reports, self.repeated_reports,
        )  # fmt: skip
        return not any(wrong) and not self.refused

    @property
    def passes(self) -> bool:
        """Return whether it was fast enough, with nothing missing."""
        return self.is_complete and self.seen_rate > REQUIRED_RATE

    @property
    def order_to_feed_p99(self) -> float:
        """Milliseconds; infinite if nothing traded."""
        histogram = self.stages.get(ORDER_TO_FEED)
        return histogram.at(0.99) if histogram else math.inf

    @property
    def generator(self) -> Usage | None:
        """CPU and memory of the load generator."""
        return next((usage for usage in self.costs.usages if usage.name == GENERATOR), None)

    @property
    def is_generator_full(self) -> bool:
        """Whether the generator had no room left."""
        return self.generator is not None and self.generator.cpu_share >= FULL

    @property
    def warning(self) -> str | None:
        """A warning if it may be the generator that was measured, else None."""
        late = self.stages.get(SCHEDULED_TO_HANDED_OVER)
        own = self.generator
        if own and self.is_generator_full:
            return f"the load generator used {own.cpu_share:.0%} of a core: it may be the limit"
        if late and late.at(0.99) > LATE_MILLISECONDS:
            return (
                f"the load generator came to orders up to {late.at(0.99):.1f} ms (p99) after their"
                " time: it needs a machine with less else to do"
            )
        return None


def summarize(run: Run) -> Result:
    """Return the numbers of a run."""
    ledger, evidence, feed, reports = run.ledger, run.evidence, run.feed, run.reports
    accepted = ledger.accepted_count
    lost = sum(1 for _ in evidence.list_lost())
    last_seen = max((moment for moment in evidence.seen if not math.isnan(moment)), default=0.0)
    seen = accepted - lost
    stages, commit = measure_stages(run), compare(run.before.commit, run.after.commit)
    return Result(
        orders=len(run.steps),
        accepted=accepted,
        seen=seen,
        lost=lost,
        matched_twice=_count_matched_twice(run),
        missing_trade_ids=feed.missing_trades,
        repeated_trade_ids=feed.repeated_trades,
        missing_reports=reports.missing if reports else 0,
        repeated_reports=reports.repeated if reports else 0,
        skipped=ledger.skipped,
        refused=dict(ledger.refusals),
        offered_rate=run.plan.rate,
        accepted_rate=accepted / ledger.seconds if ledger.seconds else 0.0,
        seen_rate=seen / (last_seen - ledger.first_due) if seen else 0.0,
        trades=len(feed.trades),
        bbo_updates=len(feed.bbos),
        stages=stages,
        matching=compare(run.before.matching, run.after.matching),
        commit=commit,
        costs=run.costs,
        limit=name_limit(run.costs, stages, commit),
    )


def _count_matched_twice(run: Run) -> int:
    """Count orders that were matched twice: in pairs by their trades, else by their reports."""
    if run.reports is not None:
        return count_surplus_orders(run.reports, run.ledger)
    return count_doubled_orders(run.feed.trades, run.ledger.order_ids.values())
