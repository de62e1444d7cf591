import time

import pytest

from benchmark.load.reporting.limit import name_limit
from benchmark.load.reporting.stages import (
    HANDED_OVER_TO_SENT,
    ORDER_TO_FEED,
    SCHEDULED_TO_HANDED_OVER,
    SENT_TO_ACCEPTED,
    SENT_TO_TAKEN,
    TAKEN_TO_TRADE,
)
from benchmark.load.watching.processes import Costs, ProcessWatch, Usage
from benchmark.shared.histogram import Histogram
from benchmark.shared.latency import Latency

ORDERS = (
    ORDER_TO_FEED, SCHEDULED_TO_HANDED_OVER, HANDED_OVER_TO_SENT, SENT_TO_ACCEPTED, SENT_TO_TAKEN,
    TAKEN_TO_TRADE,
)  # fmt: skip
IDLE = (0.3, 0.2, 0.1)


def make_costs(*shares: float, others: float = 0.0) -> Costs:
    names = ("gateway", "engine", "archive")
    usages = [Usage(name, share, 50.0) for name, share in zip(names, shares, strict=True)]
    return Costs(usages, others, 2)


def make_stages(*milliseconds: float) -> dict[str, Histogram]:
    pairs = zip(ORDERS, milliseconds, strict=True)
    return {name: Histogram([each / 1000] * 10) for name, each in pairs}


def make_commit(milliseconds: float) -> Latency:
    return Latency(*[milliseconds] * 5)


@pytest.mark.parametrize(
    ("costs", "named"),
    [
        (make_costs(0.95, 0.3, 0.1), "gateway, with 95% of a core"),
        (make_costs(0.7, 0.6, 0.3), "the machine's 2 cores together (gateway 70%"),
        (make_costs(*IDLE, others=1.3), "other programs, with 1.3 of 2 cores (gateway 30%"),
    ],
)
def test_cpu_that_is_used_up_is_the_limit(costs: Costs, named: str) -> None:
    assert name_limit(costs, {}, None).startswith(named)


@pytest.mark.parametrize(
    ("stages", "commit", "named"),
    [
        (make_stages(20, 0, 2, 5, 8, 9), 7.0, "the disk (fsync): a commit takes p50 7.0"),
        (make_stages(20, 0, 2, 5, 8, 9), 1.0, "the way from the engine to the reader"),
        (make_stages(20, 0, 1, 15, 16, 3), 1.0, "the way to the engine"),
        (make_stages(20, 0, 15, 1, 3, 2), 1.0, "the sender"),
        (make_stages(20, 15, 0, 1, 3, 2), 1.0, "the load generator, late by p50 15.0 of 20.0 ms"),
    ],
)
def test_with_cpu_to_spare_what_orders_wait_for_is(
    stages: dict[str, Histogram], commit: float, named: str
) -> None:
    limit = name_limit(make_costs(*IDLE), stages, make_commit(commit))
    assert limit.startswith(named)
    assert "no process is full (gateway 30%" in limit


def test_nothing_known_is_unknown() -> None:
    assert name_limit(Costs([], 0.0, 2), {}, None) == "unknown"
    assert name_limit(make_costs(*IDLE), {}, None).startswith("unknown; no process is full")


def test_other_programs_are_the_machine_without_our_own() -> None:
    """One of a few: between two readings of one moment the machine may stall."""

    def has_a_share() -> bool:
        watch, began = ProcessWatch({}), time.perf_counter()
        while time.perf_counter() < began + 0.3:
            pass
        costs = watch.measure(time.perf_counter() - began)
        assert [usage.name for usage in costs.usages] == ["load generator"]
        is_possible = 0 <= costs.other_cores <= costs.cores + 0.2  # the machine counts in ticks
        return is_possible and costs.usages[0].cpu_share > 0.02

    assert any(has_a_share() for _ in range(20))
