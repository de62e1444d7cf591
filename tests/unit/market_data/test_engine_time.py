"""Where the engine's stamps may be, on a machine whose wall clock is set."""

import pytest

from market_data.following.engine_time import EngineTime

NOON = 1_700_000_000_000_000
SECOND = 1_000_000
HOUR = 3600 * SECOND


class Clocks:
    def __init__(self) -> None:
        self.steady = 7
        self.offset = NOON

    def wall(self) -> int:
        return self.steady + self.offset


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def time(clocks: Clocks) -> EngineTime:
    return EngineTime(clocks.wall, lambda: clocks.steady)


def test_it_is_the_wall_clock(clocks: Clocks, time: EngineTime) -> None:
    clocks.steady += HOUR
    assert time.read(0) == NOON + 7 + HOUR


def test_wall_clock_that_is_set_ahead_is_not_followed_before_a_stamp_is(
    clocks: Clocks, time: EngineTime
) -> None:
    clocks.offset += HOUR
    clocks.steady += SECOND
    assert time.read(NOON) == NOON + 7 + SECOND
    assert time.read(clocks.wall()) == clocks.wall()
    clocks.steady += SECOND
    assert time.read(NOON) == clocks.wall()


def test_wall_clock_that_is_set_back_is_followed(clocks: Clocks, time: EngineTime) -> None:
    clocks.offset -= HOUR
    assert time.read(NOON) == clocks.wall()
    clocks.offset += HOUR
    clocks.steady += SECOND
    assert time.read(NOON) == clocks.wall()
