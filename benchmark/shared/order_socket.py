"""Requests as commands on the private stream, any number of them under way."""

import asyncio
from collections.abc import Mapping
from typing import Self

import msgspec

from benchmark.shared.http_connection import Answered, Response
from benchmark.shared.web_socket import WebSocketReader
from protocol.stream_urls import make_order_stream_url

_COMMANDS = {
    ("POST", "/v1/orders"): b"place",
    ("POST", "/v1/orders/batch"): b"place_batch",
    ("DELETE", "/v1/orders/"): b"cancel",
    ("PATCH", "/v1/orders/"): b"amend",
}


class _Answer(msgspec.Struct):
    id: int
    status: int
    body: msgspec.Raw


_decode = msgspec.json.Decoder(_Answer).decode


class OrderSocket:
    """Takes what `HttpConnection` takes, as far as `_COMMANDS` have it."""

    def __init__(self) -> None:
        self._stream: WebSocketReader | None = None
        self._under_way: dict[int, Answered] = {}
        self._last = 0

    @classmethod
    async def open(cls, gateway: str, headers: Mapping[str, str]) -> Self:
        """Connect; raises ConnectionError if the gateway refuses, OSError if there is none."""
        opened = cls()
        url = make_order_stream_url(gateway) + "?reports=off"
        opened._stream = await WebSocketReader.open(url, headers, opened._take, opened._give_up)
        return opened

    @property
    def is_open(self) -> bool:
        """Whether a command can be sent."""
        return self._stream is not None and not self._stream.is_closed

    async def request(self, method: str, path: str, body: bytes = b"") -> Response:
        """Send and wait for the answer; raises ConnectionError if the connection ends."""
        answer: asyncio.Future[Response | ConnectionError] = (
            asyncio.get_running_loop().create_future()
        )
        self.send(method, path, body, answer.set_result)
        told = await answer
        if isinstance(told, ConnectionError):
            raise told
        return told

    def send(self, method: str, path: str, body: bytes, answered: Answered) -> None:
        """Send, and call `answered` once: with the answer, or with why there is none."""
        assert self._stream is not None
        self._last += 1
        self._under_way[self._last] = answered
        target, _, query = path.partition("?")
        order = b""
        if method != "POST":
            target, _, name = target.rpartition("/")
            target, order = target + "/", b',"order_id":"%b"' % name.encode()
        command = _COMMANDS[method, target]
        response = b',"response":"%b"' % query.partition("=")[2].encode() if query else b""
        content = b',"body":' + body if body else b""
        self._stream.send(
            b'{"id":%d,"command":"%b"%b%b%b}' % (self._last, command, order, response, content)
        )

    def close(self) -> None:
        """Hang up."""
        if self._stream is not None:
            self._stream.close()

    def _give_up(self) -> None:
        while self._under_way:
            self._under_way.popitem()[1](ConnectionError("the stream has ended"))

    def _take(self, text: bytes, _now: float) -> None:
        answer = _decode(text)
        self._under_way.pop(answer.id)(Response(answer.status, bytes(answer.body)))
