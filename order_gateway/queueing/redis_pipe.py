"""A connection to Redis whose responses come by callback, without a task or a stream between.

redis-py opens it, as it knows URLs, passwords and TLS. Then its transport is taken over. What
depends on the inside of redis-py's connection is in this file.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import hiredis
from redis.asyncio import Connection

from order_gateway.queueing.redis_client import make_connection, open_connection
from protocol.shards import ShardNames

# hiredis's type stub allows commands of one word only
_pack_command: Callable[[tuple[str | bytes, ...]], bytes] = cast("Any", hiredis.pack_command)

Take = Callable[[object], None]
End = Callable[[Exception | None], None]


class RedisPipe(asyncio.Protocol):
    """Calls `take` with each response, an error among them as redis-py's exception.

    `end` is called once if the connection ends before it is closed here, with why if that is known.
    """

    def __init__(self, connection: Connection, take: Take, end: End) -> None:
        opened: Any = connection
        self._transport: asyncio.Transport = opened._writer.transport
        self._reader = hiredis.Reader(replyError=opened._parser.parse_error)
        self._connection = opened
        self._take = take
        self._end = end
        self._is_closed = False
        self._transport.set_protocol(self)

    @classmethod
    async def open(cls, url: str, names: ShardNames, take: Take, end: End) -> "RedisPipe":
        """Connect to what has the shard, within CONNECT_SECONDS; raise RedisError or OSError."""
        connection = make_connection(url, names)
        await open_connection(connection)
        return cls(connection, take, end)

    def send(self, *command: str | bytes) -> None:
        """Send a command; what is sent has its response in its turn."""
        self._transport.write(_pack_command(command))

    def abort(self) -> None:
        """Cut the connection; nothing is told any more."""
        self._is_closed = True
        self._transport.abort()
        self._connection._close()  # it would warn that it was left open

    def data_received(self, data: bytes) -> None:
        """Take the responses that are complete (called by the event loop)."""
        reader = self._reader
        reader.feed(data)
        try:
            while not self._is_closed and (response := reader.gets()) is not False:
                self._take(response)
        except hiredis.ProtocolError as error:
            self._lose(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that nothing more will come (called by the event loop)."""
        self._lose(exc)

    def _lose(self, error: Exception | None) -> None:
        if not self._is_closed:
            self.abort()
            self._end(error)
