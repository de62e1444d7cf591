"""A reader's side of one connection to the feed."""

import asyncio
import json
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, InvalidURI

from goquant.client.book import Json
from protocol.enums import Reason
from protocol.http_status import is_passing

SILENT_SECONDS = 5.0
"""A connection that brings nothing for so long is dead: heartbeats come every second."""
_PASSING = {
    Reason.NOT_IN_SYNC,
    Reason.RATE_LIMITED,
    Reason.TOO_MANY_CONNECTIONS,
    Reason.TOO_MANY_CONNECTIONS_FROM_ADDRESS,
}


class FeedRefused(ValueError):
    """What was asked for is not there and will not be: the URL, its query, or a symbol is wrong."""


class ReaderConnection:
    """Messages in and requests out. What passes with time raises OSError or WebSocketException."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect; raises FeedRefused where trying again would change nothing."""
        try:
            return cls(await connect(url, max_size=None, compression=None))
        except InvalidURI as error:
            raise FeedRefused(f"{url}: the feed's URL begins with ws:// or wss://") from error
        except InvalidStatus as error:
            status = error.response.status_code
            if is_passing(status):
                raise
            raise FeedRefused(f"{url}: {_explain(status, error.response.body)}") from error

    async def receive(self) -> Json:
        """The next message."""
        async with asyncio.timeout(SILENT_SECONDS):
            message: Json = json.loads(await self._connection.recv())
        if message["type"] == "error":
            kind = ConnectionError if message["code"] in _PASSING else FeedRefused
            raise kind(f"{message['code']}: {message['message']}")
        return message

    async def send(self, action: str, **fields: object) -> None:
        """Make a request."""
        await self._connection.send(json.dumps({"action": action, **fields}))

    async def close(self) -> None:
        """End it at once."""
        self._connection.transport.abort()
        await self._connection.wait_closed()


def add_heartbeat(url: str) -> str:
    """`url`, whose query asks for heartbeats and for no other channel; all else in it stays."""
    parts = urlsplit(url)
    query = [each for each in parse_qsl(parts.query, True) if each[0] != "channels"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("channels", "heartbeat")])))


def _explain(status: int, body: bytes | bytearray) -> str:
    answer = body.decode(errors="replace").strip()
    return f"HTTP {status} instead of a WebSocket{f': {answer:.200}' if answer else ''}"
