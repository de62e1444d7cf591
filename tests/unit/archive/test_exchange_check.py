"""Which databases an archive goes on with."""

import pytest

from archive.exchange_check import BegunAnew, OtherExchange, check_exchange
from archive.journal import ExchangeState
from archive.records import name_exchange
from archive.writer import Position


def check(was_ephemeral: bool, *, key: bytes = b"other", is_ephemeral: bool = True) -> None:
    name = name_exchange(b"ours", is_ephemeral=was_ephemeral)
    check_exchange(ExchangeState(key, 7, [], None, is_ephemeral), Position(name, 5, 0, ""))


@pytest.mark.parametrize("is_ephemeral", [False, True])
def test_goes_on_with_the_database_of_the_same_exchange(is_ephemeral: bool) -> None:
    check(is_ephemeral, key=b"ours", is_ephemeral=is_ephemeral)


def test_forgets_an_exchange_that_could_begin_anew() -> None:
    with pytest.raises(BegunAnew):
        check(was_ephemeral=True)


@pytest.mark.parametrize(("was", "now"), [(False, True), (True, False), (False, False)])
def test_never_forgets_any_other(was: bool, now: bool) -> None:
    with pytest.raises(OtherExchange):
        check(was, is_ephemeral=now)
