"""What a death means before all is ready: the end for a needed service, nothing for another."""

import sys
from pathlib import Path

import pytest

from launcher.errors import LaunchError
from launcher.service import Service
from launcher.supervisor import Supervisor

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
