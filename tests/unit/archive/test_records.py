"""Whose history an archive has."""

from archive.records import Reached, name_exchange


def test_history_is_that_of_its_exchange_alone() -> None:
    ours = Reached(name_exchange(b"ours"), 5)
    assert ours.is_of(b"ours")
    assert not ours.is_of(b"other")
    assert not ours.is_of(None), "an exchange that has not begun has no history"


def test_history_that_has_not_begun_is_anybodys() -> None:
    assert Reached("", 0).is_of(b"ours")
    assert Reached("", 0).is_of(None)
