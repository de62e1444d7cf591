"""The server's side of a client's WebSocket, for streams and for the WebSocket API."""

from collections.abc import Callable
from typing import Any, TypeAlias

from edge.frame_budget import FrameBudget
from market_data.fanout.nonblocking_websocket import NonblockingWebSocket

WS_API_PATH = "/ws-api/v3"
PING_SECONDS = 20.0
PONG_SECONDS = 60.0
MESSAGES_A_SECOND = 5
MESSAGES_AT_ONCE = 15
"""A client of streams may send 10 messages more at once, such as its first subscriptions."""
CALLS_A_SECOND = 5_000
"""Of the WebSocket API, which is limited by weight; beyond this nothing is read."""
MAX_UNDER_WAY = 1_000
"""Calls of a connection that are not answered yet; with more, nothing is read from it."""
_TOO_SLOW, _POLICY_VIOLATION, _NO_TEXT = 1013, 1008, 1007

Take: TypeAlias = Callable[[str | None], None]
"""Takes a message: its text, None for one in binary."""


class BinanceWebSocket(NonblockingWebSocket):
    """One connection. `render_farewell` makes what is written before the service closes it."""

    counts_messages = True
    render_farewell: Callable[[], bytes] | None = None
    _take: Take | None = None
    _under_way = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ping_interval, self.ping_timeout = PING_SECONDS, PONG_SECONDS

    def make_budget(self) -> FrameBudget:
        """Return what the client may send, pings and pongs included."""
        if self.scope["path"] == WS_API_PATH:
            return FrameBudget(a_second=CALLS_A_SECOND, at_once=CALLS_A_SECOND)
        return FrameBudget(a_second=MESSAGES_A_SECOND, at_once=MESSAGES_AT_ONCE)

    def listen_to(self, take: Take) -> None:
        """Give `take` each message from now on, as it comes: each is a call that is to be answered.

        What has come before is in the queue of the application.
        """
        self._take = take

    def send_receive_event_to_app(self) -> None:
        """Take a message that has come as a whole."""
        if self._take is None:
            super().send_receive_event_to_app()
            return
        content, self.frames = b"".join(self.frames), []
        if self.close_sent:
            return
        try:
            text = content.decode() if self.curr_msg_data_type == "text" else None
        except UnicodeDecodeError:
            self.conn.send_close(_NO_TEXT)
            self.handle_parser_exception()
            return
        self.begin_call()
        self._take(text)

    def begin_call(self) -> None:
        """Count a call that is under way; with many of them, or unread answers, read no more."""
        self._under_way += 1
        if self._under_way >= MAX_UNDER_WAY or not self.writable.is_set():
            self.read_paused = True
            self.transport.pause_reading()

    def end_call(self) -> None:
        """Note that a call has been answered."""
        self._under_way -= 1
        self._read_on()

    def resume_writing(self) -> None:
        """Go on reading calls, now that the client has read."""
        super().resume_writing()
        self._read_on()

    def _read_on(self) -> None:
        is_free = self._under_way < MAX_UNDER_WAY // 2 and self.writable.is_set()
        if self._take is not None and self.read_paused and is_free:
            self.read_paused = False
            self.transport.resume_reading()

    def end(self, code: int, reason: str) -> None:
        """Close; one that is too slow breaks a rule here."""
        super().end(_POLICY_VIOLATION if code == _TOO_SLOW else code, reason)

    def shutdown(self) -> None:
        """Tell that the service stops, and close."""
        if self.handshake_complete and self.render_farewell is not None:
            self.write(self.render_farewell())
        super().shutdown()
