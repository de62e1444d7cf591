"""What is said of a Redis that the user named."""

from pathlib import Path

import pytest

from launcher.redis.binary import find_redis_binaries
from launcher.redis.named import OPEN, check_named_redis
from launcher.redis.server import connect
from tests.support.redis_server import DURABLE, run_redis


@pytest.mark.parametrize(
    ("options", "durability", "word"),
    [
        (("--appendonly", "no"), "off", "appendonly is off"),
        (("--appendonly", "yes", "--appendfsync", "everysec"), "everysec", "a second"),
        (("--appendonly", "yes", "--appendfsync", "no"), "no", "30 seconds"),
    ],
)
def test_what_it_may_lose_is_said(
    tmp_path: Path, options: tuple[str, ...], durability: str, word: str
) -> None:
    with run_redis(tmp_path, *options) as url:
        found = check_named_redis(url)
        assert found.durability == durability
        assert [line for line in found.warnings if word in line]


def test_nothing_is_said_of_a_server_that_syncs_always(tmp_path: Path) -> None:
    with run_redis(tmp_path, *DURABLE) as url:
        assert check_named_redis(url)[1:] == ("always", (OPEN,))


def test_a_configuration_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with run_redis(tmp_path, *DURABLE) as url, connect(url) as client:
        client.execute_command("ACL SETUSER", "modest", "on", ">secret", "~*", "+@all", "-config")
        found = check_named_redis(url.replace("//", "//modest:secret@"))
        assert found.durability is None
        assert any("cannot be read" in line for line in found.warnings)


@pytest.mark.skipif(
    next(find_redis_binaries()).title[:9] != "Redis 7.0", reason="others load it as nobody"
)
@pytest.mark.parametrize(
    ("rights", "is_said"),
    [("off", False), ("off -@all", True), ("off resetkeys", True), ("off ~* &* +@all", False)],
)
def test_a_default_user_without_rights_is_said(tmp_path: Path, rights: str, is_said: bool) -> None:
    with run_redis(tmp_path, *DURABLE) as url, connect(url) as client:
        client.execute_command("ACL SETUSER", "launcher", "on", ">secret", "~*", "&*", "+@all")
        client.execute_command("ACL SETUSER", "default", *rights.split())
        found = check_named_redis(url.replace("//", "//launcher:secret@"))
        assert any("SETUSER default off ~* &* +@all" in each for each in found.warnings) is is_said


def test_a_user_who_may_not_ask_is_told_nothing_of_the_default_user(tmp_path: Path) -> None:
    with run_redis(tmp_path, *DURABLE) as url, connect(url) as client:
        client.execute_command("ACL SETUSER", "modest", "on", ">secret", "~*", "+@all", "-acl")
        client.execute_command("ACL SETUSER", "default", "off", "-@all")
        assert check_named_redis(url.replace("//", "//modest:secret@")).warnings == ()
