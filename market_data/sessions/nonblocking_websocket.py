"""The server's side of a WebSocket, with direct access to its transport.

uvicorn's own `send` waits while the transport's buffer is above its high-water mark, serializes
each frame anew for each client, and after a close waits for a peer that may never read. The feed
needs the opposite: the same bytes to many clients, without waiting, and an end for a client that
does not read. Everything that depends on the inside of uvicorn's protocol class is in this file.
"""

import asyncio
import socket
from typing import cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from market_data.fanout.hub import Hub
from market_data.fanout.subscriber import Subscriber
from protocol.enums import Reason
from protocol.frame_budget import BYTES_AT_ONCE, FRAMES_AT_ONCE, TOO_MANY_FRAMES, FrameBudget

SECONDS_TO_READ_THE_END = 5.0
"""Time that a peer has to read the close frame before the connection is cut."""
MAX_REASON_BYTES = 123
"""Room for the reason in a close frame."""
UNSENT_IN_KERNEL = 1 << 17
"""Bytes that the kernel may hold unsent for a client.

By default it takes megabytes, and a client that is behind would go on reading what is long void
before anything is conflated.
"""


class NonblockingWebSocket(WebSocketsSansIOProtocol):
    """One connection. The application finds it as `websocket.state.connection`."""

    _hub: Hub | None = None
    _subscriber: Subscriber | None = None
    _control_budget: FrameBudget | None = None
    end_reason = "left"

    def attach(self, hub: Hub, subscriber: Subscriber) -> None:
        """Tell `subscriber` from now on when the client is behind, has caught up, or is gone."""
        self._hub = hub
        self._subscriber = subscriber
        if not self.writable.is_set():
            subscriber.pause()

    def write(self, data: bytes) -> None:
        """Hand frames to the transport, which keeps what it cannot send at once."""
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.write(data)

    async def drain(self) -> None:
        """Wait until the client has read enough to be written to again."""
        await self.writable.wait()

    def end(self, code: int, reason: str) -> None:
        """Close with `code` and `reason`; cut the connection if the peer does not read in time."""
        if self.close_sent or self.transport.is_closing():
            return
        self.end_reason = reason.partition(":")[0].replace(" ", "_")
        self.conn.send_close(code, reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore"))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # or the peer's answer would never be read
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(SECONDS_TO_READ_THE_END, self.transport.abort)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limit what the kernel keeps for the new connection."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_IN_KERNEL
        )

    async def run_asgi(self) -> None:
        """Run the application with this connection in its scope."""
        cast(dict[str, object], self.scope["state"])["connection"] = self
        await super().run_asgi()

    def pause_writing(self) -> None:
        """Note that the transport's buffer is above its high-water mark: the client is behind."""
        super().pause_writing()
        if self._subscriber is not None:
            self._subscriber.pause()

    def resume_writing(self) -> None:
        """Note that the transport's buffer is below its low-water mark: the client catches up."""
        super().resume_writing()
        if self._subscriber is not None and self._hub is not None:
            self._hub.resume(self._subscriber)

    def data_received(self, data: bytes) -> None:
        """Read frames, little by little: the rest of a flood is not looked at."""
        for start in range(0, len(data), BYTES_AT_ONCE):
            if self.end_reason == Reason.RATE_LIMITED:
                return
            super().data_received(data[start : start + BYTES_AT_ONCE])

    def handle_ping(self) -> None:
        """Answer a ping within the budget."""
        if self._take_control_frame():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Take a pong within the budget."""
        if self._take_control_frame():
            super().handle_pong(event)

    def handle_text(self, event: Frame) -> None:
        """Take a message, or its first fragment within the budget."""
        if event.fin or self._take_control_frame():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take a message, or its first fragment within the budget."""
        if event.fin or self._take_control_frame():
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment within the budget."""
        if self._take_control_frame(is_too_many=len(self.frames) >= FRAMES_AT_ONCE):
            super().handle_cont(event)

    def handle_close(self, event: Frame) -> None:
        """Stop delivery, because the peer closes."""
        self._stop_delivery()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        """Stop delivery, because the peer has broken the WebSocket protocol."""
        self.end_reason = "broken_protocol"
        self._stop_delivery()
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        """End a connection whose peer did not answer a ping.

        If something is still unsent, the peer has not read as far as the ping: it is too slow.
        """
        if self.transport.get_write_buffer_size():
            self.stop_keepalive()
            self.end(1013, f"too slow: what was sent {self.ping_timeout} seconds ago is unread")
            self._stop_delivery()
            return
        self.end_reason = "no_pong"
        self._stop_delivery()
        super().keepalive_timeout()

    def shutdown(self) -> None:
        """Close the connection, because the service stops."""
        self.end_reason = "shutdown"
        self._stop_delivery()
        if self.handshake_complete and not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(1012, "the service stops; come back")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1012})
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop delivery, because the socket is gone."""
        if self._subscriber is not None:
            self._subscriber.stop()
        super().connection_lost(exc)

    def _take_control_frame(self, *, is_too_many: bool = False) -> bool:
        """Whether a frame that is no request is within the budget; close if it is not.

        Whole messages have a budget of the session's, which answers each that it refuses.
        """
        if self._control_budget is None:
            self._control_budget = FrameBudget()
        if self._control_budget.take() and not is_too_many:
            return True
        if not self.handshake_complete:
            self.transport.abort()
        elif not self.close_sent:
            self.end(1008, f"{Reason.RATE_LIMITED}: {TOO_MANY_FRAMES}")
            self._stop_delivery()
        return False

    def _stop_delivery(self) -> None:
        """Write no more, and cut the connection in a while, even if its buffer is unread."""
        if self._subscriber is not None:
            self._subscriber.stop()
        self.loop.call_later(SECONDS_TO_READ_THE_END, _abort, self.transport)


def _abort(transport: asyncio.Transport) -> None:
    transport.abort()
