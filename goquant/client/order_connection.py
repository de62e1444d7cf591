"""A client's side of one connection to `/ws/orders`."""

import json
from collections.abc import Mapping
from typing import Self

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, InvalidURI

from goquant.client.answers import GatewayError, Update


class OrderConnection:
    """Updates in their order. Use as a context."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def open(cls, url: str, headers: Mapping[str, str]) -> Self:
        """Connect to `url`, which is the gateway's.

        Raises GatewayError where an answer came and is none of a stream's, ValueError for a bad
        URL, and OSError or WebSocketException for what may pass.
        """
        try:
            # an account may have so many orders that no size bounds its snapshot
            socket = await connect(
                url.replace("http", "ws", 1),
                additional_headers=headers,
                max_size=None,
                compression=None,
            )
        except InvalidURI as error:
            raise ValueError(f"{url}: the gateway's URL begins with http:// or https://") from error
        except InvalidStatus as error:
            status = error.response.status_code
            detail = f"{url}: HTTP {status} instead of a WebSocket: not the gateway's address?"
            problem = {"detail": detail}
            raise GatewayError(status, problem, None) from error
        return cls(socket)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """At once: a handshake that is canceled half-way would leave the socket open."""
        self._socket.transport.abort()
        await self._socket.wait_closed()

    async def receive(self) -> Update:
        """The next one; raises GatewayError for an error, ConnectionClosed at the end."""
        message = json.loads(await self._socket.recv())
        if message["type"] == "error":
            problem = {"code": message["code"], "detail": message["message"]}
            raise GatewayError(0, problem, None)
        return msgspec.convert(message, Update)
