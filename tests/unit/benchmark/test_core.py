from collections import Counter
from collections.abc import Callable
from itertools import islice

import pytest

from benchmark.core.kinds import GROWING, TIMED, MixedFlow, Steps
from benchmark.core.rounds import Rounds
from benchmark.replay import core as replay
from engine.core import EventKind, Matcher


def test_a_ratio_is_that_of_the_medians_with_the_farthest_of_a_round() -> None:
    core, limit = Rounds([30.0, 40.0, 50.0]), Rounds([25.0, 20.0, 10.0])
    assert core.describe_ratio(limit) == "2.00 x (1.20 to 5.00)"
    assert f"{core:.1f}" == "40.0 (30.0 to 50.0)"


def test_one_slow_pass_does_not_make_a_replay_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = iter([0.002] * 10 + [5.0] * 5 + [0.002] * 6)
    monkeypatch.setattr(replay, "_time_pass", lambda _: next(passes))
    assert replay.time_batches([b""] * 1_000) == pytest.approx(500_000)


def test_a_tenth_of_the_mixed_flow_is_of_each_kind_and_most_is_taken() -> None:
    matcher, kinds, events = Matcher(1), Counter[str](), Counter[int]()
    for message in islice(MixedFlow(), 5_000):
        kinds[message.kind] += 1
        for method, arguments in message.calls:
            events.update(row[0] for row in getattr(matcher, method)(*arguments) or ())
    assert len(kinds) == 7
    assert all(400 < count < 600 for kind, count in kinds.items() if kind != "plain")
    assert events[EventKind.REJECTED] < 5_000 // 10
    assert events[EventKind.TRIGGERED] > 5_000 // 50
    assert events[EventKind.TRADE] > 5_000 // 10


@pytest.mark.parametrize("make", GROWING.values())
def test_each_timed_step_is_one_of_many_such_orders(make: Callable[[int], Steps]) -> None:
    matcher, calls = make(2 * TIMED)
    before = matcher.open_orders()
    rows = [list(getattr(matcher, method)(*arguments)) for method, arguments in calls]
    assert all(row[1][0] == EventKind.TRADE for row in rows)
    assert before - matcher.open_orders() in (0, TIMED, 2 * TIMED)
