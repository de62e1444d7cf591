"""What is done with a copy of a data folder does nothing to the original that is running."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.supervision.run_file import end_leftovers, find_running_system
from tests.support.launched_system import STAND_IN, LaunchedSystem, launch, run_command


@pytest.fixture
def original(tmp_path: Path) -> Iterator[LaunchedSystem]:
    with launch(STAND_IN, tmp_path / "data") as system:
        system.wait_until_ready()
        yield system


@pytest.fixture
def copy(original: LaunchedSystem) -> Path:
    folder = original.folder.with_name("copy")
    shutil.copytree(original.folder, folder, symlinks=True)
    return folder


def _expect_untouched(original: LaunchedSystem, before: dict[str, object]) -> None:
    assert original.process.poll() is None, original.output
    assert original.processes == before
    assert all(process.is_alive for process in original.processes.values())


def test_a_copy_starts_beside_the_original(original: LaunchedSystem, copy: Path) -> None:
    before: dict[str, object] = {**original.processes}
    with launch(STAND_IN, copy) as second:
        second.wait_until_ready()
        _expect_untouched(original, before)
        assert not set(before.values()) & set(second.processes.values())


def test_reset_of_a_copy_deletes_the_copy_alone(original: LaunchedSystem, copy: Path) -> None:
    before: dict[str, object] = {**original.processes}
    answer = run_command(copy, "reset", "--yes")
    assert answer.returncode == 0, answer.stderr
    assert "Stopping" not in answer.stdout
    assert not copy.exists()
    _expect_untouched(original, before)


@pytest.mark.parametrize("command", ["status", "check", "redis stop", "redis restart"])
def test_a_copy_knows_no_running_system(original: LaunchedSystem, copy: Path, command: str) -> None:
    before: dict[str, object] = {**original.processes}
    answer = run_command(copy, *command.split())
    assert answer.returncode == 1
    assert "no system is running on" in answer.stderr
    _expect_untouched(original, before)


def test_a_folder_that_took_the_originals_place_is_another(original: LaunchedSystem) -> None:
    """The path is the same and the folder is not."""
    moved = original.folder.with_name("moved")
    original.folder.rename(moved)
    shutil.copytree(moved, original.folder)
    try:
        assert find_running_system(original.folder) is None
        end_leftovers(original.folder, seconds=0.0)
        assert original.process.poll() is None
        refused = run_command(moved, "reset", "--yes")
        assert "a system is already running on" in refused.stderr
    finally:
        shutil.rmtree(original.folder)
        moved.rename(original.folder)
    assert all(process.is_alive for process in original.processes.values())


def test_what_a_living_launcher_owns_is_no_leftover(original: LaunchedSystem) -> None:
    before: dict[str, object] = {**original.processes}
    end_leftovers(original.folder, seconds=0.0)
    _expect_untouched(original, before)
