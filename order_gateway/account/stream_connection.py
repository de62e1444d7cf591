"""The server's side of a private stream's WebSocket, with direct access to its transport.

uvicorn's own `send` waits for ever for a client that does not read, and takes a message as a whole.
A stream needs a snapshot written page by page, and an end for a client that does not read. What
depends on the inside of uvicorn's protocol class is here and in `edge.websocket`.
"""

import asyncio
from collections.abc import Iterable

from starlette.websockets import WebSocketDisconnect
from websockets.frames import Frame

from edge.frame_budget import TOO_MANY_FRAMES
from edge.websocket import BoundedWebSocket
from order_gateway.errors import Unavailable
from protocol.codec import encode
from protocol.enums import Reason

SECONDS_TO_TAKE = 20.0
"""Time that a client has to take what was sent to it, some 200 KB."""
UNREAD = f"what was sent {SECONDS_TO_TAKE:.0f} seconds ago is unread"
MAX_REASON_CHARACTERS = 60
"""Room for the reason in a close frame, which may have 123 bytes."""

_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013


class StreamConnection(BoundedWebSocket):
    """One connection. The application finds it as `websocket.state.connection`."""

    counts_messages = True
    _is_in_message = False

    async def write(self, message: bytes) -> None:
        """Send a text message once the client has taken what was sent before."""
        await self._drain()
        self.conn.send_text(message)
        self.flush()

    async def write_pages(self, pages: Iterable[bytes]) -> None:
        """Send a text message in fragments, each once the client has taken the one before."""
        for page in pages:
            await self._drain()
            if self._is_in_message:
                self.conn.send_continuation(page, fin=False)
            else:
                self.conn.send_text(page, fin=False)
            self._is_in_message = True
            self.flush()
            await asyncio.sleep(0)  # a socket that takes everything keeps others waiting, too
        await self._drain()
        self.conn.send_continuation(b"", fin=True)
        self._is_in_message = False
        self.flush()

    def end(self, code: int, reason: Reason, detail: str) -> None:
        """Say the reason, and close; cut the connection if the client does not read in time.

        In the middle of a message only the close frame says it.
        """
        if self.close_sent or self.transport.is_closing():
            return
        if not self._is_in_message:
            self.conn.send_text(encode({"type": "error", "code": reason, "message": detail}))
        self.close_with(code, f"{reason}: {detail}"[:MAX_REASON_CHARACTERS], detail)

    def end_flood(self) -> None:
        """Close the connection of a client that has sent too many frames."""
        self.end(_POLICY_VIOLATION, Reason.RATE_LIMITED, TOO_MANY_FRAMES)

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
            self.cut_later()

    def handle_close(self, event: Frame) -> None:
        """Cut the connection in a while, even if the client has not read what was sent."""
        super().handle_close(event)
        self.cut_later()

    def handle_parser_exception(self) -> None:
        """Cut a connection in a while whose client has broken the protocol and may not read."""
        super().handle_parser_exception()
        self.cut_later()

    async def _drain(self) -> None:
        if not self.writable.is_set():
            try:
                async with asyncio.timeout(SECONDS_TO_TAKE):
                    await self.writable.wait()
            except TimeoutError:
                raise too_slow(UNREAD) from None
        if self.close_sent or self.transport.is_closing():
            raise WebSocketDisconnect


def too_slow(why: str) -> Unavailable:
    """The end of a client that does not take what is sent to it."""
    return Unavailable(Reason.OVERLOADED, f"the client is too slow for its reports: {why}")
