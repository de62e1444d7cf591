"""The server's side of a private stream's WebSocket, with direct access to its transport.

uvicorn's own `send` waits for ever for a client that does not read, and takes a message as a whole.
A stream needs a snapshot written page by page, and an end for a client that does not read.
Everything that depends on the inside of uvicorn's protocol class is in this file.
"""

import asyncio
import socket
from collections.abc import Iterable
from typing import cast

from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from order_gateway.errors import Unavailable
from protocol.codec import encode
from protocol.enums import Reason
from protocol.frame_budget import BYTES_AT_ONCE, FRAMES_AT_ONCE, TOO_MANY_FRAMES, FrameBudget

SECONDS_TO_TAKE = 20.0
"""Time that a client has to take what was sent to it, some 200 KB."""
UNREAD = f"what was sent {SECONDS_TO_TAKE:.0f} seconds ago is unread"
SECONDS_TO_READ_THE_END = 5.0
"""Time that a client has to read the close frame before the connection is cut."""
UNSENT_IN_KERNEL = 1 << 17
"""Bytes that the kernel may hold unsent for a client; by default it takes megabytes."""
MAX_REASON_CHARACTERS = 60
"""Room for the reason in a close frame, which may have 123 bytes."""

_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013


class StreamConnection(WebSocketsSansIOProtocol):
    """One connection. The application finds it as `websocket.state.connection`."""

    _budget: FrameBudget | None = None
    _is_flooded = False
    _is_in_message = False

    async def write(self, message: bytes) -> None:
        """Send a text message once the client has taken what was sent before."""
        await self._drain()
        self.conn.send_text(message)
        self._flush()

    async def write_pages(self, pages: Iterable[bytes]) -> None:
        """Send a text message in fragments, each once the client has taken the one before."""
        for page in pages:
            await self._drain()
            if self._is_in_message:
                self.conn.send_continuation(page, fin=False)
            else:
                self.conn.send_text(page, fin=False)
            self._is_in_message = True
            self._flush()
            await asyncio.sleep(0)  # a socket that takes everything keeps others waiting, too
        await self._drain()
        self.conn.send_continuation(b"", fin=True)
        self._is_in_message = False
        self._flush()

    def end(self, code: int, reason: Reason, detail: str) -> None:
        """Say the reason, and close; cut the connection if the client does not read in time.

        In the middle of a message only the close frame says it.
        """
        if self.close_sent or self.transport.is_closing():
            return
        if not self._is_in_message:
            self.conn.send_text(encode({"type": "error", "code": reason, "message": detail}))
        self.conn.send_close(code, f"{reason}: {detail}"[:MAX_REASON_CHARACTERS])
        self._flush()
        self.close_sent = True
        if self.read_paused:  # or the client's answer would never be read
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(SECONDS_TO_READ_THE_END, self.transport.abort)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": detail})

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

    def keepalive_timeout(self) -> None:
        """End a connection whose client did not answer a ping, and cut it in a while.

        If something is still unsent, the client has not read as far as the ping: it is too slow.
        """
        if self.transport.get_write_buffer_size():
            self.stop_keepalive()
            unavailable = too_slow(UNREAD)
            self.end(_TRY_AGAIN_LATER, unavailable.code, unavailable.detail)
        else:
            super().keepalive_timeout()
            self.loop.call_later(SECONDS_TO_READ_THE_END, _abort, self.transport)

    def handle_close(self, event: Frame) -> None:
        """Cut the connection in a while, even if the client has not read what was sent."""
        super().handle_close(event)
        self.loop.call_later(SECONDS_TO_READ_THE_END, _abort, self.transport)

    def handle_parser_exception(self) -> None:
        """Cut a connection in a while whose client has broken the protocol and may not read."""
        super().handle_parser_exception()
        self.loop.call_later(SECONDS_TO_READ_THE_END, _abort, self.transport)

    def data_received(self, data: bytes) -> None:
        """Read frames, little by little: the rest of a flood is not looked at."""
        for start in range(0, len(data), BYTES_AT_ONCE):
            if self._is_flooded:
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
        if self._take_frame():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take a message, or its first fragment, within the budget."""
        if self._take_frame():
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Take a fragment within the budget."""
        if self._take_frame(is_too_many=len(self.frames) >= FRAMES_AT_ONCE):
            super().handle_cont(event)

    def _take_frame(self, *, is_too_many: bool = False) -> bool:
        """Whether a frame is within the budget; close if it is not."""
        if self._budget is None:
            self._budget = FrameBudget()
        if self._budget.take() and not is_too_many:
            return True
        self._is_flooded = True
        if self.handshake_complete:
            self.end(_POLICY_VIOLATION, Reason.RATE_LIMITED, TOO_MANY_FRAMES)
        else:
            self.transport.abort()
        return False

    async def _drain(self) -> None:
        if not self.writable.is_set():
            try:
                async with asyncio.timeout(SECONDS_TO_TAKE):
                    await self.writable.wait()
            except TimeoutError:
                raise too_slow(
                    f"what was sent {SECONDS_TO_TAKE:.0f} seconds ago is unread"
                ) from None
        if self.close_sent or self.transport.is_closing():
            raise WebSocketDisconnect

    def _flush(self) -> None:
        self.transport.write(b"".join(self.conn.data_to_send()))


def too_slow(why: str) -> Unavailable:
    """The end of a client that does not take what is sent to it."""
    return Unavailable(Reason.OVERLOADED, f"the client is too slow for its reports: {why}")


def _abort(transport: asyncio.Transport) -> None:
    transport.abort()
