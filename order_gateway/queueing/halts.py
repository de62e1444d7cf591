"""Which instruments are halted, as the engine says in its state."""

import asyncio
from typing import Any, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from protocol.channels import STATE, STATE_HALTED

WAIT_SECONDS = 0.5
_POLL_SECONDS = 0.005


class Halts:
    """Asks Redis: whichever worker is asked says the same."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)

    async def read(self) -> frozenset[str] | None:
        """Symbols of the halted instruments; None where that cannot be known."""
        try:
            text = await self._client.hget(STATE, STATE_HALTED)
        except (RedisError, OSError):
            return None
        return None if text is None else msgspec.json.decode(text, type=frozenset[str])

    async def wait_until_shown(self, symbol: str, *, is_halted: bool) -> None:
        """Until `read` says of the instrument what the engine has just answered.

        The engine says it right after the commit; half a second at most is waited.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        while loop.time() < deadline:
            halted = await self.read()
            if halted is None or (symbol in halted) is is_halted:
                return
            await asyncio.sleep(_POLL_SECONDS)
