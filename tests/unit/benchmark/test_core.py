import pytest

from benchmark.core.rounds import Rounds
from benchmark.replay import core as replay


def test_a_ratio_is_that_of_the_medians_with_the_farthest_of_a_round() -> None:
    core, limit = Rounds([30.0, 40.0, 50.0]), Rounds([25.0, 20.0, 10.0])
    assert core.describe_ratio(limit) == "2.00 x (1.20 to 5.00)"
    assert f"{core:.1f}" == "40.0 (30.0 to 50.0)"


def test_one_slow_pass_does_not_make_a_replay_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = iter([0.002] * 10 + [5.0] * 5 + [0.002] * 6)
    monkeypatch.setattr(replay, "_time_pass", lambda _: next(passes))
    assert replay.time_batches([b""] * 1_000) == pytest.approx(500_000)
