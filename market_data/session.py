"""`/ws/market-data`: one client from its first message to its last."""

from starlette.websockets import WebSocket

from market_data.announcer import StateRenderer
from market_data.connection import FeedConnection
from market_data.frame_budget import FRAMES_A_SECOND, MOST_REFUSED, FrameBudget
from market_data.hub import Hub
from market_data.market import Market
from market_data.messages import Ack, Connected, Error, Pong, encode_frame
from market_data.requests import Request, RequestRefused, read_query, read_request
from market_data.resume import Resume
from market_data.streams import CHANNELS, Stream, group_by_channel
from market_data.subscriber import Subscriber
from protocol.enums import Reason
from protocol.timestamps import format_timestamp, now_in_microseconds

_WELCOME = (
    "GoQuant market data. Change what you get with"
    ' {"action":"subscribe"|"unsubscribe","channels":[...],"symbols":[...],"id":...};'
    f" channels: {', '.join(CHANNELS)}."
)


class Desk:
    """What all sessions share; holds nothing of any of them but their number."""

    def __init__(
        self,
        hub: Hub,
        renderer: StateRenderer,
        market: Market,
        resume: Resume,
        max_connections: int,
    ) -> None:
        self.hub = hub
        self.renderer = renderer
        self.market = market
        self.resume = resume
        self._max_connections = max_connections
        self._connections = 0

    async def serve(self, websocket: WebSocket) -> None:
        """Accept, subscribe to what the URL asks for, answer requests until the client leaves."""
        await websocket.accept()
        connection: FeedConnection = websocket.state.connection
        subscriber = Subscriber(
            connection.write, connection.end, self.renderer.catch_up, self.hub.stats
        )
        connection.attach(self.hub, subscriber)
        self._connections += 1
        try:
            session = Session(self, connection, subscriber)
            if self._connections > self._max_connections:
                session.refuse_connection(
                    Reason.TOO_MANY_CONNECTIONS,
                    f"there are {self._max_connections} connections, and no more are taken",
                    1013,
                )
            else:
                session.begin(websocket.url.query)
            await session.answer_requests(websocket)
        finally:
            self._connections -= 1
            self.hub.remove(subscriber)
            self.hub.stats.closed[connection.end_reason] += 1


class Session:
    """One connection."""

    def __init__(self, desk: Desk, connection: FeedConnection, subscriber: Subscriber) -> None:
        self._desk = desk
        self._hub = desk.hub
        self._symbols = desk.market.symbols
        self._connection = connection
        self._subscriber = subscriber
        self._budget = FrameBudget()

    def begin(self, query: str) -> None:
        """The first message, then the state of the streams that `query` names."""
        try:
            streams = read_query(query, self._symbols)
        except RequestRefused as refusal:
            self.refuse_connection(refusal.code, refusal.detail, 1008)
            return
        channels = list(dict.fromkeys(stream.channel for stream in streams))
        exchange_id = self._desk.market.exchange_id
        self._write(Connected(_WELCOME, exchange_id, channels, self._symbols))
        self._hub.add(self._subscriber, streams)

    def refuse_connection(self, code: Reason, detail: str, close_code: int) -> None:
        """Say why, and close."""
        self._refuse(None, code, detail)
        self._subscriber.stop()
        self._connection.end(close_code, f"{code}: {detail}")

    async def answer_requests(self, websocket: WebSocket) -> None:
        """Until the connection ends, from whichever side."""
        while (frame := await websocket.receive())["type"] == "websocket.receive":
            # A client that asks but does not read gets no further answers into its buffer.
            await self._connection.drain()
            if not self._subscriber.is_open:
                continue
            if self._budget.take():
                await self._answer(frame.get("text"))
            else:
                self._refuse_rate()

    async def _answer(self, text: str | None) -> None:
        try:
            request = read_request(text, self._symbols)
        except RequestRefused as refusal:
            self._refuse(refusal.frame_id, refusal.code, refusal.detail)
        else:
            await self._carry_out(request)

    async def _carry_out(self, request: Request) -> None:
        """The ack comes first, then the state of what is new, then what is live."""
        if request.action == "ping":
            self._write(Pong(request.id, format_timestamp(now_in_microseconds())))
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

    async def _resume(self, request: Request) -> None:
        if not self._desk.market.is_complete:
            detail = "the feed is reading the journal; try again"
            self._refuse(request.id, Reason.NOT_IN_SYNC, detail)
            return
        self._hub.stats.resumes += 1
        self._hub.unsubscribe(self._subscriber, request.streams)
        self._acknowledge(request, self._subscriber.streams | frozenset(request.streams))
        is_void = request.exchange_id not in (None, self._desk.market.exchange_id)
        for stream, last_id in sorted(request.positions.items()):
            position = None if is_void else last_id
            await self._desk.resume.run(self._subscriber, self._connection, stream, position)

    def _acknowledge(self, request: Request, result: frozenset[Stream]) -> None:
        self._write(Ack(request.id, request.action, group_by_channel(result)))

    def _refuse_rate(self) -> None:
        detail = f"more than {FRAMES_A_SECOND:.0f} frames a second"
        if self._budget.refused >= MOST_REFUSED:
            self.refuse_connection(Reason.RATE_LIMITED, detail, 1008)
        else:
            self._refuse(None, Reason.RATE_LIMITED, detail)

    def _refuse(self, frame_id: str | int | None, code: Reason, detail: str) -> None:
        self._hub.stats.refused[code] += 1
        self._write(Error(frame_id, code, detail))

    def _write(self, message: object) -> None:
        self._subscriber.write(encode_frame(message))
