"""`/ws/orders`: an account's open orders, then every report about them.

Every message has a `number`, one more than the message before. A `heartbeat` repeats the last one
and says in `in_sync` whether the report channel is followed at the moment.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from order_gateway.account.history import History
from order_gateway.account.open_orders import read_open_orders
from order_gateway.account.report_feed import Listener, ReportFeed
from order_gateway.account.stream_limits import StreamLimits
from order_gateway.admission.admission import Admission
from order_gateway.admission.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import Unavailable
from order_gateway.metrics import Metrics
from protocol.codec import encode
from protocol.enums import Reason
from protocol.refusal import Refusal

HEARTBEAT_SECONDS = 5.0
AUTHENTICATION_SECONDS = 5.0
_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013
_CLOSE = {Reason.TOO_MANY_CONNECTIONS: _TRY_AGAIN_LATER, Reason.RATE_LIMITED: _TRY_AGAIN_LATER}


class _Authentication(msgspec.Struct):
    """The first message of a client that cannot send headers, such as a page in a browser."""

    key: str
    timestamp: str = ""
    signature: str = ""


_authentication_decoder = msgspec.json.Decoder(_Authentication)


class OrderStream:
    """Serves the private stream, in one call of `serve` for each connection."""

    def __init__(
        self,
        admission: Admission,
        history: History,
        feed: ReportFeed,
        limits: StreamLimits,
        metrics: Metrics,
    ) -> None:
        self._admission = admission
        self._history = history
        self._feed = feed
        self._limits = limits
        self._metrics = metrics

    async def serve(self, socket: WebSocket) -> None:
        """Serve a connection from the handshake on; send an error before closing it."""
        request = self._admission.make_context(socket.scope, socket.receive)
        try:
            self._admission.check_site(request)
        except Refusal:
            await socket.close(_POLICY_VIOLATION)
            return
        await socket.accept(headers=[(b"x-request-id", request.request_id.encode())])
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._serve_accepted(socket, request)

    async def _serve_accepted(self, socket: WebSocket, request: RequestContext) -> None:
        try:
            with self._limits.reserve():
                await self._admit(socket, request)
                with self._limits.reserve_for(request.account):
                    await self._stream(socket, request.account)
        except Refusal as refusal:
            status = _CLOSE.get(refusal.code, _POLICY_VIOLATION)
            await _close(socket, refusal.code, refusal.detail, status)
        except Unavailable as unavailable:
            await _close(socket, unavailable.code, unavailable.detail, _TRY_AGAIN_LATER)
        except (RedisError, OSError):
            await _close(
                socket, Reason.QUEUE_UNAVAILABLE, "the queue cannot be reached", _TRY_AGAIN_LATER
            )

    async def _admit(self, socket: WebSocket, request: RequestContext) -> None:
        """Admit by headers, by `?account=` if authentication is off, or by the first message."""
        account = request.read_query("account").get("account")
        if account is not None:
            request.headers.setdefault(b"x-account", account.encode())
        try:
            self._admission.admit(request, Scope.READ)
        except Refusal as refusal:
            if refusal.code is not Reason.UNAUTHORIZED or b"x-api-key" in request.headers:
                raise
            request.headers |= await _read_authentication(socket)
            self._admission.admit(request, Scope.READ)

    async def _stream(self, socket: WebSocket, account: str) -> None:
        self._metrics.count_stream(1)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_wait_for_end(socket))
                async with self._feed.listen(account) as listener:
                    await self._send_forever(socket, listener)
        except* (WebSocketDisconnect, RuntimeError):
            pass
        except* Unavailable as group:
            raise _first(group) from None
        except* (RedisError, OSError) as group:
            raise _first(group) from None
        finally:
            self._metrics.count_stream(-1)

    async def _send_forever(self, socket: WebSocket, listener: Listener) -> None:
        number = await self._send_snapshot(socket, listener, 0)
        while True:
            if listener.is_lost:
                raise Unavailable(Reason.OVERLOADED, "the client is too slow for its reports")
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    news = await listener.news.get()
            except TimeoutError:
                if not listener.news.empty():
                    continue  # a report has just come; a heartbeat before it would be out of order
                await _send(
                    socket, type="heartbeat", number=number, sequence=self._feed.sequence,
                    in_sync=self._feed.is_live,
                )  # fmt: skip
                continue
            if news.report is None:
                listener.start = news.sequence
                number = await self._send_snapshot(socket, listener, number + 1)
            elif news.sequence > listener.start:
                number += 1
                kind = type(news.report).__struct_config__.tag
                await _send(socket, type=kind, number=number, data=news.report)

    async def _send_snapshot(self, socket: WebSocket, listener: Listener, number: int) -> int:
        sequence, orders = await read_open_orders(self._history, self._feed, listener)
        listener.start = sequence
        head = {
            "type": "snapshot", "number": number, "sequence": sequence,
            "account": listener.account, "exchange_id": self._feed.exchange_id,
        }  # fmt: skip
        await socket.send_text(await asyncio.to_thread(_to_snapshot_text, head, orders))
        return number


async def _read_authentication(socket: WebSocket) -> dict[bytes, bytes]:
    try:
        async with asyncio.timeout(AUTHENTICATION_SECONDS):
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


async def _wait_for_end(socket: WebSocket) -> None:
    """Ignore what the client sends, and raise WebSocketDisconnect when it closes."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    raise WebSocketDisconnect


async def _send(socket: WebSocket, **message: Any) -> None:
    await socket.send_text(encode(message).decode())


def _to_snapshot_text(head: Mapping[str, Any], orders: Iterable[Mapping[str, Any]]) -> str:
    """Encode order by order, because encoding very many at once would block all threads."""
    listed = ",".join(encode(order).decode() for order in orders)
    return f'{encode(head).decode()[:-1]},"orders":[{listed}]}}'


async def _close(socket: WebSocket, code: Reason, detail: str, status: int) -> None:
    if socket.client_state is WebSocketState.CONNECTED:
        await _send(socket, type="error", code=code, message=detail)
        await socket.close(status)


def _first(group: BaseExceptionGroup[Any]) -> Exception:
    error = group.exceptions[0]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
