"""A keep-alive HTTP/1.1 connection that costs the load generator as little as possible.

A full client library would spend more CPU on a request than the server that is measured.
"""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

_HEADER_END = b"\r\n\r\n"


class Response(NamedTuple):
    """Status code and body."""

    status: int
    body: bytes


class HttpConnection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        self._buffer = bytearray()
        self._answer: asyncio.Future[Response] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(
        cls, host: str, port: int, headers: Mapping[str, str] | None = None
    ) -> "HttpConnection":
        """Connect; `headers` go with every request. Raises OSError where nobody listens."""
        sent = {"Host": f"{host}:{port}", "Content-Type": "application/json", **(headers or {})}
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: cls(sent), host, port)
        return connection

    async def request(self, method: str, path: str, body: bytes = b"") -> Response:
        """Send and wait for the answer; raises ConnectionError where the connection ends."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the gateway closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(
            b"%b %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b"
            % (method.encode(), path.encode(), self._head, len(body), body)
        )
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by the event loop)."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request under way (called by the event loop)."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"connection lost: {exc}"))

    def data_received(self, data: bytes) -> None:
        """Complete the request under way once its body is there (called by the event loop)."""
        self._buffer += data
        end = self._buffer.find(_HEADER_END)
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        body_start = end + len(_HEADER_END)
        if len(self._buffer) < body_start + length or self._answer is None:
            return
        body = bytes(self._buffer[body_start : body_start + length])
        del self._buffer[: body_start + length]
        self._answer.set_result(Response(int(head.split(b" ", 2)[1]), body))
