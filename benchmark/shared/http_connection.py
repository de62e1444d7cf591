"""A keep-alive HTTP/1.1 connection that costs the load generator as little as possible.

A full client library would spend more CPU on a request than the server that is measured.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

_HEADER_END = b"\r\n\r\n"


class Response(NamedTuple):
    """Status code and body."""

    status: int
    body: bytes


Answered: TypeAlias = Callable[[Response | ConnectionError], None]


class HttpConnection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        self._buffer = bytearray()
        self._answered: Answered | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(
        cls, host: str, port: int, headers: Mapping[str, str] | None = None
    ) -> "HttpConnection":
        """Connect; `headers` go with every request. Raises OSError if nobody listens."""
        sent = {"Host": f"{host}:{port}", "Content-Type": "application/json", **(headers or {})}
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: cls(sent), host, port)
        return connection

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def request(self, method: str, path: str, body: bytes = b"") -> Response:
        """Send and wait for the answer; raises ConnectionError if the connection ends."""
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def note(response: Response | ConnectionError) -> None:
            if answer.done():
                return
            if isinstance(response, ConnectionError):
                answer.set_exception(response)
            else:
                answer.set_result(response)

        self.send(method, path, body, note)
        return await answer

    def send(self, method: str, path: str, body: bytes, answered: Answered) -> None:
        """Send, and call `answered` once: with the answer, or with why there is none.

        Raises ConnectionError if the connection has ended before.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the gateway closed the connection")
        self._answered = answered
        self._transport.write(
            b"%b %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b"
            % (method.encode(), path.encode(), self._head, len(body), body)
        )

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by the event loop)."""
        self._transport = transport  # type: ignore[assignment]  # uvloop's is none by its type

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request under way (called by the event loop)."""
        self._answer(ConnectionError(f"connection lost: {exc}"))

    def data_received(self, data: bytes) -> None:
        """Complete the request under way once its body is there (called by the event loop)."""
        self._buffer += data
        end = self._buffer.find(_HEADER_END)
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        body_start = end + len(_HEADER_END)
        if len(self._buffer) < body_start + length or self._answered is None:
            return
        body = bytes(self._buffer[body_start : body_start + length])
        del self._buffer[: body_start + length]
        self._answer(Response(int(head.split(b" ", 2)[1]), body))

    def _answer(self, response: Response | ConnectionError) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(response)
