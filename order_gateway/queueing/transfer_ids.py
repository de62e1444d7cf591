"""Which shard an account's transfer of some id comes from: the engines know their own ids alone."""

from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from order_gateway.errors import UNREACHABLE, Unavailable
from protocol.enums import Reason
from protocol.refusal import Refusal
from protocol.shards import FIRST

REMEMBERED_MILLISECONDS = 86_400_000
"""How long an id is that of a transfer from one shard. The engine there knows it for longer."""


class TransferIds:
    """The ids of the last day, beside the first shard's list."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)

    async def claim(self, account: str, identifier: str, source: int) -> bool:
        """Remember where a transfer comes from; return whether its id was not known.

        Raise Refusal if it is that of a transfer from another shard, Unavailable if that cannot be
        known.
        """
        key = FIRST.transfer_id_key(account, identifier)
        try:
            known = await self._client.set(
                key, source, nx=True, get=True, px=REMEMBERED_MILLISECONDS
            )
        except (RedisError, OSError):
            raise Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE) from None
        if known is not None and int(known) != source:
            raise Refusal(
                Reason.TRANSFER_ID_REUSED, "id", f"the id is a transfer's from shard {int(known)}"
            )
        return known is None

    async def forget(self, account: str, identifier: str) -> None:
        """Forget a transfer that was refused, if possible."""
        try:
            await self._client.unlink(FIRST.transfer_id_key(account, identifier))
        except (RedisError, OSError):
            return
