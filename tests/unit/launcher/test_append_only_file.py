"""On the files of a real server, for each server program that is here."""

import signal
import subprocess
from pathlib import Path

import pytest

from launcher.redis.append_only_file import MAX_CUT_BYTES, mend_append_only_file
from launcher.redis.binary import RedisBinary, find_redis_binaries
from launcher.redis.server import connect, is_serving, make_redis_service
from launcher.setup.errors import LaunchError
from tests.support.ports import find_free_port
from tests.support.waiting import wait_until

TORN = b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$4\r\nlost\r\n$1"


@pytest.fixture(params=list(find_redis_binaries()), ids=lambda binary: binary.title)
def binary(request: pytest.FixtureRequest) -> RedisBinary:
    found: RedisBinary = request.param
    return found


def run_server(binary: RedisBinary, folder: Path, command: str, *arguments: str) -> bytes | None:
    """The answer to one command of a server on `folder` that is killed right after."""
    port = find_free_port()
    service = make_redis_service(binary, port, folder, "100mb", print, users="")
    process = subprocess.Popen(service.command, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_until(lambda: is_serving(url), "the server serves")
        with connect(url) as client:
            answer: bytes | None = client.execute_command(command, *arguments)
            return answer
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def find_log(folder: Path) -> Path:
    return next((folder / "appendonlydir").glob("*.incr.aof"))


def test_a_new_folder_and_a_whole_file_need_nothing(binary: RedisBinary, tmp_path: Path) -> None:
    assert mend_append_only_file(binary, tmp_path) is None
    run_server(binary, tmp_path, "SET", "kept", "1")
    assert mend_append_only_file(binary, tmp_path) is None


def test_a_torn_end_is_moved_away_and_the_rest_kept(binary: RedisBinary, tmp_path: Path) -> None:
    run_server(binary, tmp_path, "SET", "kept", "1")
    with find_log(tmp_path).open("ab") as file:
        file.write(TORN)
    mended = mend_append_only_file(binary, tmp_path)
    assert mended is not None
    assert f"{len(TORN)} bytes moved to" in mended
    (kept,) = tmp_path.glob("cut-*.aof")
    assert kept.read_bytes() == TORN
    assert mend_append_only_file(binary, tmp_path) is None
    assert run_server(binary, tmp_path, "GET", "kept") == b"1"
    assert run_server(binary, tmp_path, "GET", "kept") == b"1"


def test_a_cut_that_is_too_large_is_left_to_the_operator(
    binary: RedisBinary, tmp_path: Path
) -> None:
    run_server(binary, tmp_path, "SET", "kept", "1")
    with find_log(tmp_path).open("ab") as file:
        file.write(b"x" * (MAX_CUT_BYTES + 1))
    before = find_log(tmp_path).read_bytes()
    with pytest.raises(LaunchError, match="Nothing was changed"):
        mend_append_only_file(binary, tmp_path)
    assert find_log(tmp_path).read_bytes() == before


def test_a_missing_part_is_damage_that_is_not_mended(binary: RedisBinary, tmp_path: Path) -> None:
    run_server(binary, tmp_path, "SET", "kept", "1")
    find_log(tmp_path).unlink()
    with pytest.raises(LaunchError, match="cannot be mended"):
        mend_append_only_file(binary, tmp_path)
