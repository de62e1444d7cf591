"""When an attack costs ordinary traders too much."""

import pytest

from benchmark.abuse.attacks import ATTACKS
from benchmark.abuse.verdict import (
    LIMIT_OF_CUSTOMERS,
    LIMIT_OF_STRANGERS,
    Comparison,
    Seen,
    compare,
    find_limit,
    is_met,
)


def test_stretches_are_compared_by_kind_and_percentile() -> None:
    quiet = Seen([0.002] * 99 + [0.004] * 2, [0.005] * 10)
    beside = Seen([0.003] * 99 + [0.040] * 2, [0.010] * 10)
    comparisons = compare(quiet, beside)
    assert list(comparisons) == ["order p50", "order p99", "feed p50", "feed p99"]
    ratios = [each.ratio for each in comparisons.values()]
    assert ratios == pytest.approx([1.5, 10.0, 2.0, 2.0])


def test_both_quiet_stretches_are_one() -> None:
    both = Seen([1.0], [2.0]).add(Seen([3.0], [4.0]))
    assert both == Seen([1.0, 3.0], [2.0, 4.0])


@pytest.mark.parametrize(
    ("quiet", "beside", "ratio"),
    [(0.1, 0.9, 1.0), (0.5, 3.0, 3.0), (4.0, 0.2, 0.25), (2.0, 3.0, 1.5)],
)
def test_less_than_a_millisecond_counts_as_one(quiet: float, beside: float, ratio: float) -> None:
    assert Comparison(quiet, beside).ratio == ratio


def test_one_ratio_above_the_limit_is_too_much() -> None:
    within, above = Comparison(10.0, 20.0), Comparison(10.0, 20.1)
    assert is_met({"order p50": within, "order p99": within}, LIMIT_OF_STRANGERS, {})
    assert not is_met({"order p50": within, "order p99": above}, LIMIT_OF_STRANGERS, {})
    dear = {"order p50": Comparison(4.0, 2.0), "order p99": Comparison(4.0, 8.0)}
    assert is_met({"order p50": within, "order p99": above}, LIMIT_OF_STRANGERS, dear)
    assert not is_met({"order p50": above, "order p99": within}, LIMIT_OF_STRANGERS, dear)


def test_attacks_that_need_a_key_may_cost_more() -> None:
    limits = {name: find_limit(needs_key=attack.needs_key) for name, attack in ATTACKS.items()}
    assert limits.pop("full batches") == LIMIT_OF_CUSTOMERS
    assert set(limits.values()) == {LIMIT_OF_STRANGERS}
