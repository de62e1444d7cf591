"""The calls over WebSocket: one frame in, one frame out.

A connection's requests run beside each other, begun in the order in which they came; answers go
out as they are ready.
"""

import asyncio
import logging
import time
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.websockets import WebSocket

from binance_gateway.account.user_stream import UserStreams
from binance_gateway.admission import Admission, Admitted, check_scope
from binance_gateway.calls import registry
from binance_gateway.calls.call import Call, Route, Security
from binance_gateway.metrics import Metrics
from binance_gateway.services import Services
from binance_gateway.signing.keys import Signer
from binance_gateway.signing.window import Window, read_window
from binance_gateway.streams.connection import BinanceWebSocket
from binance_gateway.words import errors
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.times import TimeUnit, read_unit
from binance_gateway.ws_api.frames import Frame, FrameFault, FrameId, read_frame
from binance_gateway.ws_api.session import Session
from binance_gateway.ws_api.session_calls import SESSION_METHODS, WEIGHT, Asked
from binance_gateway.ws_api.subscriptions import Subscriptions
from edge.text_frames import frame_text
from protocol.codec import encode
from protocol.timestamps import now_in_microseconds

logger = logging.getLogger(__name__)

CONNECTING_WEIGHT = 2
LIFE_SECONDS = 86_400.0
_GOING_AWAY = 1001
_ANY_TIME = Window(0, 0, ())
_TRADES = frozenset(
    name for name, route in registry.BY_NAME.items() if route.security is Security.TRADE
)


class _Answer(NamedTuple):
    """What a request is answered. `ordering`: the account whose counts of orders are told too."""

    status: int
    field: str
    content: object
    ordering: str | None = None


