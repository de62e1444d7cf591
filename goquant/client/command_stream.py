"""Changes of orders over the private stream: the same requests, as messages of one connection."""

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from itertools import count
from urllib.parse import unquote

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from goquant.client.connection import open_socket
from protocol.headers import (
    IDEMPOTENCY_HEADER,
    PREFER_HEADER,
    RETRY_AFTER_HEADER,
    RETRY_AFTER_SECONDS,
)
from protocol.stream_urls import ORDER_STREAM_PATH, make_order_stream_url

Command = dict[str, object]

_TARGET = f"{ORDER_STREAM_PATH}?reports=off"
_COMMANDS = {
    ("POST", "/v1/orders"): "place",
    ("POST", "/v1/orders/batch"): "place_batch",
    ("POST", "/v1/orders/replace"): "replace",
    ("POST", "/v1/orders/cancel-batch"): "cancel_batch",
    ("DELETE", "/v1/orders"): "cancel_all",
    ("POST", "/v1/cancel-after"): "cancel_after",
}
_COMMANDS_OF_AN_ORDER = {"PATCH": "amend", "DELETE": "cancel"}
_find_order = re.compile(
    "/v1/orders/(?:by-client-id/(?P<client_order_id>[^/]+)|by-number/(?P<number>[0-9]+)"
    "|(?P<order_id>[^/]+))"
).fullmatch
_find_wait = re.compile("wait=([0-9]+)").fullmatch
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_COME_BACK = {RETRY_AFTER_HEADER: str(RETRY_AFTER_SECONDS)}


class _Answer(msgspec.Struct):
    type: str
    id: int | str | None = None
    status: int = 0
    body: msgspec.Raw = msgspec.Raw()
    message: str = ""


_decode = msgspec.json.Decoder(_Answer).decode


def find_command(request: httpx.Request) -> Command | None:
    """Return the command that says what `request` does, without its id; None if there is none."""
    path = request.url.raw_path.decode().partition("?")[0]
    name = _COMMANDS.get((request.method, path))
    command: Command = {"command": name}
    if name is None:
        order = _find_order(path)
        if order is None or request.method not in _COMMANDS_OF_AN_ORDER:
            return None
        command["command"] = _COMMANDS_OF_AN_ORDER[request.method]
        command |= {key: unquote(text) for key, text in order.groupdict().items() if text}
        if "number" in command:
            command["number"] = int(str(command["number"]))
    command |= request.url.params
    wait = _find_wait(request.headers.get(PREFER_HEADER, ""))
    if wait:
        command["wait"] = int(wait[1])
    if IDEMPOTENCY_HEADER in request.headers:
        command["idempotency_key"] = request.headers[IDEMPOTENCY_HEADER]
    if request.content:
        command["body"] = msgspec.Raw(request.content)
    return command


class CommandStream:
    """One connection, opened by the first command and again after a loss; many may be under way.

    `make_headers` names the caller to whom a method and a target are given.
    """

    def __init__(
        self, url: str, make_headers: Callable[[str, str], Mapping[str, str]], timeout: float
    ) -> None:
        self._url = make_order_stream_url(url) + _TARGET.removeprefix(ORDER_STREAM_PATH)
        self._make_headers = make_headers
        self._timeout = timeout
        self._opening = asyncio.Lock()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ids = count(1)
        self._waiting: dict[int | str | None, asyncio.Future[_Answer]] = {}

    async def carry_out(self, command: Command) -> httpx.Response:
        """Send a command, and return its answer as that of its request.

        Raises httpx.ConnectError if nothing was sent, another TransportError if it may have been.
        """
        try:
            socket = await self._open()
        except InvalidStatus as error:
            refusal = error.response
            return httpx.Response(refusal.status_code, content=bytes(refusal.body))
        except (OSError, WebSocketException) as error:
            raise httpx.ConnectError(str(error)) from error
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(self._timeout):
                await socket.send(msgspec.json.encode({"id": number} | command), text=True)
                return _make_response(await answer)
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"no answer in {self._timeout:g} s") from error
        except ConnectionClosed as error:
            raise httpx.WriteError(str(error)) from error
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.transport.abort()
        if self._reader is not None:
            await self._reader

    async def _open(self) -> ClientConnection:
        async with self._opening:
            if self._socket is None:
                headers = self._make_headers("GET", _TARGET)
                self._socket = await open_socket(self._url, headers)
                self._reader = asyncio.create_task(self._read(self._socket))
            return self._socket

    async def _read(self, socket: ClientConnection) -> None:
        """Give answers to those who wait, until the connection ends; then there are none."""
        why = "the stream ended"
        with suppress(ConnectionClosed, msgspec.DecodeError):
            async for message in socket:
                answer = _decode(message)
                waiting = self._waiting.get(answer.id)
                if answer.type == "error":
                    why = answer.message
                elif answer.type == "answer" and waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        self._socket = None
        socket.transport.abort()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(httpx.ReadError(why))


def _make_response(answer: _Answer) -> httpx.Response:
    headers = _COME_BACK if answer.status in _BUSY else {}
    return httpx.Response(answer.status, headers=headers, content=bytes(answer.body))
