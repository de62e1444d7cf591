"""Loads that never were sent."""

from decimal import Decimal

from benchmark.load.reporting.result import Result
from benchmark.load.reporting.stages import ORDER_TO_FEED, SCHEDULED_TO_HANDED_OVER
from benchmark.load.watching.processes import Costs, Usage
from benchmark.shared.histogram import Histogram
from benchmark.shared.market import Spot

SOL = Spot("SOL-USDT", "100.000", "0.001", Decimal("0.001"))
BTC = Spot("BTC-USDT", "1000.00", "0.00001", Decimal("0.01"))


def make_result(
    *, rate: float = 1500.0, p99_ms: float = 5.0, late_ms: float = 0.1, cpu: float = 0.1,
    accepted_rate: float | None = None, seen_rate: float | None = None, lost: int = 0,
    refused: dict[str, int] | None = None,
) -> Result:  # fmt: skip
    """A result in which everything is well but for what is said."""
    count = int(rate * 5)
    return Result(
        orders=count, accepted=count, seen=count - lost, lost=lost, matched_twice=0,
        missing_trade_ids=0, repeated_trade_ids=0, missing_reports=0, repeated_reports=0,
        skipped=0, refused=refused or {}, offered_rate=rate,
        accepted_rate=rate if accepted_rate is None else accepted_rate,
        seen_rate=rate if seen_rate is None else seen_rate, trades=50, bbo_updates=50,
        stages={
            ORDER_TO_FEED: Histogram([p99_ms / 1000] * 100),
            SCHEDULED_TO_HANDED_OVER: Histogram([late_ms / 1000] * 100),
        },
        matching=None, commit=None, limit="unknown",
        costs=Costs([Usage("load generator", cpu, 50.0)], 0.0, 2),
    )  # fmt: skip
