import pytest

from launcher.redis.named import describe_loss
from launcher.settings import hide_password


@pytest.mark.parametrize(
    ("has_file", "fsync", "word"),
    [
        (False, "always", "appendonly is off"),
        (True, "everysec", "a second"),
        (True, "no", "30 seconds"),
        (True, None, "cannot be read"),
    ],
)
def test_the_warning_names_what_may_be_lost(has_file: bool, fsync: str | None, word: str) -> None:
    loss = describe_loss(has_file, fsync)
    assert loss is not None
    assert word in loss


def test_a_server_that_syncs_always_loses_nothing() -> None:
    assert describe_loss(True, "always") is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@host:6379/0", "redis://:***@host:6379/0"),
        ("rediss://user:secret@host/1", "rediss://user:***@host/1"),
        ("redis://host:6379/0", "redis://host:6379/0"),
    ],
)
def test_a_password_is_not_shown(url: str, shown: str) -> None:
    assert hide_password(url) == shown
