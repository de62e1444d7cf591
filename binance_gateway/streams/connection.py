"""The server's side of a client's WebSocket, for streams and for the WebSocket API."""

from collections.abc import Callable
from typing import Any

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
_TOO_SLOW, _POLICY_VIOLATION = 1013, 1008


class BinanceWebSocket(NonblockingWebSocket):
    """One connection. `render_farewell` makes what is written before the service closes it."""

    counts_messages = True
    render_farewell: Callable[[], bytes] | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ping_interval, self.ping_timeout = PING_SECONDS, PONG_SECONDS

    def make_budget(self) -> FrameBudget:
        """Return what the client may send, pings and pongs included."""
        if self.scope["path"] == WS_API_PATH:
            return FrameBudget(a_second=CALLS_A_SECOND, at_once=CALLS_A_SECOND)
        return FrameBudget(a_second=MESSAGES_A_SECOND, at_once=MESSAGES_AT_ONCE)

    def end(self, code: int, reason: str) -> None:
        """Close; one that is too slow breaks a rule here."""
        super().end(_POLICY_VIOLATION if code == _TOO_SLOW else code, reason)

    def shutdown(self) -> None:
        """Tell that the service stops, and close."""
        if self.handshake_complete and self.render_farewell is not None:
            self.write(self.render_farewell())
        super().shutdown()