class WsApi:
    """Serves connections of the WebSocket API."""

    def __init__(
        self, admission: Admission, services: Services, metrics: Metrics, streams: UserStreams
    ) -> None:
        self._admission = admission
        self._services = services
        self._metrics = metrics
        self._streams = streams

    async def serve(self, websocket: WebSocket) -> None:
        """Serve a connection that may be accepted; raise BinanceError for a bad address."""
        query = parse_qs(websocket.scope["query_string"].decode("latin-1"))
        unit = read_unit(query.get("timeUnit", [None])[-1])
        await websocket.accept()
        connection: BinanceWebSocket = websocket.state.connection
        now = now_in_microseconds()
        connection.render_farewell = lambda: self._render_farewell(unit)
        subscriptions = Subscriptions(self._streams, connection, unit)
        session = Session(
            websocket.client.host if websocket.client else "",
            unit,
            query.get("returnRateLimits", ["true"])[-1].lower() != "false",
            self._services.market.clock.now(),
            subscriptions,
        )
        conversation = _Conversation(self, connection, session)
        connection.listen_to(conversation.take)
        self._services.limits.weight.add(session.address, CONNECTING_WEIGHT, now)
        end = asyncio.get_running_loop().call_later(
            LIFE_SECONDS, connection.end, _GOING_AWAY, "24 hours are over"
        )
        try:
            # only what has come before somebody listened, and the end, come this way
            while (received := await websocket.receive())["type"] == "websocket.receive":
                connection.begin_call()
                conversation.take(received.get("text"))
        finally:
            end.cancel()
            await session.subscriptions.close()

    async def answer(self, text: str | None, session: Session) -> bytes:
        """Carry out a request; return the frame that answers it."""
        started = time.perf_counter()
        shows_limits = session.returns_limits
        is_trade = False
        try:
            frame = read_frame(text)
            frame_id = frame.id
            if frame.returns_limits is not None:
                shows_limits = frame.returns_limits
            answer = await self._carry_out(frame, session)
            is_trade = frame.method in _TRADES
        except FrameFault as fault:
            frame_id, answer = fault.frame_id, self._refuse(fault.error)
        self._metrics.answers.count(answer.status, time.perf_counter() - started, is_trade=is_trade)
        return self._render(frame_id, answer, session, shows_limits=shows_limits)

    async def _carry_out(self, frame: Frame, session: Session) -> _Answer:
        route = registry.BY_NAME.get(frame.method)
        call: Call | None = None
        try:
            if route is None:
                return _Answer(200, "result", await self._call_session(frame, session))
            weight = route.weigh(frame.parameters)
            call = self._read(route, frame, session, weight)
            result = await route.handler(self._services, call)
            if route.is_free_if_done or call.is_free:
                self._services.limits.forgive(session.address, weight, call.now)
        except BinanceError as error:
            await self._admission.delay(error, session.address)
            return self._refuse(error, _find_ordering(call))
        except Exception:
            logger.exception("%s failed", frame.method)
            return self._refuse(errors.UNKNOWN())
        return _Answer(200, "result", result, _find_ordering(call))

    def _read(self, route: Route, frame: Frame, session: Session, weight: int) -> Call:
        now = now_in_microseconds()
        self._services.limits.admit(session.address, weight, now)
        signer, window = self._admit(route.security, frame, session)
        return Call(
            _read_values(route, frame),
            now,
            signer.account,
            signer.key,
            session.address,
            session.unit,
            window.check_age,
        )

    async def _call_session(self, frame: Frame, session: Session) -> object:
        self._services.limits.admit(session.address, WEIGHT, now_in_microseconds())
        method = SESSION_METHODS.get(frame.method)
        if method is None:
            raise errors.INVALID_VALUE("method")
        key = frame.parameters.get("apiKey")
        if method.security.is_signed and key is None:
            raise errors.MISSING_PARAMETER("apiKey")
        admitted = self._admission.admit(method.security, key, frame.parameters, frame.payloads)
        signer = self._identify(session) if method.is_of_session else admitted.signer
        values = method.parameters.read(frame.parameters)
        now = self._services.market.clock.now()
        return await method.handler(Asked(session, values, signer, now))

    def _admit(self, security: Security, frame: Frame, session: Session) -> Admitted:
        """Return who calls: by a signature, or by having logged on."""
        key = frame.parameters.get("apiKey")
        if key is None and security is not Security.NONE:
            signer = self._identify(session)
            window = _ANY_TIME
            if security.is_signed:
                window = read_window(frame.parameters, self._admission.clocks)
                window.check()
            check_scope(signer, security)
            return Admitted(signer, window)
        return self._admission.admit(security, key, frame.parameters, frame.payloads)

    def _identify(self, session: Session) -> Signer:
        """Return who is logged on, whose key must still be good; raise BinanceError."""
        known = session.signer
        if known is None:
            raise errors.MISSING_PARAMETER("apiKey")
        signer = self._admission.identify(known.key)
        if signer.account != known.account:
            raise errors.REJECTED_KEY()
        return signer

    def _refuse(self, error: BinanceError, ordering: str | None = None) -> _Answer:
        self._metrics.count_error(error.code)
        described = error.describe()
        if error.retry_at is not None:
            now = now_in_microseconds() // 1_000
            described["data"] = {"serverTime": now, "retryAfter": error.retry_at}
        return _Answer(error.status, "error", described, ordering)

    def _render(
        self, frame_id: FrameId, answer: _Answer, session: Session, *, shows_limits: bool
    ) -> bytes:
        body = {"id": frame_id, "status": answer.status, answer.field: answer.content}
        if shows_limits:
            body["rateLimits"] = self._services.limits.tell_counts(
                session.address, answer.ordering, now_in_microseconds()
            )
        return frame_text(encode(body))

    def _render_farewell(self, unit: TimeUnit) -> bytes:
        event = {"e": "serverShutdown", "E": unit.of(self._services.market.clock.now())}
        return frame_text(encode({"event": event}))


def _find_ordering(call: Call | None) -> str | None:
    return call.account if call is not None and call.orders is not None else None


def _read_values(route: Route, frame: Frame) -> dict[str, object]:
    """Return the values of a call; a key may be sent where none is needed."""
    if route.parameters is None:
        return {}
    sent = frame.parameters
    if not route.security.is_signed and "apiKey" in sent:
        sent = {name: text for name, text in sent.items() if name != "apiKey"}
    return route.parameters.read(sent)


class _Conversation:
    """The requests of one connection, each carried out as it comes.

    The answers of one turn of the event loop are written at once, and only then may begin what they
    have begun.
    """

    def __init__(self, api: WsApi, connection: BinanceWebSocket, session: Session) -> None:
        self._api = api
        self._connection = connection
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._under_way: set[asyncio.Task[None]] = set()
        self._answers: list[bytes] = []

    def take(self, text: str | None) -> None:
        """Begin a request: the text of a frame, None if it has none."""
        task = self._loop.create_task(self._answer(text))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, text: str | None) -> None:
        try:
            answer = await self._api.answer(text, self._session)
        finally:
            self._connection.end_call()
        if not self._answers:
            self._loop.call_soon(self._flush)
        self._answers.append(answer)

    def _flush(self) -> None:
        self._connection.write(b"".join(self._answers))
        self._answers.clear()
        self._session.subscriptions.let_begin()
