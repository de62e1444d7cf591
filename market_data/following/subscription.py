"""What arrives on the public channels, until the feed takes it."""

import asyncio
import math
from contextlib import suppress
from typing import TypeAlias

from redis.asyncio.connection import AbstractConnection

from protocol.shards import FIRST, ShardNames

MAX_UNTAKEN_MESSAGES, MAX_UNTAKEN_BYTES = 4_096, 16 << 20
"""Messages read from the channels and not yet taken, and their bytes; the rest waits in Redis."""

Message: TypeAlias = tuple[str, bytes]
"""A channel's name as the journal has it, and what was published there."""


class Subscription:
    """The public channels, live.

    All that has arrived is taken at once: redis-py's own `get_message` would cost more for each
    message than all that the feed does with it.
    """

    def __init__(self, connection: AbstractConnection, names: ShardNames = FIRST) -> None:
        """Take over `connection`, which has subscribed to the channels of a shard."""
        self._connection = connection
        self._prefix_length = len(names.channel_prefix)
        self._kind = names.message_kind
        self._untaken: list[Message] = []
        self._untaken_bytes = 0
        self._failure: BaseException | None = None
        self._has_news = asyncio.Event()
        self._has_room = asyncio.Event()

    async def read(self) -> None:
        """Read until the connection breaks."""
        while True:
            kind, channel, content = await self._connection.read_response(
                timeout=math.inf, push_request=True
            )
            if kind == self._kind:
                await self._keep((channel[self._prefix_length :].decode(), content))

    def end(self, reading: "asyncio.Task[None]") -> None:
        """Note that `read` has ended; `take` raises the reason."""
        self._failure = None if reading.cancelled() else reading.exception()
        self._has_news.set()

    async def take(self, seconds: float) -> list[Message]:
        """Return all that has arrived since the last call, in order; wait for it at most `seconds`.

        Empty if nothing came in time. Raise what ended `read` once everything before it is taken.
        """
        if not self._untaken:
            self._has_news.clear()
            if self._failure is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._has_news.wait()
        taken, self._untaken, self._untaken_bytes = self._untaken, [], 0
        self._has_room.set()
        if self._failure is not None and not taken:
            raise self._failure
        return taken

    async def _keep(self, message: Message) -> None:
        self._untaken.append(message)
        self._untaken_bytes += len(message[1])
        self._has_news.set()
        if len(self._untaken) >= MAX_UNTAKEN_MESSAGES or self._untaken_bytes >= MAX_UNTAKEN_BYTES:
            self._has_room.clear()
            await self._has_room.wait()
