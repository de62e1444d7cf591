"""Listen keys: what opens an account's stream without a signature, for an hour at a time."""

import secrets
import string
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from binance_gateway.signing.keys import Signers
from binance_gateway.words import errors
from protocol.channels import binance_key

SECONDS = 3_600
_LENGTH = 60
_CHARACTERS = string.ascii_letters + string.digits


class ListenKeys:
    """One key an account, in Redis: every worker knows it. Raises BinanceError without Redis.

    It ends with the API key that has made it, or lengthened it last.
    """

    def __init__(self, client: Redis, signers: Signers) -> None:
        self._client: Any = cast("Any", client)
        self._signers = signers

    async def give(self, account: str, digest: str) -> str:
        """Return the account's key, which is good for an hour from now; make one if need be.

        `digest` is that of the API key.
        """
        new = "".join(secrets.choice(_CHARACTERS) for _ in range(_LENGTH))
        try:
            name = _name_of(account)
            known = await self._client.get(name)
            if known is not None and await self.find(known.decode()) is None:
                await self._client.delete(name)
            await self._client.set(name, new, nx=True, ex=SECONDS)
            raw = await self._client.get(name)
            key = raw.decode() if raw else new
            await self._client.set(name, key, ex=SECONDS)
            await self._client.set(_name(key), f"{account} {digest}", ex=SECONDS)
        except (RedisError, OSError):
            raise errors.DISCONNECTED() from None
        return key

    async def find(self, key: str) -> str | None:
        """Return whose key it is, None if it is nobody's, or not any more."""
        if len(key) != _LENGTH or not key.isalnum() or not key.isascii():
            return None
        try:
            found = await self._client.get(_name(key))
        except (RedisError, OSError):
            raise errors.DISCONNECTED() from None
        account, _, digest = (found or b"").decode().partition(" ")
        return account if account and self._signers.may_read(digest, account) else None

    async def lengthen(self, account: str, key: str, digest: str) -> None:
        """Make the account's key good for an hour from now; raise BinanceError if it has not it."""
        await self._require(account, key)
        await self.give(account, digest)

    async def end(self, account: str, key: str) -> None:
        """End the account's key; raise BinanceError if it has not it."""
        await self._require(account, key)
        try:
            await self._client.delete(_name_of(account), _name(key))
        except (RedisError, OSError):
            raise errors.DISCONNECTED() from None

    async def _require(self, account: str, key: str) -> None:
        if await self.find(key) != account:
            raise errors.INVALID_LISTEN_KEY()


def _name(key: str) -> str:
    return binance_key(f"listen_key:{key}")


def _name_of(account: str) -> str:
    return binance_key(f"listen_key_of:{account}")
