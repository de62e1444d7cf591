"""The server's side of a WebSocket, with direct access to its transport.

uvicorn's own `send` waits while the transport's buffer is above its mark, serializes each frame
anew for each client, and after a close waits for a peer that may never read. The feed needs the
opposite: the same bytes to many clients, without waiting, and an end for whoever does not read.
Everything that knows uvicorn's protocol class from inside is in this file.
"""

import asyncio
import socket
from typing import cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from market_data.fanout.hub import Hub
from market_data.fanout.subscriber import Subscriber

SECONDS_TO_READ_THE_END = 5.0
"""What a peer has left, once the connection is ending, before it is cut."""
MAX_REASON_BYTES = 123
"""Bytes that a close frame has room for."""
UNSENT_IN_KERNEL = 1 << 17
"""Bytes that the kernel may hold unsent for a client.

Left to itself it takes megabytes, and a client that is behind would go on reading what is long void
before anything conflates.
"""


class NonblockingWebSocket(WebSocketsSansIOProtocol):
    """One connection. The application finds it as `websocket.state.connection`."""

    _hub: Hub | None = None
    _subscriber: Subscriber | None = None
    end_reason = "left"

    def attach(self, hub: Hub, subscriber: Subscriber) -> None:
        """From now on tell `subscriber` when the client is behind, back, or gone."""
        self._hub = hub
        self._subscriber = subscriber
        if not self.writable.is_set():
            subscriber.pause()

    def write(self, data: bytes) -> None:
        """Hand frames to the transport; what it cannot send at once it keeps."""
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.write(data)

    async def drain(self) -> None:
        """Wait until the client has read enough to be written to again."""
        await self.writable.wait()

    def end(self, code: int, reason: str) -> None:
        """Close with `code` and `reason`, and cut the connection where the peer does not read."""
        if self.close_sent or self.transport.is_closing():
            return
        self.end_reason = reason.partition(":")[0].replace(" ", "_")
        self.conn.send_close(code, reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore"))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # else the peer's answer would never be seen
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(SECONDS_TO_READ_THE_END, self.transport.abort)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The request to become a WebSocket has come."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_IN_KERNEL
        )

    async def run_asgi(self) -> None:
        """Run the application, which finds this connection in its scope."""
        cast(dict[str, object], self.scope["state"])["connection"] = self
        await super().run_asgi()

    def pause_writing(self) -> None:
        """The transport's buffer is above its mark."""
        super().pause_writing()
        if self._subscriber is not None:
            self._subscriber.pause()

    def resume_writing(self) -> None:
        """The transport's buffer is empty enough again."""
        super().resume_writing()
        if self._subscriber is not None and self._hub is not None:
            self._hub.resume(self._subscriber)

    def handle_close(self, event: Frame) -> None:
        """The peer closes."""
        self._stop_delivery()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        """The peer has sent what is not WebSocket."""
        self.end_reason = "broken_protocol"
        self._stop_delivery()
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        """The peer did not answer a ping: it cannot, if it has not read as far."""
        if self.transport.get_write_buffer_size():
            self.stop_keepalive()
            self.end(1013, f"too slow: what was sent {self.ping_timeout} seconds ago is unread")
            self._stop_delivery()
            return
        self.end_reason = "no_pong"
        self._stop_delivery()
        super().keepalive_timeout()

    def shutdown(self) -> None:
        """The service stops."""
        self.end_reason = "shutdown"
        self._stop_delivery()
        if self.handshake_complete and not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(1012, "the service stops; come back")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1012})
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        if self._subscriber is not None:
            self._subscriber.stop()
        super().connection_lost(exc)

    def _stop_delivery(self) -> None:
        """After a close frame nothing may follow, and an unread buffer must not keep the socket."""
        if self._subscriber is not None:
            self._subscriber.stop()
        self.loop.call_later(SECONDS_TO_READ_THE_END, _abort, self.transport)


def _abort(transport: asyncio.Transport) -> None:
    transport.abort()
