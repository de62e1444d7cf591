"""The server's side of a WebSocket: frames within a budget, and an end for who does not read.

uvicorn's own class answers any number of pings, and waits for ever for a client that does not read.
Both services build theirs on this one. What depends on the inside of uvicorn's class is here, and
in those two.
"""

import asyncio
import socket
from typing import ClassVar, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from edge.frame_budget import BYTES_AT_ONCE, FRAMES_AT_ONCE, FrameBudget

SECONDS_TO_READ_THE_END = 5.0
"""Time that a client has to read the close frame before the connection is cut."""
UNSENT_IN_KERNEL = 1 << 17
"""Bytes that the kernel may hold unsent for a client.

By default it takes megabytes, and a client that is behind would go on reading what is long void.
"""


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One connection. The application finds it as `websocket.state.connection`.

    `counts_messages`: a whole message takes from the budget too; if not, the session has a budget
    of its own for them, and answers each that it refuses. `is_flooded`: nothing more is read.
    """

    counts_messages: ClassVar[bool]
    is_flooded = False
    _budget: FrameBudget | None = None

    def end_flood(self) -> None:
        """Close the connection of a client that has sent too many frames."""
        raise NotImplementedError

    def make_budget(self) -> FrameBudget:
        """Return what the client may send; the handshake may be on its way still."""
        return FrameBudget()

    def close_with(self, code: int, reason: str, detail: str) -> None:
        """Send a close frame; cut the connection if the client does not read it in time.

        `reason` is what the frame says, `detail` what the application is told.
        """
        self.conn.send_close(code, reason)
        self.flush()
        self.close_sent = True
        if self.read_paused:  # or the client's answer would never be read
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(SECONDS_TO_READ_THE_END, self.transport.abort)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": detail})

    def count_unsent(self) -> int:
        """Return the bytes that the client has not taken."""
        return self.transport.get_write_buffer_size()

    def flush(self) -> None:
        """Hand what the connection has to say to the transport."""
        self.transport.write(b"".join(self.conn.data_to_send()))

    def cut_later(self) -> None:
        """Cut the connection in a while, even if the client has not read what was sent."""
        self.loop.call_later(SECONDS_TO_READ_THE_END, _abort, self.transport)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limit what the kernel keeps for the new connection."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_IN_KERNEL
        )

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message of the application; an answer instead of the handshake completes it.

        uvicorn's class goes on to take the handshake for forgotten, and logs an error for each.
        """
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True

    async def run_asgi(self) -> None:
        """Run the application with this connection in its scope."""
        cast(dict[str, object], self.scope["state"])["connection"] = self
        await super().run_asgi()

    def data_received(self, data: bytes) -> None:
        """Read frames, little by little: the rest of a flood is not looked at."""
        for start in range(0, len(data), BYTES_AT_ONCE):
            if self.is_flooded:
                return
            super().data_received(data[start : start + BYTES_AT_ONCE])

    def handle_ping(self) -> None:
        """Answer a ping within the budget."""
        if self._take_frame():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Take a pong within the budget."""
        if self._take_frame():
            super().handle_pong(event)

    def handle_text(self, event: Frame) -> None:
        """Take a message, or its first fragment, within the budget."""
        if self._is_message_free(event) or self._take_frame():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take a message, or its first fragment, within the budget."""
        if self._is_message_free(event) or self._take_frame():
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment within the budget."""
        if self._take_frame(is_too_many=len(self.frames) >= FRAMES_AT_ONCE):
            super().handle_cont(event)

    def _is_message_free(self, event: Frame) -> bool:
        return event.fin and not self.counts_messages

    def _take_frame(self, *, is_too_many: bool = False) -> bool:
        """Whether a frame is within the budget; end the connection if it is not."""
        if self._budget is None:
            self._budget = self.make_budget()
        if self._budget.take() and not is_too_many:
            return True
        self.is_flooded = True
        if self.handshake_complete:
            self.end_flood()
            self.transport.pause_reading()  # to read and drop the rest would cost others most
        else:
            self.transport.abort()
        return False


def _abort(transport: asyncio.Transport) -> None:
    transport.abort()
