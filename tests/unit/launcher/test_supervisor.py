"""What a death means before all is ready: the end for a needed service, nothing for another."""

import sys
from pathlib import Path

import pytest

from launcher.redis import disk_room
from launcher.redis.binary import find_redis_binaries
from launcher.redis.server import make_redis_service
from launcher.setup.errors import LaunchError
from launcher.supervision.service import Service
from launcher.supervision.supervisor import Supervisor

FAILS = (sys.executable, "-c", "import sys; sys.exit('no database')")


def run_to_the_third_death(folder: Path, is_optional: bool) -> list[str]:
    lines: list[str] = []
    supervisor = Supervisor(folder, lines.append)
    supervisor.add([Service("broken", FAILS, stage=1, environment={}, is_optional=is_optional)])
    try:
        supervisor.run_until(lambda: len([line for line in lines if "status 1" in line]) >= 3)
        assert supervisor.is_steady
    finally:
        supervisor.stop()
    return lines


def test_start_ends_where_a_needed_service_dies_again_and_again(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match=r"broken does not start: it ended .*\s+no database"):
        run_to_the_third_death(tmp_path, is_optional=False)


def test_start_goes_on_where_an_optional_service_dies(tmp_path: Path) -> None:
    lines = run_to_the_third_death(tmp_path, is_optional=True)
    assert "broken       | no database" in lines


def test_service_that_has_to_wait_is_started_again_when_it_need_not(tmp_path: Path) -> None:
    lines: list[str] = []
    reasons = ["the disk is full", "the disk is still full", None]
    supervisor = Supervisor(tmp_path, lines.append)
    ends = Service(
        "ends", (sys.executable, "-c", ""), stage=1, environment={}, is_optional=True,
        explain_wait=lambda: reasons.pop(0) if reasons else None,
    )  # fmt: skip
    supervisor.add([ends])
    try:
        supervisor.run_until(lambda: sum("status 0" in line for line in lines) == 2)
    finally:
        supervisor.stop()
    assert [line for line in lines if "waits" in line] == ["ends waits: the disk is full."]


def test_service_runs_as_it_is_wanted(tmp_path: Path) -> None:
    lines: list[str] = []
    wanted: list[tuple[str, ...] | None] = [None]
    supervisor = Supervisor(tmp_path, lines.append)
    code = "import sys, time; print('runs', tuple(sys.argv[1:]), flush=True); time.sleep(600)"
    service = Service(
        "actors", (sys.executable, "-c", code), stage=1, environment={}, is_optional=True,
        find_arguments=lambda: wanted[0],
    )  # fmt: skip
    supervisor.add([service])
    supervisor.is_ready = True
    [supervised] = supervisor.services
    try:
        supervisor.poll()
        assert supervised.run is None
        for arguments in (("one",), ("two",)):
            wanted[0] = arguments
            assert supervisor.run_until(lambda: f"actors       | runs {wanted[0]}" in lines)
        wanted[0] = None
        assert supervisor.run_until(lambda: supervised.run is None)
        supervisor.poll()
        assert supervised.run is None
    finally:
        supervisor.stop()
    ended = "actors was killed by SIGTERM, as it was asked to."
    assert [line for line in lines if "|" not in line] == [ended, ended]


def test_service_that_does_not_end_as_it_is_asked_is_killed(tmp_path: Path) -> None:
    lines: list[str] = []
    wanted: list[tuple[str, ...] | None] = [()]
    supervisor = Supervisor(tmp_path, lines.append)
    code = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    service = Service(
        "deaf", (sys.executable, "-c", code), stage=1, environment={}, stop_seconds=0.0,
        find_arguments=lambda: wanted[0],
    )  # fmt: skip
    supervisor.add([service])
    try:
        assert supervisor.run_until(lambda: "deaf         | ready" in lines)
        wanted[0] = None
        assert supervisor.run_until(lambda: supervisor.services[0].run is None)
    finally:
        supervisor.stop()
    assert "deaf was killed by SIGKILL, as it was asked to." in lines


def test_second_request_to_stop_kills_and_says_so_once(tmp_path: Path) -> None:
    lines: list[str] = []
    supervisor = Supervisor(tmp_path, lines.append)
    code = "import time; time.sleep(60)"
    stubborn = (sys.executable, "-c", f"import signal; signal.signal(15, signal.SIG_IGN); {code}")
    supervisor.add(
        Service(name, stubborn, stage, environment={}) for name, stage in (("one", 1), ("two", 2))
    )
    supervisor.stop_requests = 2
    supervisor.stop()
    assert lines == ["Second Ctrl-C: killing one, two; nothing accepted is lost."]


def test_redis_on_a_full_disk_is_not_started_and_the_disk_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_room, "ROOM_BYTES", 1 << 60)
    binary = next(find_redis_binaries())
    with pytest.raises(LaunchError, match=f"the disk of {tmp_path} is full"):
        make_redis_service(binary, 1, tmp_path / "redis", "1gb", lambda _line: None, users="")
