"""The server's side of a private stream's WebSocket, with direct access to its transport.

uvicorn's own `send` waits for ever for a client that does not read, and takes a message as a whole.
A stream needs a snapshot written page by page, and an end for a client that does not read. What
depends on the inside of uvicorn's protocol class is here and in `edge.websocket`.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from starlette.websockets import WebSocketDisconnect
from websockets.frames import Frame
from websockets.protocol import State

from edge.frame_budget import TOO_MANY_FRAMES
from edge.text_frames import UnusualFrame, find_end, frame_text, read_text
from edge.websocket import BoundedWebSocket
from order_gateway.errors import Unavailable
from protocol.codec import encode
from protocol.enums import Reason

SECONDS_TO_TAKE = 20.0
"""Time that a client has to take what was sent to it, some 200 KB."""
UNREAD = f"what was sent {SECONDS_TO_TAKE:.0f} seconds ago is unread"
MAX_UNDER_WAY = 1_000
"""Commands of a connection that are not answered yet; with more, nothing is read from it."""
MAX_REASON_CHARACTERS = 60
"""Room for the reason in a close frame, which may have 123 bytes."""

_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013

TakePlain = Callable[[bytes, int], int]
"""Takes whole frames of some bytes, from a place on; returns where the first is that it leaves."""


class StreamConnection(BoundedWebSocket):
    """One connection. The application finds it as `websocket.state.connection`."""

    counts_messages = True
    _is_in_message = False
    _take: Callable[[bytes], bool] | None = None
    _take_plain: TakePlain | None = None
    _under_way = 0
    _is_usual = True
    """Whether the client has sent nothing yet that the library has to read frame by frame."""
    _rest = b""
    """The beginning of a frame, of which the library knows nothing yet."""

    def __init__(self, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._answers: list[bytes] = []
        """Frames that are sent at the end of this turn of the event loop, or of a message."""

    def listen_to(self, take: Callable[[bytes], bool], take_plain: TakePlain | None = None) -> None:
        """Give `take` each message from now on; one for which it returns False costs a frame.

        `take_plain` gets the frames first, and takes what it can.
        """
        self._take, self._take_plain = take, take_plain

    def data_received(self, data: bytes) -> None:
        """Take whole texts at once; anything else is the library's, from its first byte on."""
        if not (self._is_usual and self.handshake_initiated):
            super().data_received(data)
            return
        data, self._rest = self._rest + data, b""
        at = 0
        try:
            while not self.is_flooded:
                at = self._take_all_plain(data, at)
                end = find_end(data, at)
                if not end:
                    break
                start, at = at, end
                self._take_whole(data, start, end)
        except UnusualFrame:
            self._is_usual = False
            super().data_received(data[at:])
        else:
            self._rest = data[at:]

    def _take_all_plain(self, data: bytes, at: int) -> int:
        """Return where the first frame is that is not taken the short way."""
        if self._take_plain is None or self.close_sent:
            return at
        return self._take_plain(data, at)

    def _take_whole(self, data: bytes, at: int, end: int) -> None:
        text = None if self._take is None else read_text(data, at, end)
        if text is None:
            super().data_received(data[at:end])
            if self.conn.state > State.OPEN:  # what is behind a close frame is no command
                raise UnusualFrame
        else:
            self._take_text(text)

    def handle_text(self, event: Frame) -> None:
        """Take a message, or its first fragment."""
        if self._take is None or not event.fin:
            super().handle_text(event)
        else:
            self._take_text(bytes(event.data))

    def _take_text(self, text: bytes) -> None:
        if self._take is not None and not (self.close_sent or self._take(text)):
            self._take_frame()

    def send_receive_event_to_app(self) -> None:
        """Take a message whose fragments have all come."""
        if self._take is None or self.curr_msg_data_type != "text" or self.close_sent:
            super().send_receive_event_to_app()
            return
        text, self.frames = b"".join(self.frames), []
        self._take(text)

    def begin_command(self, count: int = 1) -> None:
        """Count commands that are under way; with many, or unread answers, read no more."""
        self._under_way += count
        if self._under_way >= MAX_UNDER_WAY or not self.writable.is_set():
            self.read_paused = True
            self.transport.pause_reading()

    def end_command(self, answer: bytes) -> None:
        """Answer a command."""
        self.end_commands([frame_text(answer)])

    def end_commands(self, answers: Sequence[bytes]) -> None:
        """Answer commands by frames, each a whole text message."""
        self._under_way -= len(answers)
        self._send_soon(answers)
        self._read_on()

    def answer(self, text: bytes) -> None:
        """Send a text message with all others of this turn, behind one that is sent in pages."""
        self._send_soon([frame_text(text)])

    def _send_soon(self, frames: Sequence[bytes]) -> None:
        if not self._answers:
            self.loop.call_soon(self._send_answers)
        self._answers += frames

    def _send_answers(self) -> None:
        if self._is_in_message or self.close_sent or self.transport.is_closing():
            return
        if self._answers:
            self.transport.write(b"".join(self._answers))
            self._answers = []

    def resume_writing(self) -> None:
        """Go on reading commands, now that the client has read."""
        super().resume_writing()
        self._read_on()

    def _read_on(self) -> None:
        is_free = self._under_way < MAX_UNDER_WAY // 2 and self.writable.is_set()
        if self._take is not None and self.read_paused and is_free:
            self.read_paused = False
            self.transport.resume_reading()

    async def write(self, message: bytes) -> None:
        """Send a text message once the client has taken what was sent before."""
        await self._drain()
        self._send_answers()
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
        self._send_answers()

    def end(self, code: int, reason: Reason, detail: str) -> None:
        """Say the reason, and close; cut the connection if the client does not read in time.

        In the middle of a message only the close frame says it.
        """
        if self.close_sent or self.transport.is_closing():
            return
        if not self._is_in_message:
            self._send_answers()
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
        self._send_answers()
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
