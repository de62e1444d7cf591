"""The engine's clock, on machines whose clocks the test sets."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import Clock, Moment
from protocol.exchange_clock import MANUAL_START, REAL, ClockMode, ExchangeTime
from protocol.machine_clocks import Reading

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


def begin(
    machine: Machine, timestamp: int = 0, mark: bytes | None = None, mode: ClockMode = REAL
) -> Clock:
    clock = Clock(machine.read)
    clock.begin(timestamp, mark, mode)
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


def test_manual_clock_stands_until_it_is_moved(machine: Machine) -> None:
    clock = begin(machine, mode=ClockMode.parse("manual"))
    assert clock.take() == Moment(MANUAL_START, 0)
    machine.pass_time(HOUR)
    machine.wall -= 2 * HOUR
    assert clock.measure() == 0
    assert clock.take(5 * SECOND) == Moment(MANUAL_START + 5 * SECOND, 5 * SECOND)
    assert clock.take() == Moment(MANUAL_START + 5 * SECOND, 0)


def test_clock_with_a_factor_begins_with_the_wall_clock_and_does_not_follow_it(
    machine: Machine,
) -> None:
    clock = begin(machine, mode=ClockMode.parse("60x"))
    assert clock.take() == Moment(NOON, 0)
    machine.pass_time(SECOND)
    machine.wall += HOUR
    assert clock.measure() == 60 * SECOND
    assert clock.take() == Moment(NOON + 60 * SECOND, 60 * SECOND)


@pytest.mark.parametrize(("word", "gone"), [("manual", 0), ("10x", 300 * SECOND)])
def test_services_reckon_from_the_mark_and_the_next_engine_goes_on(
    machine: Machine, word: str, gone: int
) -> None:
    mode = ClockMode.parse(word)
    clock = begin(machine, mode=mode)
    stamp = clock.take().timestamp
    mark = clock.mark
    machine.pass_time(30 * SECOND)
    time = ExchangeTime(machine.read)
    time.note(word.encode(), mark)
    assert time.now() == stamp + gone
    assert begin(machine, stamp, mark, mode).take() == Moment(stamp + gone, gone)


def test_service_knows_a_move_before_it_has_read_the_mark(machine: Machine) -> None:
    time = ExchangeTime(machine.read)
    time.note_move(MANUAL_START + 2 * SECOND)
    machine.pass_time(30 * SECOND)
    assert time.now() == MANUAL_START + 2 * SECOND
    time.note_move(MANUAL_START + SECOND)  # what was read meanwhile is newer
    assert time.now() == MANUAL_START + 2 * SECOND
    time.forget()
    assert time.now() == MANUAL_START


@pytest.mark.parametrize("text", ["real", "manual", "2x", "60x", "100000x"])
def test_setting_of_the_clock_is_read_and_written(text: str) -> None:
    assert str(ClockMode.parse(text)) == text


@pytest.mark.parametrize("text", ["", "1x", "0x", "60", "1.5x", "100001x", "Manual", "-2x"])
def test_bad_setting_of_the_clock_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match="the clock must be real, manual, or a factor from 2x"):
        ClockMode.parse(text)
