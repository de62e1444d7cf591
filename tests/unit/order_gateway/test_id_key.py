"""When a gateway knows the keys that order ids are made with."""

import asyncio
from typing import Any

from order_gateway.queueing.id_key import IdKey, ShardKey
from protocol.exchange_id import derive_shard_key

KEY = b"k" * 32


class Redis:
    """Has the first shard's key."""

    async def hget(self, *_: Any) -> bytes:
        return KEY.hex().encode()


def test_key_of_every_shard_is_known_as_soon_as_one_is_asked_for() -> None:
    client: Any = Redis()
    first = IdKey(client, None)
    second, third = ShardKey(first, 2), ShardKey(first, 3)
    assert asyncio.run(second.get()) == second.known == derive_shard_key(KEY, 2)
    assert first.known == KEY
    assert third.known == derive_shard_key(KEY, 3)
    third.forget()  # its connection was lost: it may lead to another Redis
    assert [each.known for each in (first, second, third)] == [None] * 3
