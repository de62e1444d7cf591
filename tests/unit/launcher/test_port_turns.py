"""The lock that launchers of one user share, next to what other users leave in the same folder."""

import tempfile
from pathlib import Path

import pytest

from launcher.redis.port_turns import find_runtime_folder, take_turns
from launcher.setup.file_lock import hold_lock


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder for temporary files of all users."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_users_runtime_folder_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    assert find_runtime_folder() == runtime


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707])
def test_a_runtime_folder_that_others_can_enter_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir()
    runtime.chmod(mode)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    own = find_runtime_folder()
    assert own.parent == tmp_path
    assert own != runtime
    assert own.stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_place_of_our_folder_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    own = find_runtime_folder()
    own.rmdir()
    own.symlink_to(target)
    with pytest.raises(PermissionError):
        find_runtime_folder()
    with take_turns():
        assert list(target.iterdir()) == []


def test_a_file_in_the_place_of_our_folder_does_not_stop_us() -> None:
    own = find_runtime_folder()
    own.rmdir()
    own.write_text("somebody else's")
    with take_turns():
        assert own.read_text() == "somebody else's"


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "thesis.txt"
    target.write_text("all of it")
    (find_runtime_folder() / "redis-port.lock").symlink_to(target)
    with take_turns():
        assert target.read_text() == "all of it"


def test_one_turn_at_a_time() -> None:
    with take_turns(), hold_lock(find_runtime_folder() / "redis-port.lock", wait=False) as is_ours:
        assert not is_ours
    with hold_lock(find_runtime_folder() / "redis-port.lock", wait=False) as is_ours:
        assert is_ours
