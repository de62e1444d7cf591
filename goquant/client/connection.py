"""A client's side of one WebSocket, of the private stream as of the feed."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from goquant.client.book import Json
from protocol.hosts import is_loopback

SYMBOLS_A_FRAME = 32
"""A request of so many symbols is well below the longest frame that the feed reads."""
Refuse = Callable[[int, Json], Exception]
"""Make the exception for a refusal from its HTTP status and its problem's `code` and `detail`.

The status is 0 if the refusal is a message on an open connection.
"""


async def open_socket(url: str, headers: Mapping[str, str] | None) -> ClientConnection:
    """Connect to `url`; raises InvalidStatus if the server says no, and what `connect` does."""
    return await connect(
        url,
        additional_headers=headers,
        max_size=None,  # an account may have any number of open orders, a batch that of fills
        compression=None,
        proxy=None if is_loopback(url) else True,
    )


class StreamConnection:
    """JSON objects in both directions. Use as a context, or call `close`.

    A trouble that may pass raises OSError or WebSocketException. A server that says no raises what
    `refuse` makes of its answer.
    """

    def __init__(self, socket: ClientConnection, refuse: Refuse) -> None:
        self._socket = socket
        self._refuse = refuse

    @classmethod
    async def open(cls, url: str, refuse: Refuse, headers: Mapping[str, str] | None = None) -> Self:
        """Connect to `url`; raises InvalidURI if it does not begin with ws:// or wss://."""
        try:
            socket = await open_socket(url, headers)
        except InvalidStatus as error:
            response = error.response
            problem = {"detail": _describe_answer(response.status_code, response.body)}
            raise refuse(response.status_code, problem) from error
        return cls(socket, refuse)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def receive(self, on_fragment: Callable[[], None] | None = None) -> Json:
        """Return the next message; raises ConnectionClosed at the end.

        `on_fragment` is called at each part of a message that comes in parts. A call with it that
        is canceled within a message leaves the connection unusable.
        """
        received = await (self._join(on_fragment) if on_fragment else self._socket.recv())
        message: Json = json.loads(received)
        if message["type"] == "error":
            raise self._refuse(0, {"code": message["code"], "detail": message["message"]})
        return message

    async def _join(self, on_fragment: Callable[[], None]) -> bytes:
        fragments = []
        async for fragment in self._socket.recv_streaming(decode=False):
            on_fragment()
            fragments.append(fragment)
        return b"".join(fragments)

    async def send(self, action: str, **fields: Any) -> None:
        """Send a request."""
        await self._socket.send(json.dumps({"action": action, **fields}))

    async def close(self) -> None:
        """End the connection at once.

        A closing handshake that is canceled half-way would leave the socket open.
        """
        self._socket.transport.abort()
        await self._socket.wait_closed()


def _describe_answer(status: int, body: bytes | bytearray) -> str:
    answer = body.decode(errors="replace").strip()
    return f"HTTP {status} instead of a WebSocket{f': {answer:.200}' if answer else ''}"
