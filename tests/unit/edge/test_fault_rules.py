"""Which request meets which fault: the same ones again with the same seed."""

import msgspec
import pytest

from edge.fault_rules import MAX_RULES, FaultRule, FaultRules

ORDERS = ("POST", "/v1/orders")


def decide(rules: FaultRules, count: int, account: str = "alice") -> list[int]:
    """The numbers of those of `count` orders that meet a fault."""
    return [number for number in range(count) if rules.decide(*ORDERS, account) is not None]


def make(**fields: object) -> FaultRules:
    rules = FaultRules()
    rules.add(msgspec.convert({"fault": "refuse"} | fields, FaultRule))
    return rules


def test_every_nth_and_at_most_so_many_times() -> None:
    assert decide(make(every=3), 10) == [2, 5, 8]
    assert decide(make(every=3, times=2), 20) == [2, 5]
    assert decide(make(times=1), 5) == [0]


def test_chance_repeats_with_its_seed() -> None:
    first = decide(make(probability=0.3, seed=7), 100)
    assert decide(make(probability=0.3, seed=7), 100) == first
    assert decide(make(probability=0.3, seed=8), 100) != first
    assert 10 < len(first) < 50


def test_others_requests_are_not_met() -> None:
    assert decide(make(account="bob"), 5) == []
    assert decide(make(route="GET /v1/orders"), 5) == []
    assert decide(make(route="POST /v1/orders", account="alice"), 2) == [0, 1]


@pytest.mark.parametrize("distribution", ["fixed", "normal", "pareto"])
def test_delay_is_drawn_and_bounded(distribution: str) -> None:
    rules = make(fault="delay", milliseconds=100, distribution=distribution, seed=3)
    faults = [rules.decide(*ORDERS, "alice") for _ in range(500)]
    seconds = [fault.seconds for fault in faults if fault is not None]
    assert len(seconds) == 500
    assert min(seconds) >= 0
    assert max(seconds) <= 600
    assert 0.05 < sorted(seconds)[250] < 0.2


def test_rules_are_counted_and_end() -> None:
    rules = make(every=2)
    decide(rules, 5)
    [described] = rules.list()
    assert (described["matched"], described["injected"]) == (5, 2)
    rules.clear()
    assert (rules.list(), decide(rules, 3)) == ([], [])


def test_number_of_rules_is_bounded() -> None:
    rules = FaultRules()
    for _ in range(MAX_RULES):
        rules.add(FaultRule("reset"))
    with pytest.raises(ValueError, match="no more are taken"):
        rules.add(FaultRule("reset"))


def test_messages_have_rules_of_their_own() -> None:
    """A rule for requests meets no message, one for messages no request."""
    text = b'{"type":"trade"}'
    for rules in (make(), make(fault="delay")):
        assert rules.decide_message("/ws/orders", "alice", text) is None
        assert rules.decide(*ORDERS, "alice") is not None
    for rules in (make(fault="drop"), make(fault="delay", route="WS /ws")):
        assert rules.decide(*ORDERS, "alice") is None
        assert rules.decide_message("/ws/orders", "alice", text) is not None


def test_messages_are_chosen_by_what_they_contain() -> None:
    rules = make(fault="drop", route="WS /ws/orders", contains='"trade"', every=2)
    messages = [b'{"type":"bbo"}', b'{"type":"trade"}'] * 3
    met = [rules.decide_message("/ws/orders", "alice", text) is not None for text in messages]
    assert met == [False, False, False, True, False, False]
