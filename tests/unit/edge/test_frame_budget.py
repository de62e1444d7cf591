from edge.frame_budget import FRAMES_A_SECOND, FRAMES_AT_ONCE, FrameBudget


def test_a_burst_and_then_a_rate() -> None:
    now = [0.0]
    budget = FrameBudget(lambda: now[0])
    assert all(budget.take() for _ in range(FRAMES_AT_ONCE))
    assert not budget.take()
    assert not budget.take()
    assert budget.refused == 2
    now[0] += 1.0
    assert all(budget.take() for _ in range(int(FRAMES_A_SECOND)))
    assert budget.refused == 0
    assert not budget.take()
    now[0] += 3600.0
    assert sum(budget.take() for _ in range(1_000)) == FRAMES_AT_ONCE
