from pathlib import Path

import pytest

from launcher.data_folder import DataFolder
from launcher.redis.binary import RedisBinary
from launcher.setup.errors import LaunchError

REDIS_7_0 = RedisBinary(Path("redis-server"), "redis", "7.0.15")
REDIS_7_4 = RedisBinary(Path("redis-server"), "redis", "7.4.1")
VALKEY_9 = RedisBinary(Path("valkey-server"), "valkey", "9.1.2")


def make_folder(path: Path, binary: RedisBinary) -> DataFolder:
    folder = DataFolder(path / "data")
    folder.prepare()
    folder.choose_binary([binary])
    folder.redis.mkdir()
    return folder


def test_a_new_folder_takes_the_first_server(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "deep" / "data")
    folder.prepare()
    assert folder.choose_binary([REDIS_7_0, VALKEY_9]) == REDIS_7_0


def test_a_newer_server_may_read_and_then_an_older_may_not(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, REDIS_7_0)
    assert folder.choose_binary([REDIS_7_4]) == REDIS_7_4
    with pytest.raises(LaunchError, match=r"was written by Redis 7\.4\.1"):
        folder.choose_binary([REDIS_7_0])


def test_the_server_that_wrote_here_goes_before_the_preferred_one(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, VALKEY_9)
    assert folder.choose_binary([REDIS_7_0, VALKEY_9]) == VALKEY_9


def test_another_kind_of_server_is_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, VALKEY_9)
    with pytest.raises(LaunchError, match=r"start_system\.py reset"):
        folder.choose_binary([REDIS_7_4])


def test_an_unreadable_marker_is_no_reason_to_guess(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, REDIS_7_0)
    (folder.path / "goquant.json").write_text("{")
    with pytest.raises(LaunchError, match="not readable"):
        folder.choose_binary([REDIS_7_0])


def test_only_one_holds_it(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, REDIS_7_0)
    other = DataFolder(folder.path)
    with folder.hold(), pytest.raises(LaunchError, match="already running"), other.hold():
        pass
    with other.hold():
        pass


def test_only_a_folder_of_ours_is_wiped(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(LaunchError, match="nothing was deleted"):
        DataFolder(tmp_path).wipe()
    folder = make_folder(tmp_path, REDIS_7_0)
    folder.wipe()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
