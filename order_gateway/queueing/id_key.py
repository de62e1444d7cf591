"""The exchange's id key, from which order ids are derived."""

import asyncio
from functools import lru_cache
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from order_gateway.errors import UNREACHABLE, Unavailable
from protocol.channels import STATE, STATE_ID_KEY
from protocol.enums import Reason
from protocol.exchange_id import derive_shard_key, make_id_key


class IdKey:
    """The first shard's key, which is in Redis; created by the first that needs it."""

    def __init__(self, client: Redis, seed: str | None, *, has_shards: bool = False) -> None:
        """Take what a new exchange's key is made of, and whether that has several shards."""
        self._client: Any = cast("Any", client)
        self._seed = seed
        self._has_shards = has_shards
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
                made = make_id_key(self._seed, has_shards=self._has_shards)
                await self._client.hsetnx(STATE, STATE_ID_KEY, made.hex())
                stored = await self._client.hget(STATE, STATE_ID_KEY)
            return bytes.fromhex(stored.decode())
        finally:
            self._reading = None


class ShardKey(IdKey):
    """The key of a shard from 2 on: it follows from the first one's, and is known with it."""

    def __init__(self, first: IdKey, shard: int) -> None:
        self._first = first
        self._derive = lru_cache(1)(lambda key: derive_shard_key(key, shard))

    @property
    def known(self) -> bytes | None:
        """The key, None if that of the first has to be read."""
        key = self._first.known
        return None if key is None else self._derive(key)

    async def get(self) -> bytes:
        """Return the key; raise Unavailable if Redis cannot be reached."""
        return self._derive(await self._first.get())

    def forget(self) -> None:
        """Have the first one's read again."""
        self._first.forget()
