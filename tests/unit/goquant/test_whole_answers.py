"""An answer about an account is whole, or it is asked for again."""

from typing import Any

import pytest

from goquant.testing.whole_answers import read_whole


class Gateway:
    """Has matched seven commands, of which its archive has got so many at each question."""

    def __init__(self, *reached: int) -> None:
        self.reached = list(reached)

    def __call__(self, _method: str, path: str, _body: Any, _account: str) -> dict[str, Any]:
        if path == "/v1/clock":
            return {"sequence": 7}
        return {"sequence": self.reached.pop(0) if self.reached else 6}


def test_answer_is_asked_for_until_the_archive_has_followed() -> None:
    gateway = Gateway(5, 6, 8, 9)
    assert read_whole(gateway, "/v1/balances", "a") == {"sequence": 8}
    assert gateway.reached == [9]


def test_archive_that_does_not_follow_is_an_error() -> None:
    with pytest.raises(TimeoutError, match="/v1/balances: the archive is behind 7"):
        read_whole(Gateway(), "/v1/balances", "a")
