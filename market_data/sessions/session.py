"""`/ws/market-data`: one client, from its first message to its last."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from starlette.websockets import WebSocket

from edge.frame_budget import MAX_REFUSED_FRAMES, TOO_MANY_FRAMES, FrameBudget
from market_data.fanout.hub import MAX_HELD_BYTES_OF_ALL, Hub
from market_data.fanout.messages import Ack, Connected, Error, Pong, encode_frame
from market_data.fanout.nonblocking_websocket import NonblockingWebSocket
from market_data.fanout.state_renderer import StateRenderer
from market_data.fanout.streams import CHANNELS, TRADES, Stream, group_by_channel
from market_data.fanout.subscriber import Subscriber
from market_data.market.whole_market import AnyMarket
from market_data.sessions.requests import (
    FrameId,
    Request,
    RequestRefused,
    read_frame_id,
    read_query,
    read_request,
)
from market_data.sessions.resume import Resume, ReturningClient
from market_data.sessions.resume_budget import TRADES_A_SECOND, ResumeBudget
from protocol.enums import Reason
from protocol.timestamps import format_timestamp

_WELCOME = (
    "GoQuant market data. Change what you get with"
    ' {"action":"subscribe"|"unsubscribe","channels":[...],"symbols":[...],"id":...};'
    f" channels: {', '.join(CHANNELS)}."
)


class ConnectionLimits(NamedTuple):
    """The most connections, connections of one address, streams of one connection, bytes held."""

    connections: int = 5_000
    connections_per_address: int = 2_000
    subscriptions: int = 1_000
    held_bytes: int = MAX_HELD_BYTES_OF_ALL


class SessionHost:
    """Runs every session, and counts their connections by address."""

    def __init__(
        self,
        hub: Hub,
        renderer: StateRenderer,
        market: AnyMarket,
        resume: Resume,
        limits: ConnectionLimits,
    ) -> None:
        self.hub = hub
        self.renderer = renderer
        self.market = market
        self.resume = resume
        self.limits = limits
        self._connections: Counter[str] = Counter()

    async def serve(self, websocket: WebSocket) -> None:
        """Accept a client, subscribe it to what the URL asks for, answer it until it leaves."""
        await websocket.accept()
        connection: NonblockingWebSocket = websocket.state.connection
        subscriber = Subscriber(
            connection.write, connection.end, self.renderer.catch_up, self.hub.stats
        )
        connection.attach(self.hub, subscriber)
        address = websocket.client.host if websocket.client else ""
        self._connections[address] += 1
        try:
            session = Session(self, connection, subscriber)
            if (error := self._find_obstacle(address)) is not None:
                session.refuse_connection(error, 1013)
            else:
                session.begin(websocket.url.query)
            await session.answer_requests(websocket)
        finally:
            self._connections -= Counter([address])  # drops addresses that have none left
            self.hub.remove(subscriber)
            self.hub.stats.closed[connection.end_reason] += 1

    def _find_obstacle(self, address: str) -> Error | None:
        most, most_of_address, *_ = self.limits
        if self._connections.total() > most:
            detail = f"there are {most} connections, and no more are taken"
            return Error(None, Reason.TOO_MANY_CONNECTIONS, detail)
        if self._connections[address] > most_of_address:
            detail = (
                f"there are {most_of_address} connections from {address}, and no more are taken"
            )
            return Error(None, Reason.TOO_MANY_CONNECTIONS_FROM_ADDRESS, detail)
        return None


class Session:
    """One connection."""

    def __init__(
        self, host: SessionHost, connection: NonblockingWebSocket, subscriber: Subscriber
    ) -> None:
        self._host = host
        self._hub = host.hub
        self._symbols = host.market.symbols
        self._connection = connection
        self._subscriber = subscriber
        self._budget = FrameBudget()
        self._returning = ReturningClient(subscriber, connection, ResumeBudget())

    def begin(self, query: str) -> None:
        """Send the first message, then the state of the streams that `query` names."""
        try:
            streams = read_query(query, self._symbols)
        except RequestRefused as refusal:
            self.refuse_connection(Error(None, refusal.code, refusal.detail), 1008)
            return
        if (error := self._find_excess(None, streams)) is not None:
            self.refuse_connection(error, 1008)
            return
        channels = list(dict.fromkeys(stream.channel for stream in streams))
        exchange_id = self._host.market.exchange_id
        self._write(Connected(_WELCOME, exchange_id, channels, self._symbols))
        self._hub.add(self._subscriber, streams)

    def refuse_connection(self, error: Error, close_code: int) -> None:
        """Send `error`, and close."""
        self._refuse(error)
        self._subscriber.stop()
        self._connection.end(close_code, f"{error.code}: {error.message}")

    async def answer_requests(self, websocket: WebSocket) -> None:
        """Answer requests until the connection ends, from whichever side."""
        while (frame := await websocket.receive())["type"] == "websocket.receive":
            # A client that asks but does not read gets no further answers into its buffer.
            await self._connection.drain()
            if not self._subscriber.is_open:
                continue
            if self._budget.take():
                await self._answer(frame.get("text"), frame.get("bytes"))
            else:
                self._refuse_rate(read_frame_id(frame.get("text") or frame.get("bytes")))

    async def _answer(self, text: str | None, content: bytes | None) -> None:
        try:
            request = read_request(text, self._symbols)
        except RequestRefused as refusal:
            frame_id = read_frame_id(text or content)
            self._refuse(Error(frame_id, refusal.code, refusal.detail))
        else:
            await self._carry_out(request)

    async def _carry_out(self, request: Request) -> None:
        """Send the ack, then the state of what is new, then what is live."""
        if request.action == "ping":
            self._write(Pong(request.id, format_timestamp(self._host.market.clock.now())))
            return
        if request.action != "unsubscribe":
            error = self._find_excess(request.id, request.streams)
            if error is not None:
                self._refuse(error)
                return
        self._hub.flush()
        if request.action == "subscribe":
            self._acknowledge(request, self._subscriber.streams | frozenset(request.streams))
            self._hub.subscribe(self._subscriber, request.streams)
        elif request.action == "unsubscribe":
            self._hub.unsubscribe(self._subscriber, request.streams)
            self._acknowledge(request, self._subscriber.streams)
        else:
            await self._resume(request)

    def _find_excess(self, frame_id: FrameId, streams: Sequence[Stream]) -> Error | None:
        most = self._host.limits.subscriptions
        if (wanted := len(self._subscriber.streams.union(streams))) <= most:
            return None
        detail = f"that would be {wanted} subscriptions, each a channel of a symbol; at most {most}"
        return Error(frame_id, Reason.TOO_MANY_SUBSCRIPTIONS, detail)

    async def _resume(self, request: Request) -> None:
        if (error := self._find_obstacle(request)) is not None:
            self._refuse(error)
            return
        self._hub.stats.resumes += 1
        self._hub.unsubscribe(self._subscriber, request.streams)
        self._acknowledge(request, self._subscriber.streams | frozenset(request.streams))
        is_void = self._is_of_another(request)
        for stream, last_id in sorted(request.positions.items()):
            await self._host.resume.run(self._returning, stream, None if is_void else last_id)

    def _find_obstacle(self, request: Request) -> Error | None:
        market = self._host.market
        if not market.is_complete:
            detail = "the feed is reading the journal; try again"
            return Error(request.id, Reason.NOT_IN_SYNC, detail)
        if wait := self._returning.budget.seconds_to_wait():
            detail = (
                f"more than {TRADES_A_SECOND:,.0f} trades a second were sent again;"
                f" resume in {wait} s"
            )
            return Error(request.id, Reason.RATE_LIMITED, detail, retry_after=wait)
        for (channel, symbol), given in request.positions.items():
            last = market[symbol].last_trade_id
            if channel == TRADES and given > last and not self._is_of_another(request):
                detail = (
                    f"trade_id {given} of {symbol} is ahead of {last}: this service is behind what"
                    " you have seen, or that was of another exchange; ask again, or from trade_id 0"
                )
                return Error(request.id, Reason.NOT_IN_SYNC, detail)
        return None

    def _is_of_another(self, request: Request) -> bool:
        return request.exchange_id not in (None, self._host.market.exchange_id)

    def _acknowledge(self, request: Request, result: frozenset[Stream]) -> None:
        self._write(Ack(request.id, request.action, group_by_channel(result)))

    def _refuse_rate(self, frame_id: FrameId) -> None:
        error = Error(frame_id, Reason.RATE_LIMITED, TOO_MANY_FRAMES)
        if self._budget.refused >= MAX_REFUSED_FRAMES:
            self.refuse_connection(error, 1008)
        else:
            self._refuse(error)

    def _refuse(self, error: Error) -> None:
        self._hub.stats.refused[error.code] += 1
        self._write(error)

    def _write(self, message: object) -> None:
        self._subscriber.write(encode_frame(message))
