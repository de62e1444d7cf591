"""`/ws/orders`: an account's open orders and balances, then every change of them; commands.

Every message has a `number`, one more than the message before. A `heartbeat` repeats the last one
and says in `in_sync` whether the report channel is followed at the moment. With several shards each
has a snapshot, reports and heartbeats of its own, which name it.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import msgspec
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.api_keys import Scope
from order_gateway.account.history import History
from order_gateway.account.key_watch import KeyWatch
from order_gateway.account.report_feed import ReportFeed
from order_gateway.account.stream_connection import StreamConnection, TakePlain
from order_gateway.account.stream_limits import StreamLimits
from order_gateway.account.stream_session import Sender, StreamPart
from order_gateway.admission.admission import Admission
from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import Unavailable, refuse
from order_gateway.metrics import Metrics
from protocol.enums import Reason
from protocol.refusal import Refusal

_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013
_CLOSE = {Reason.TOO_MANY_CONNECTIONS: _TRY_AGAIN_LATER, Reason.RATE_LIMITED: _TRY_AGAIN_LATER}


class _Authentication(msgspec.Struct):
    """The first message of a client that cannot send headers, such as a page in a browser."""

    key: str
    timestamp: str = ""
    signature: str = ""


_authentication_decoder = msgspec.json.Decoder(_Authentication)


class Commands(Protocol):
    """Carries out what clients send on their streams."""

    def take(self, connection: StreamConnection, stream: RequestContext, text: bytes) -> bool:
        """Carry out a message; return whether it is a command."""

    def open_path(self, connection: StreamConnection, stream: RequestContext) -> TakePlain | None:
        """Open the short way of what comes over a stream, if there is one."""


class OrderStream:
    """Serves the private stream, in one call of `serve` for each connection."""

    def __init__(
        self,
        admission: Admission,
        history: History,
        feeds: Mapping[int, ReportFeed],
        limits: StreamLimits,
        metrics: Metrics,
        commands: Commands,
    ) -> None:
        """Take the feed of each shard."""
        self._admission = admission
        self._commands = commands
        self._parts = [StreamPart(history, feeds, shard) for shard in feeds]
        self._limits = limits
        self._metrics = metrics
        self._keys = KeyWatch(admission)

    async def serve(self, socket: WebSocket) -> None:
        """Serve a connection from the handshake on; send an error before closing it."""
        request = self._admission.make_context(socket.scope, socket.receive)
        try:
            self._admission.check_site(request)
        except Refusal as refusal:
            response = refuse(refusal)
            response.headers["x-request-id"] = request.request_id
            await socket.send_denial_response(response)
            return
        await socket.accept(headers=[(b"x-request-id", request.request_id.encode())])
        with contextlib.suppress(WebSocketDisconnect):
            await self._serve_accepted(socket, request)

    async def _serve_accepted(self, socket: WebSocket, request: RequestContext) -> None:
        connection: StreamConnection = socket.state.connection
        try:
            await self._admit(socket, request)
            with (
                self._limits.reserve_for(request.account),
                self._keys.watch(connection, request),
            ):
                connection.listen_to(
                    partial(self._commands.take, connection, request),
                    self._commands.open_path(connection, request),
                )
                await self._stream(socket, request)
        except Refusal as refusal:
            await self._admission.delay(refusal, request)
            status = _CLOSE.get(refusal.code, _POLICY_VIOLATION)
            connection.end(status, refusal.code, refusal.detail)
        except Unavailable as unavailable:
            connection.end(_TRY_AGAIN_LATER, unavailable.code, unavailable.detail)
        except (RedisError, OSError):
            detail = "the queue cannot be reached"
            connection.end(_TRY_AGAIN_LATER, Reason.QUEUE_UNAVAILABLE, detail)

    async def _admit(self, socket: WebSocket, request: RequestContext) -> None:
        """Admit by headers, by `?account=` if authentication is off, or by the first message."""
        account = _read_query(request).get("account")
        if account is not None:
            request.headers.setdefault(b"x-account", account.encode())
        try:
            self._admission.admit(request, Scope.READ)
        except Refusal as refusal:
            if refusal.code is not Reason.UNAUTHORIZED or b"x-api-key" in request.headers:
                raise
            request.headers |= await self._read_authentication(socket)
            self._admission.admit(request, Scope.READ)

    async def _read_authentication(self, socket: WebSocket) -> dict[bytes, bytes]:
        try:
            async with self._limits.reserve_unnamed(socket.client.host if socket.client else ""):
                text = await socket.receive_text()
            message = _authentication_decoder.decode(text)
        except (TimeoutError, KeyError, msgspec.DecodeError):
            raise Refusal(
                Reason.UNAUTHORIZED, None, "the first message must be {key, timestamp?, signature?}"
            ) from None
        headers = {b"x-api-key": message.key.encode()}
        if message.signature:
            headers[b"x-timestamp"] = message.timestamp.encode()
            headers[b"x-signature"] = message.signature.encode()
        return headers

    async def _stream(self, socket: WebSocket, request: RequestContext) -> None:
        has_reports = _read_query(request).get("reports") != "off"
        sender = Sender(socket.state.connection)
        self._metrics.count_stream(1)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_wait_for_end(socket))
                for part in self._parts if has_reports else ():
                    tasks.create_task(part.report(sender, request.account))
        except* WebSocketDisconnect:
            pass
        except* Unavailable as group:
            raise _first(group) from None
        except* (RedisError, OSError) as group:
            raise _first(group) from None
        finally:
            self._metrics.count_stream(-1)


def _read_query(request: RequestContext) -> dict[str, str]:
    query = request.read_query("account", "reports")
    if query.get("reports", "on") not in {"on", "off"}:
        raise Refusal(Reason.INVALID_REQUEST, "reports", "reports must be on or off")
    return query


async def _wait_for_end(socket: WebSocket) -> None:
    """Ignore what the client sends, and raise WebSocketDisconnect when it closes."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    raise WebSocketDisconnect


def _first(group: BaseExceptionGroup[Any]) -> Exception:
    error = group.exceptions[0]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
