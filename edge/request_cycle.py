"""One HTTP request and its answer: uvicorn's, with the head checked in one scan and sent in one.

uvicorn searches every name and every value by itself, which costs more than all rules of the edge,
and writes head and body apart, each with a call of the system. A `PromptCycle` is the same for a
request that is answered without ASGI.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

_CONTROLS = bytes(set(range(0x20)) - set(b"\t") | {0x7F})
_END = b"\r\n"
_CLOSE = b"connection: close\r\n"

DISCONNECT = "edge.disconnect"
"""The type of a message that breaks the connection at once, without an answer."""

Headers = Sequence[tuple[bytes, bytes]]


class RequestCycle(RequestResponseCycle):
    """A request from the end of its head on. Names of headers are lower case, as ASGI has them."""

    access_log = False
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0
    _head = b""
    """Of the answer, until what comes behind it is known."""

    def __init__(
        self, connection: HttpToolsProtocol, scope: Any, *, is_kept: bool, expects_continue: bool
    ) -> None:
        # instead of uvicorn's, which takes all of this one by one
        self.scope = scope
        self.transport = connection.transport
        self.flow = connection.flow
        self.logger = connection.logger
        self.default_headers = connection.server_state.default_headers
        self.message_event = asyncio.Event()
        self.on_response = connection.on_response_complete
        self.keep_alive = is_kept
        self.waiting_for_100_continue = expects_continue
        self.body = bytearray()

    async def send(self, message: Any) -> None:
        """Send a part of the answer; raise RuntimeError for a header that is none."""
        kind = message["type"]
        if kind == DISCONNECT:
            self.disconnected = True
            self.transport.abort()
        elif self.disconnected or self.flow.write_paused:
            await self._send_slowly(message)
        elif kind == "http.response.start" and not self.response_started:
            self.response_started = True
            self.waiting_for_100_continue = False
            self._begin(message["status"], message.get("headers", ()))
        elif kind == "http.response.body" and self._is_whole(message):
            self.transport.write(self._head + message["body"])
            self._finish()
        else:
            await self._send_slowly(message)

    async def _send_slowly(self, message: Any) -> None:
        head, self._head = self._head, b""
        if head:
            self.transport.write(head)
        await super().send(message)

    def _begin(self, status: int, headers: Headers) -> None:
        lines = _make_lines(headers)
        fields = dict(headers)
        if b"content-length" in fields:
            self.expected_content_length = int(fields[b"content-length"])
            self.chunked_encoding = False
        elif fields.get(b"transfer-encoding", b"").lower() == b"chunked":
            self.chunked_encoding = True
        elif self.scope["method"] != "HEAD" and status not in {204, 304}:
            self.chunked_encoding = True
            lines += b"transfer-encoding: chunked\r\n"
        if b"connection" in fields and _says_close(fields[b"connection"]):
            self.keep_alive = False
        elif not self.keep_alive:
            lines += _CLOSE
        self._head = b"".join(
            (STATUS_LINE[status], _make_default_lines(self.default_headers), lines, _END)
        )

    def _is_whole(self, message: Any) -> bool:
        """Whether it is the whole body, of the length that was told."""
        return (
            self.chunked_encoding is False
            and len(message.get("body", b"")) == self.expected_content_length
            and not (self.response_complete or message.get("more_body"))
            and self.scope["method"] != "HEAD"
        )

    def _finish(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class PromptCycle:
    """What a connection knows of a request whose answer is made without ASGI."""

    disconnected = False
    response_started = False
    response_complete = False

    def __init__(self, connection: HttpToolsProtocol, *, is_kept: bool) -> None:
        self._transport = connection.transport
        self._default_headers = connection.server_state.default_headers
        self._on_response = connection.on_response_complete
        self.keep_alive = is_kept
        self.message_event = self

    def set(self) -> None:
        """Do nothing: nobody waits for more of the request (`message_event.set`)."""

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the answer; its length is among the headers."""
        if self.disconnected:
            return
        self.response_complete = True
        self._transport.write(
            b"".join(
                (
                    STATUS_LINE[status],
                    _make_default_lines(self._default_headers),
                    _make_lines(headers),
                    _END if self.keep_alive else _CLOSE + _END,
                    body,
                )
            )
        )
        if not self.keep_alive:
            self._transport.close()
        self._on_response()


def _make_lines(headers: Headers) -> bytes:
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    if len(lines) - len(lines.translate(None, _CONTROLS)) > len(_END) * len(headers):
        raise RuntimeError(f"a header of an answer has a line break or the like: {headers!r}")
    return lines


def _make_default_lines(headers: list[tuple[bytes, bytes]]) -> bytes:
    """Make those of every answer; uvicorn has another list once a second, with the date."""
    global _default_lines
    if _default_lines[0] is not headers:
        _default_lines = headers, _make_lines(headers)
    return _default_lines[1]


_default_lines: tuple[Headers, bytes] = ((), b"")


def _says_close(connection: bytes) -> bool:
    return b"close" in {token.lower().strip() for token in connection.split(b",")}
