"""Subscriptions of a connection that ends meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from binance_gateway.account.user_stream import UserStream, UserStreams
from binance_gateway.signing.keys import NamedSigners, find_named_signer
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.times import TimeUnit
from binance_gateway.ws_api.subscriptions import Subscriptions


class Connection:
    """Holds nothing."""

    count_unsent = 0

    def end(self, _code: int, _reason: str) -> None:
        """Ignore it."""


class LateStreams:
    """Streams that begin when `may_open` is set; `is_recalled`: one has begun to tell."""

    def __init__(self) -> None:
        self.signers = NamedSigners()
        self.may_open = asyncio.Event()
        self.is_recalled = asyncio.Event()

    @asynccontextmanager
    async def open(self, _account: str, _count: object) -> AsyncIterator[UserStream]:
        await self.may_open.wait()
        yield cast("Any", self)

    async def recall(self) -> None:
        """Begin to tell, and tell nothing."""
        self.is_recalled.set()
        await asyncio.Event().wait()


class SlowStreams:
    """Streams that never begin; `open_now` are those that somebody waits for."""

    def __init__(self) -> None:
        self.open_now = 0
        self.signers = NamedSigners()
        self.is_asked = asyncio.Event()

    @asynccontextmanager
    async def open(self, _account: str, _count: object) -> AsyncIterator[UserStream]:
        self.open_now += 1
        self.is_asked.set()
        try:
            await asyncio.Event().wait()
            yield cast("Any", None)
        finally:
            self.open_now -= 1


def test_nothing_is_left_of_a_subscription_whose_connection_has_ended() -> None:
    async def run() -> None:
        streams = SlowStreams()
        own = Subscriptions(
            cast("UserStreams", streams), cast("Any", Connection()), TimeUnit.MILLISECOND
        )
        begun = asyncio.create_task(own.begin(find_named_signer("alice"), is_of_session=False))
        await streams.is_asked.wait()
        await own.close()
        with pytest.raises(BinanceError):
            await begun
        with pytest.raises(BinanceError):
            await own.begin(find_named_signer("alice"), is_of_session=False)
        assert (streams.open_now, own.ids) == (0, [])

    asyncio.run(asyncio.wait_for(run(), 30))


def test_nothing_is_told_before_the_own_answer_though_others_are_answered() -> None:
    async def run() -> None:
        streams = LateStreams()
        own = Subscriptions(
            cast("UserStreams", streams), cast("Any", Connection()), TimeUnit.MILLISECOND
        )
        beginning = asyncio.create_task(own.begin(find_named_signer("al"), is_of_session=False))
        await asyncio.sleep(0)
        own.let_begin()  # a request that came later is answered first
        streams.may_open.set()
        assert await beginning == 0
        for _ in range(10):
            await asyncio.sleep(0)
        assert not streams.is_recalled.is_set()
        own.let_begin()
        await streams.is_recalled.wait()
        await own.close()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_ids_are_used_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("binance_gateway.ws_api.subscriptions.MAX_IN_A_LIFE", 0)
    own = Subscriptions(
        cast("UserStreams", SlowStreams()), cast("Any", Connection()), TimeUnit.MILLISECOND
    )
    with pytest.raises(BinanceError) as refused:
        asyncio.run(own.begin(find_named_signer("alice"), is_of_session=False))
    text = "Maximum subscription ID reached for this connection."
    assert (refused.value.code, refused.value.message) == (-2042, text)
