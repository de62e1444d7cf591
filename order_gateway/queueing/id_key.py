"""The exchange's id key, from which order ids are derived."""

import asyncio
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from order_gateway.errors import UNREACHABLE, Unavailable
from protocol.channels import STATE, STATE_ID_KEY
from protocol.enums import Reason
from protocol.exchange_id import derive_shard_key, make_id_key


class IdKey:
    """A shard's key, which follows from that in Redis; created by the first that needs it."""

    def __init__(self, client: Redis, seed: str | None, shard: int = 1) -> None:
        self._shard = shard
        self._client: Any = cast("Any", client)
        self._seed = seed
        self._key: bytes | None = None
        self._reading: asyncio.Task[bytes] | None = None

    @property
    def known(self) -> bytes | None:
        """The key, None if it has to be read."""
        return self._key

    async def get(self) -> bytes:
        """Return the key; raise Unavailable if Redis cannot be reached."""
        if self._key is None:
            # requests that come while it is read share one read
            if self._reading is None:
                self._reading = asyncio.create_task(self._read())
            try:
                self._key = await asyncio.shield(self._reading)
            except (RedisError, OSError):
                raise Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE) from None
        return self._key

    def forget(self) -> None:
        """Read the key again next time: a new connection may lead to another Redis."""
        self._key = None

    async def _read(self) -> bytes:
        try:
            stored = await self._client.hget(STATE, STATE_ID_KEY)
            if stored is None:
                await self._client.hsetnx(STATE, STATE_ID_KEY, make_id_key(self._seed).hex())
                stored = await self._client.hget(STATE, STATE_ID_KEY)
            key = bytes.fromhex(stored.decode())
            return key if self._shard == 1 else derive_shard_key(key, self._shard)
        finally:
            self._reading = None
