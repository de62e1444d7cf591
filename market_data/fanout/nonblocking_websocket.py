"""The server's side of a reader's WebSocket, with direct access to its transport.

uvicorn's own `send` waits while the transport's buffer is above its high-water mark, and serializes
each frame anew for each client. The feed needs the opposite: the same bytes to many clients,
without waiting. What depends on the inside of uvicorn's protocol class is here and in
`edge.websocket`.
"""

from websockets.frames import Frame

from edge.frame_budget import TOO_MANY_FRAMES
from edge.websocket import BoundedWebSocket
from market_data.fanout.hub import Hub
from market_data.fanout.subscriber import Subscriber
from protocol.enums import Reason

MAX_REASON_BYTES = 123
"""Room for the reason in a close frame."""


class NonblockingWebSocket(BoundedWebSocket):
    """One connection. The application finds it as `websocket.state.connection`."""

    counts_messages = False
    _hub: Hub | None = None
    _subscriber: Subscriber | None = None
    end_reason = "left"

    def attach(self, hub: Hub, subscriber: Subscriber) -> None:
        """Tell `subscriber` from now on when the client is behind, has caught up, or is gone."""
        self._hub = hub
        self._subscriber = subscriber
        if not self.writable.is_set():
            subscriber.pause(self.count_unsent())

    def write(self, data: bytes) -> None:
        """Hand frames to the transport, which keeps what it cannot send at once."""
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.write(data)
            if not self.writable.is_set() and self._subscriber is not None:
                self._subscriber.note_unsent(self.count_unsent())

    async def drain(self) -> None:
        """Wait until the client has read enough to be written to again."""
        await self.writable.wait()

    def end(self, code: int, reason: str) -> None:
        """Close with `code` and `reason`; cut the connection if the peer does not read in time."""
        if self.close_sent or self.transport.is_closing():
            return
        self.end_reason = reason.partition(":")[0].replace(" ", "_")
        self.is_flooded |= self.end_reason == Reason.RATE_LIMITED
        text = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        self.close_with(code, text, reason)

    def end_flood(self) -> None:
        """Close the connection of a client that has sent too many frames that are no requests."""
        if not self.close_sent:
            self.end(1008, f"{Reason.RATE_LIMITED}: {TOO_MANY_FRAMES}")
            self._stop_delivery()

    def pause_writing(self) -> None:
        """Note that the transport's buffer is above its high-water mark: the client is behind."""
        super().pause_writing()
        if self._subscriber is not None:
            self._subscriber.pause(self.count_unsent())

    def resume_writing(self) -> None:
        """Note that the transport's buffer is below its low-water mark: the client catches up."""
        super().resume_writing()
        if self._subscriber is not None and self._hub is not None:
            self._hub.resume(self._subscriber)

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
            self.flush()
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1012})
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop delivery, because the socket is gone."""
        if self._subscriber is not None:
            self._subscriber.stop()
        super().connection_lost(exc)

    def _stop_delivery(self) -> None:
        """Write no more, and cut the connection in a while, even if its buffer is unread."""
        if self._subscriber is not None:
            self._subscriber.stop()
        self.cut_later()
