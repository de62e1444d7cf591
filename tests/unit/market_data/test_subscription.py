"""What has come from the channels, and what happens when nobody takes it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from market_data.following.subscription import (
    MAX_UNTAKEN_BYTES,
    MAX_UNTAKEN_MESSAGES,
    Subscription,
)

SECONDS = 60.0


class StandInConnection:
    """Has so many messages, and then breaks, or is silent."""

    def __init__(self, messages: int, *, breaks: bool = False, content: bytes = b"") -> None:
        self.read = 0
        self._content = content
        self._messages = messages
        self._breaks = breaks

    async def read_response(self, **_: object) -> tuple[bytes, bytes, bytes]:
        if self.read < self._messages:
            self.read += 1
            return b"message", b"trade_events", self._content or b"%d" % self.read
        if self._breaks:
            raise RedisConnectionError("gone")
        await asyncio.Event().wait()
        raise AssertionError


def run(
    connection: StandInConnection, use: Callable[[Subscription], Coroutine[Any, Any, None]]
) -> None:
    async def follow() -> None:
        subscription = Subscription(cast(AbstractConnection, connection))
        reading = asyncio.create_task(subscription.read())
        reading.add_done_callback(subscription.end)
        async with asyncio.timeout(SECONDS):
            await use(subscription)
        reading.cancel()
        await asyncio.wait([reading])

    asyncio.run(follow())


def test_all_that_has_come_is_taken_at_once_and_in_order() -> None:
    async def use(subscription: Subscription) -> None:
        assert await subscription.take(SECONDS) == [
            ("trade_events", b"1"), ("trade_events", b"2"), ("trade_events", b"3"),
        ]  # fmt: skip
        assert await subscription.take(0.001) == []

    run(StandInConnection(3), use)


@pytest.mark.parametrize(
    ("content", "most"),
    [(b"few bytes", MAX_UNTAKEN_MESSAGES), (bytes(MAX_UNTAKEN_BYTES // 3), 3 + 1)],
    ids=["many", "long"],
)
def test_what_nobody_takes_waits_in_redis(content: bytes, most: int) -> None:
    connection = StandInConnection(most + 2, content=content)

    async def use(subscription: Subscription) -> None:
        taken = await subscription.take(SECONDS)
        assert len(taken) == connection.read == most
        assert len(await subscription.take(SECONDS)) == 2

    run(connection, use)


def test_a_broken_connection_is_told_after_what_came_before_it() -> None:
    async def use(subscription: Subscription) -> None:
        assert len(await subscription.take(SECONDS)) == 2
        for _ in range(2):
            with pytest.raises(RedisConnectionError):
                await subscription.take(SECONDS)

    run(StandInConnection(2, breaks=True), use)
