"""Serves readers of streams, from the handshake to the end."""

import asyncio

from starlette.websockets import WebSocket

from binance_gateway.account.listen_keys import ListenKeys
from binance_gateway.account.user_stream import UserStreams
from binance_gateway.streams.address import StreamAddress
from binance_gateway.streams.connection import BinanceWebSocket
from binance_gateway.streams.listening import Listening
from binance_gateway.streams.readers import Readers
from binance_gateway.streams.session import StreamSession
from market_data.fanout.slow_reader import WholeBacklog
from market_data.fanout.subscriber import Subscriber

LIFE_SECONDS = 86_400.0
_GOING_AWAY = 1001


class StreamHost:
    """Runs a session for each connection."""

    def __init__(self, readers: Readers, keys: ListenKeys, streams: UserStreams) -> None:
        self._readers = readers
        self._keys = keys
        self._streams = streams

    async def serve(self, websocket: WebSocket, address: StreamAddress) -> None:
        """Serve a connection that may be accepted."""
        connection: BinanceWebSocket = websocket.state.connection
        readers = self._readers
        subscriber = Subscriber(
            connection.write, connection.end, lambda *_: None, readers.stats, backlog=WholeBacklog
        )
        listening = Listening(self._keys, self._streams, connection, address.form)
        session = StreamSession(readers, connection, subscriber, listening, address.form)
        try:
            await session.prepare(address.names)
            await websocket.accept()
            await self._serve(websocket, connection, subscriber, session)
        finally:
            await listening.stop()

    async def _serve(
        self,
        websocket: WebSocket,
        connection: BinanceWebSocket,
        subscriber: Subscriber,
        session: StreamSession,
    ) -> None:
        connection.attach(self._readers.hub, subscriber)
        end = asyncio.get_running_loop().call_later(
            LIFE_SECONDS, connection.end, _GOING_AWAY, "24 hours are over"
        )
        self._readers.enter(connection)
        try:
            session.begin()
            while (frame := await websocket.receive())["type"] == "websocket.receive":
                await connection.drain()
                await session.answer(frame.get("text"))
        finally:
            end.cancel()
            self._readers.leave(connection, subscriber)
