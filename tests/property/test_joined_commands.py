"""Commands that are parts of one: both cores alike, and each level that changed is told once."""

from collections.abc import Sequence
from itertools import islice
from random import Random

import pytest

from engine.core import EventKind, EventRow, Matcher
from engine.core.reference.matcher import Matcher as Reference
from tests.support.core_flow import FLOWS, SYMBOLS, Flow, Step
from tests.support.core_implementations import matcher_class

GROUPS = 3000
LEVEL = EventKind.LEVEL.value
AnyMatcher = Matcher | Reference


def run_joined(matcher: AnyMatcher, steps: Sequence[Step]) -> list[EventRow]:
    matcher.join()
    events = [event for step in steps for event in step.run(matcher)]
    assert all(event[0] != LEVEL for event in events)
    return events + list(matcher.part())


def read_levels(matcher: AnyMatcher) -> dict[tuple[int, int, int], int]:
    """Quantity by symbol, side and price."""
    return {
        (symbol, side, price): quantity
        for symbol in range(SYMBOLS)
        for side, rows in enumerate(matcher.l2(symbol))
        for price, quantity in rows
    }


def assert_each_change_is_told_once(
    events: Sequence[EventRow],
    before: dict[tuple[int, int, int], int],
    after: dict[tuple[int, int, int], int],
) -> None:
    told = [((event[2], event[3], event[6]), event[7]) for event in events if event[0] == LEVEL]
    changed = {
        place: after.get(place, 0)
        for place in before.keys() | after.keys()
        if before.get(place, 0) != after.get(place, 0)
    }
    assert len(told) == len(changed)
    assert dict(told) == changed


@pytest.mark.parametrize("prices", ["narrow", "sparse"])
def test_joined_commands_are_told_as_one_by_both_cores(prices: str) -> None:
    random, flow = Random(11), iter(Flow(11, FLOWS[prices]))
    compiled, reference = (matcher_class(name)(SYMBOLS) for name in ("cython", "python"))
    for _ in range(GROUPS):
        steps = list(islice(flow, random.randrange(1, 4)))
        before = read_levels(reference)
        events = run_joined(compiled, steps)
        assert events == run_joined(reference, steps)
        assert compiled.state_hash() == reference.state_hash()
        assert_each_change_is_told_once(events, before, read_levels(reference))
    assert compiled.save() == reference.save()


@pytest.mark.parametrize("core", ["cython", "python"])
def test_cancel_and_new_at_one_price_tell_the_level_once(core: str) -> None:
    matcher = matcher_class(core)(1)
    matcher.new(0, 1, 1, 0, 0, 5, 100)
    matcher.join()
    parts = [*matcher.cancel(1, 1), *matcher.new(0, 2, 1, 0, 0, 7, 100)]
    assert [EventKind(event[0]).name for event in parts] == ["CANCELED", "ACCEPTED"]
    [level] = matcher.part()
    assert (EventKind(level[0]).name, level[6], level[7], level[10]) == ("LEVEL", 100, 7, 2)


@pytest.mark.parametrize("core", ["cython", "python"])
def test_level_that_is_as_before_is_not_told(core: str) -> None:
    matcher = matcher_class(core)(1)
    matcher.new(0, 1, 1, 0, 0, 5, 100)
    matcher.join()
    matcher.cancel(1, 1)
    matcher.new(0, 2, 1, 0, 0, 5, 100)
    assert list(matcher.part()) == []
    assert matcher.update_id(0) == 1
