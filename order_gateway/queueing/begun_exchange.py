"""Which exchange this is, and whether all that follows it has begun with it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from redis.asyncio import Redis

from protocol.channels import STATE, STATE_ARCHIVE_SEQUENCE, STATE_ID_KEY, STATE_SEQUENCE
from protocol.exchange_id import derive_exchange_id
from protocol.shards import FIRST, ShardNames

WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.005


class BegunExchange:
    """Reads the engine's state; every method may raise RedisError or OSError."""

    def __init__(
        self,
        client: Redis,
        shards: Sequence[ShardNames] = (FIRST,),
        find_client: Callable[[ShardNames], Redis] | None = None,
    ) -> None:
        self._client: Any = cast("Any", client)
        self._find_client: Callable[[ShardNames], Any] = find_client or (lambda _: client)
        self._others = [names for names in shards if names.shard != 1]

    async def has_archive(self) -> bool:
        """Whether an archive follows."""
        return bool(await self._client.hexists(STATE, STATE_ARCHIVE_SEQUENCE))

    async def read_progress(self) -> tuple[str | None, int]:
        """Return the exchange's public id, None before it has begun, and its last sequence.

        Of several shards that is the sum of theirs.
        """
        id_key, sequence = await self._client.hmget(STATE, STATE_ID_KEY, STATE_SEQUENCE)
        total = int(sequence or 0)
        for names in self._others:
            total += int(await self._find_client(names).hget(names.state, STATE_SEQUENCE) or 0)
        return None if id_key is None else derive_exchange_id(id_key), total

    async def wait_until_followed(self, *, has_archive: bool) -> None:
        """Wait until the engine has committed and an archive has followed, at most WAIT_SECONDS."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        names = (STATE_SEQUENCE, STATE_ARCHIVE_SEQUENCE)
        while loop.time() < deadline:
            sequence, archived = await self._client.hmget(STATE, *names)
            if sequence is not None and (not has_archive or sequence == archived):
                return
            await asyncio.sleep(_POLL_SECONDS)
