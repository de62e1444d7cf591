"""`/ws/orders`: an account's open orders and balances, then every change of them; commands.

Every message has a `number`, one more than the message before. A `heartbeat` repeats the last one
and says in `in_sync` whether the report channel is followed at the moment.
"""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

import msgspec
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.api_keys import Scope
from order_gateway.account.history import History
from order_gateway.account.key_watch import KeyWatch
from order_gateway.account.open_orders import OpenOrdersReader
from order_gateway.account.report_feed import REPORTS_A_TURN, ReportFeed
from order_gateway.account.report_journal import JournalTrimmed
from order_gateway.account.report_listener import Listener, Told, tell
from order_gateway.account.stream_connection import StreamConnection, too_slow
from order_gateway.account.stream_limits import StreamLimits
from order_gateway.admission.admission import Admission
from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import Unavailable, archive_unavailable, refuse
from order_gateway.metrics import Metrics
from protocol.codec import encode
from protocol.enums import Reason
from protocol.refusal import Refusal

HEARTBEAT_SECONDS = 5.0
_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013
_CLOSE = {Reason.TOO_MANY_CONNECTIONS: _TRY_AGAIN_LATER, Reason.RATE_LIMITED: _TRY_AGAIN_LATER}


class _Authentication(msgspec.Struct):
    """The first message of a client that cannot send headers, such as a page in a browser."""

    key: str
    timestamp: str = ""
    signature: str = ""


_authentication_decoder = msgspec.json.Decoder(_Authentication)


TakeCommand = Callable[[StreamConnection, RequestContext, bytes], bool]
"""Carries out what a client has sent on its stream; returns whether it is a command."""


class OrderStream:
    """Serves the private stream, in one call of `serve` for each connection."""

    def __init__(
        self,
        admission: Admission,
        history: History,
        feed: ReportFeed,
        limits: StreamLimits,
        metrics: Metrics,
        take_command: TakeCommand,
        *,
        has_reports: bool = True,
    ) -> None:
        self._has_reports = has_reports
        self._admission = admission
        self._take_command = take_command
        self._orders = OpenOrdersReader(history, feed)
        self._feed = feed
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
                connection.listen_to(partial(self._take_command, connection, request))
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
        if has_reports and not self._has_reports:
            raise Refusal(
                Reason.INVALID_REQUEST,
                "reports",
                "an exchange with several shards streams no reports yet: ask for reports=off",
            )
        self._metrics.count_stream(1)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_wait_for_end(socket))
                if has_reports:
                    await self._report(socket.state.connection, request.account)
        except* WebSocketDisconnect:
            pass
        except* Unavailable as group:
            raise _first(group) from None
        except* (RedisError, OSError) as group:
            raise _first(group) from None
        finally:
            self._metrics.count_stream(-1)

    async def _report(self, connection: StreamConnection, account: str) -> None:
        async with self._feed.listen(account, connection.count_unsent) as listener:
            await _Session(connection, self._feed, self._orders, listener).run()


class _Session:
    """What one listener is sent; `number` is the next message's."""

    def __init__(
        self,
        connection: StreamConnection,
        feed: ReportFeed,
        orders: OpenOrdersReader,
        listener: Listener,
    ) -> None:
        self._connection = connection
        self._feed = feed
        self._orders = orders
        self._listener = listener
        self._number = 0

    async def run(self) -> None:
        """Send for ever."""
        await self._send_snapshot()
        while True:
            told = await self._listener.take(HEARTBEAT_SECONDS)
            if self._listener.is_lost:
                raise too_slow("too much waited for it, or for all")
            if told is None:
                await self._send_heartbeat()
            elif told.kind is None:
                self._listener.start = told.sequence
                await self._send_snapshot()
            elif told.sequence > self._listener.start:
                await self._send_report(told)

    async def _send_snapshot(self) -> None:
        """The open orders and balances, and the reports between them and the listener's own."""
        orders = await self._orders.read(self._listener)
        head = {
            "type": "snapshot", "number": self._number, "sequence": orders.sequence,
            "account": self._listener.account, "exchange_id": self._feed.exchange_id,
            "balances": orders.balances,
        }  # fmt: skip
        self._number += 1
        begin = encode(head)[:-1] + b',"orders":['
        if len(orders.pages) <= 1:
            await self._connection.write(b"".join((begin, *orders.pages, b"]}")))
        else:
            await self._connection.write_pages(chain([begin], orders.pages, [b"]}"]))
        start, self._listener.start = (
            self._listener.start,
            max(self._listener.start, orders.sequence),
        )
        try:
            async for news in self._feed.read_reports(orders.sequence, start):
                if news.report.account == self._listener.account:
                    await self._send_report(tell(news))
        except JournalTrimmed:
            raise archive_unavailable("the journal begins behind it") from None
        self._listener.start = max(self._listener.start, orders.sequence)

    async def _send_report(self, told: Told) -> None:
        await self._connection.write(
            b'{"type":"%b","number":%d,"data":%b}'
            % ((told.kind or "").encode(), self._number, told.data)
        )
        self._number += 1
        if not self._number % REPORTS_A_TURN:
            await asyncio.sleep(0)

    async def _send_heartbeat(self) -> None:
        message = {
            "type": "heartbeat", "number": self._number - 1,
            "sequence": self._feed.told_sequence, "in_sync": self._feed.is_live,
        }  # fmt: skip
        await self._connection.write(encode(message))


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
