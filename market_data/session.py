"""`/ws/market-data`: one client from its first message to its last."""

from starlette.websockets import WebSocket

from market_data.announcer import StateRenderer
from market_data.connection import FeedConnection
from market_data.hub import Hub
from market_data.messages import Ack, Connected, Error, encode_frame
from market_data.requests import Request, RequestRefused, read_request
from market_data.streams import (
    CHANNELS,
    DEFAULT_CHANNELS,
    Stream,
    group_by_channel,
    select_streams,
)
from market_data.subscriber import Subscriber

_WELCOME = (
    "GoQuant market data. Change what you get with"
    ' {"action":"subscribe"|"unsubscribe","channels":[...],"symbols":[...],"id":...};'
    f" channels: {', '.join(CHANNELS)}."
)


class Session:
    """Serves one connection after another; holds nothing of any of them."""

    def __init__(self, hub: Hub, renderer: StateRenderer, symbols: list[str]) -> None:
        self._hub = hub
        self._renderer = renderer
        self._symbols = symbols
        self._welcome = encode_frame(Connected(_WELCOME, list(DEFAULT_CHANNELS), symbols))

    async def serve(self, websocket: WebSocket) -> None:
        """Accept, subscribe to the default channels, answer requests until the client leaves."""
        await websocket.accept()
        connection: FeedConnection = websocket.state.connection
        subscriber = Subscriber(
            connection.write, connection.end, self._renderer.catch_up, self._hub.stats
        )
        connection.attach(self._hub, subscriber)
        try:
            subscriber.write(self._welcome)
            self._hub.add(subscriber, select_streams(DEFAULT_CHANNELS, self._symbols))
            await self._answer_requests(websocket, connection, subscriber)
        finally:
            self._hub.remove(subscriber)
            self._hub.stats.closed[connection.end_reason] += 1

    async def _answer_requests(
        self, websocket: WebSocket, connection: FeedConnection, subscriber: Subscriber
    ) -> None:
        while (frame := await websocket.receive())["type"] == "websocket.receive":
            # A client that asks but does not read gets no further answers into its buffer.
            await connection.drain()
            if subscriber.is_open:
                self._answer(frame.get("text"), subscriber)

    def _answer(self, text: str | None, subscriber: Subscriber) -> None:
        try:
            request = read_request(text, self._symbols)
        except RequestRefused as refusal:
            self._hub.stats.refused_frames += 1
            subscriber.write(encode_frame(Error(refusal.frame_id, refusal.code, refusal.detail)))
        else:
            self._carry_out(request, subscriber)

    def _carry_out(self, request: Request, subscriber: Subscriber) -> None:
        """The ack comes first, then the state of what is new, then what is live."""
        self._hub.flush()
        asked = frozenset(request.streams)
        if request.action == "subscribe":
            self._acknowledge(request, subscriber, subscriber.streams | asked)
            self._hub.subscribe(subscriber, request.streams)
        else:
            self._hub.unsubscribe(subscriber, request.streams)
            self._acknowledge(request, subscriber, subscriber.streams)

    @staticmethod
    def _acknowledge(request: Request, subscriber: Subscriber, result: frozenset[Stream]) -> None:
        ack = Ack(request.id, request.action, group_by_channel(result))
        subscriber.write(encode_frame(ack))
