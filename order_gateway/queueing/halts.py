"""Which instruments are halted or closed, according to the engine's state in Redis."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from protocol.channels import STATE_PHASES
from protocol.enums import Phase
from protocol.shards import FIRST, ShardNames

WAIT_SECONDS = 0.5
_POLL_SECONDS = 0.005


class Halts:
    """Reads the state from Redis, so that all workers answer alike."""

    def __init__(
        self,
        client: Redis,
        shards: Sequence[ShardNames] = (FIRST,),
        find_client: Callable[[ShardNames], Redis] | None = None,
    ) -> None:
        self._find_client: Callable[[ShardNames], Any] = find_client or (lambda _: client)
        self._shards = shards

    async def read(self) -> frozenset[str] | None:
        """Return the symbols of those that take only cancels, or None if that is unknown."""
        phases = await self.read_phases()
        return None if phases is None else frozenset(phases)

    async def read_phases(self) -> dict[str, Phase] | None:
        """Return the phases of those that are not `continuous`, or None if that is unknown."""
        phases: dict[str, Phase] = {}
        try:
            for names in self._shards:
                text = await self._find_client(names).hget(names.state, STATE_PHASES)
                if text is None:
                    return None
                phases |= msgspec.json.decode(text, type=dict[str, Phase])
        except (RedisError, OSError):
            return None
        return phases

    async def wait_until_shown(self, symbol: str, phase: Phase) -> None:
        """Wait until the state shows what the engine has just replied about the instrument.

        The engine writes the state right after the commit. Wait for WAIT_SECONDS at most.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        while loop.time() < deadline:
            phases = await self.read_phases()
            if phases is None or phases.get(symbol, Phase.CONTINUOUS) is phase:
                return
            await asyncio.sleep(_POLL_SECONDS)
