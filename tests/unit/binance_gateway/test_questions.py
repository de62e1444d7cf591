"""Questions to an archive that is behind: it is waited for as long as the engine is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from binance_gateway.account import questions
from binance_gateway.account.questions import Questions
from binance_gateway.words.errors import BinanceError
from order_gateway.errors import ArchiveBehind, archive_unavailable

QUESTIONS: list[Callable[[Questions], Awaitable[Any]]] = [
    lambda asked: asked.list_open("alice", None, {1: 7}),
    lambda asked: asked.recall("alice", 7),
    lambda asked: asked.read_balances("alice", {1: 7}),
    lambda asked: asked.recall_balances("alice", {1: 7}),
    lambda asked: asked.find_list("alice", 1, None),
]


class LateHistory:
    """Is behind as often as it is told to; then it answers with an error that tells it."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.is_reached = False

    async def ask(self, *_: object) -> None:
        if self.times:
            self.times -= 1
            raise ArchiveBehind(3)
        self.is_reached = True
        raise archive_unavailable("enough")

    find_list = read_balances = ask


@pytest.mark.parametrize("ask", QUESTIONS)
def test_archive_that_is_behind_is_asked_again(ask: Callable[[Questions], Awaitable[Any]]) -> None:
    history = LateHistory(3)
    with pytest.raises(BinanceError):
        asyncio.run(cast("Any", ask(Questions(cast("Any", history)))))
    assert history.is_reached


def test_archive_that_stays_behind_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "REPLY_SECONDS", 0.0)
    history = LateHistory(10**9)
    with pytest.raises(BinanceError) as caught:
        asyncio.run(Questions(cast("Any", history)).list_open("alice", None, {1: 7}))
    assert caught.value.code == -1001
