"""The engine's clock, on machines whose clocks the test sets."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import Clock, Moment, Reading

SECOND = 1_000_000
HOUR = 3600 * SECOND
NOON = 1_700_000_000 * SECOND


class Machine:
    """Clocks that go on, are set, and begin anew with a boot."""

    def __init__(self) -> None:
        self.boots = 1
        self.since_boot = 5 * SECOND
        self.wall = NOON

    def read(self) -> Reading:
        return Reading(f"boot-{self.boots}", self.since_boot, self.wall)

    def pass_time(self, microseconds: int) -> None:
        self.since_boot += microseconds
        self.wall += microseconds

    def boot(self, microseconds: int) -> None:
        """It is off for some time."""
        self.boots += 1
        self.since_boot = 0
        self.wall += microseconds


class Step(NamedTuple):
    """Time passes, and something happens to the machine or to the engine."""

    passes: int
    jumps: int = 0
    boots: bool = False
    restarts: bool = False


durations = st.integers(0, 100) | st.integers(0, 100 * HOUR)
steps = st.builds(
    Step,
    durations,
    st.just(0) | st.integers(-60 * HOUR, 60 * HOUR),
    st.booleans(),
    st.booleans(),
)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> Clock:
    return begin(machine)


def begin(machine: Machine, timestamp: int = 0, mark: bytes | None = None) -> Clock:
    clock = Clock(machine.read)
    clock.begin(timestamp, mark)
    return clock


def jumps_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_stamp_is_the_wall_clock_and_elapsed_is_since_the_commit_before(
    machine: Machine, clock: Clock
) -> None:
    assert clock.take() == Moment(NOON, 0)
    machine.pass_time(7)
    assert clock.measure() == 7
    machine.pass_time(3)
    assert clock.take() == Moment(NOON + 10, 10)


def test_jump_forward_moves_stamps_at_once_and_no_time_elapses(
    machine: Machine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.take()
    machine.wall += HOUR
    machine.pass_time(SECOND)
    assert clock.measure() == SECOND
    assert clock.take() == Moment(NOON + HOUR + SECOND, SECOND)
    assert jumps_of(caplog) == ["the wall clock jumped 3600.000 s forward"]
    assert clock.jumps == 1


def test_jump_back_lets_stamps_go_on_at_half_speed_until_they_meet(
    machine: Machine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.take()
    machine.wall -= 20 * SECOND
    offsets = []
    for _ in range(5):
        machine.pass_time(10 * SECOND)
        moment = clock.take()
        assert moment.elapsed == 10 * SECOND
        offsets.append((moment.timestamp - machine.wall) // SECOND)
    assert offsets == [15, 10, 5, 0, 0]
    assert jumps_of(caplog) == ["the wall clock jumped 20.000 s back"]


def test_jump_while_nothing_is_committed_is_told_once(
    machine: Machine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.take()
    machine.wall -= HOUR
    clock.measure()
    clock.begin(NOON, clock.mark)  # a recovery
    clock.measure()
    clock.take()
    assert len(jumps_of(caplog)) == 1


def test_slewed_clock_is_not_said_to_jump(
    machine: Machine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10_000):
        machine.pass_time(SECOND)
        machine.wall += 500
        clock.measure()
    assert clock.take() == Moment(NOON + 10_005 * SECOND, 10_000 * SECOND)
    assert jumps_of(caplog) == []


def test_other_engine_on_the_same_boot_goes_on_exactly(machine: Machine, clock: Clock) -> None:
    stamp = clock.take().timestamp
    machine.wall += HOUR
    machine.pass_time(90 * SECOND)
    other = begin(machine, stamp, clock.mark)
    assert other.measure() == 90 * SECOND
    assert other.take().elapsed == 90 * SECOND


def test_after_a_boot_time_has_elapsed_by_the_wall_clock(machine: Machine, clock: Clock) -> None:
    stamp = clock.take().timestamp
    machine.boot(30 * SECOND)
    assert begin(machine, stamp, clock.mark).take() == Moment(NOON + 30 * SECOND, 30 * SECOND)


def test_after_a_boot_with_the_wall_clock_behind_no_time_has_elapsed(
    machine: Machine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    stamp = clock.take().timestamp
    machine.boot(-HOUR)
    assert begin(machine, stamp, clock.mark).take() == Moment(NOON, 0)
    assert jumps_of(caplog) == ["the wall clock jumped 3600.000 s back"]


@pytest.mark.parametrize("mark", [None, b"", b"boot-1 x 5", b"boot-1 5", b"\xff 1 2"])
def test_commit_without_a_mark_was_made_when_its_stamp_says(
    machine: Machine, mark: bytes | None
) -> None:
    machine.pass_time(4 * SECOND)
    assert begin(machine, NOON, mark).take() == Moment(NOON + 4 * SECOND, 4 * SECOND)


@given(st.lists(steps, max_size=30))
def test_stamps_go_on_and_elapsed_time_adds_up_whatever_happens(history: list[Step]) -> None:
    machine = Machine()
    clock = begin(machine)
    stamp = clock.take().timestamp
    elapsed = expected = 0
    for step in history:
        before = machine.wall
        machine.pass_time(step.passes)
        machine.wall += step.jumps
        if step.boots:
            machine.boot(0)
        if step.boots or step.restarts:
            clock = begin(machine, stamp, clock.mark)
        moment = clock.take()
        since = max(0, machine.wall - before) if step.boots else step.passes
        assert moment.timestamp >= max(stamp, machine.wall)
        assert moment.timestamp > stamp or not since
        assert moment.timestamp in (machine.wall, stamp + (since + 1) // 2)
        stamp, elapsed, expected = moment.timestamp, elapsed + moment.elapsed, expected + since
        assert elapsed == expected
