"""Whose commits an archive has."""

from archive.records import Reached, name_exchange


def test_commits_are_those_of_one_exchange() -> None:
    ours = Reached(name_exchange(b"ours"), 5)
    assert ours.is_of(b"ours")
    assert not ours.is_of(b"other")
    assert not ours.is_of(None), "an exchange that has not begun has no commits"


def test_an_empty_archive_is_any_exchanges() -> None:
    assert Reached("", 0).is_of(b"ours")
    assert Reached("", 0).is_of(None)
