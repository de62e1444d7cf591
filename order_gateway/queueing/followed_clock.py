"""The exchange's time, as the gateway knows it: read again and again from the engine's state."""

import asyncio
from contextlib import suppress
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from protocol.channels import STATE, STATE_CLOCK, STATE_CLOCK_MODE
from protocol.exchange_clock import ExchangeTime
from protocol.machine_clocks import open_machine_clocks

SECONDS_BETWEEN_READS = 0.5


class FollowedClock:
    """Follows the engine's clock while it runs; before the first look the time is the machine's."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)
        self._reading: asyncio.Task[None] | None = None
        self.time = ExchangeTime(open_machine_clocks())

    def start(self) -> None:
        """Begin to follow."""
        self._reading = asyncio.create_task(self._follow())

    async def aclose(self) -> None:
        """Stop following."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def read(self) -> ExchangeTime:
        """Look now, and return the time; raise RedisError or OSError."""
        moves = self.time.moves
        mode, mark = await self._client.hmget(STATE, STATE_CLOCK_MODE, STATE_CLOCK)
        if moves == self.time.moves:  # else what was read may be older
            self.time.note(mode, mark)
        return self.time

    async def _follow(self) -> None:
        while True:
            with suppress(RedisError, OSError, ValueError):
                await self.read()
            await asyncio.sleep(SECONDS_BETWEEN_READS)
