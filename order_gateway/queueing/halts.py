"""Which instruments are halted, according to the engine's state in Redis."""

import asyncio
from typing import Any, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from protocol.channels import STATE, STATE_HALTED

WAIT_SECONDS = 0.5
_POLL_SECONDS = 0.005


class Halts:
    """Reads the state from Redis, so that all workers answer alike."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)

    async def read(self) -> frozenset[str] | None:
        """Return the symbols of the halted instruments, or None if that is unknown."""
        try:
            text = await self._client.hget(STATE, STATE_HALTED)
        except (RedisError, OSError):
            return None
        return None if text is None else msgspec.json.decode(text, type=frozenset[str])

    async def wait_until_shown(self, symbol: str, *, is_halted: bool) -> None:
        """Wait until the state shows what the engine has just replied about the instrument.

        The engine writes the state right after the commit. Wait for WAIT_SECONDS at most.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        while loop.time() < deadline:
            halted = await self.read()
            if halted is None or (symbol in halted) is is_halted:
                return
            await asyncio.sleep(_POLL_SECONDS)
