"""What a reader that is behind has missed, and when it is too slow to be kept.

`Subscriber` closes a reader whose backlog is too long. A reader that reads nothing at all is closed
by `sessions.nonblocking_websocket`, when it does not answer a ping.
"""

from collections import deque
from collections.abc import Callable, Iterable

from market_data.fanout.messages import Message
from market_data.fanout.streams import TRADES, Stream

MAX_HELD_TRADES = 4_096
"""Trades held for a reader that is behind; one more and it is closed."""


class Backlog:
    """The trades that a reader has missed, and from where on it has missed every other stream."""

    __slots__ = ("_missed", "_trades")

    def __init__(self) -> None:
        self._trades: deque[Message] = deque()
        self._missed: dict[Stream, int] = {}

    @property
    def is_too_long(self) -> bool:
        """Whether the reader is to be closed."""
        return len(self._trades) > MAX_HELD_TRADES

    def add(self, messages: Iterable[Message]) -> int:
        """Add what the reader has missed; return how many messages a newer one has replaced."""
        conflated = 0
        for message in messages:
            if message.stream.channel == TRADES:
                self._trades.append(message)
            else:
                conflated += self._miss(message)
        return conflated

    def forget(self, streams: frozenset[Stream]) -> None:
        """Drop what was missed of `streams`."""
        for stream in streams:
            self._missed.pop(stream, None)
        self._trades = deque(trade for trade in self._trades if trade.stream not in streams)

    def clear(self) -> None:
        """Drop everything."""
        self._trades.clear()
        self._missed.clear()

    def take(self, catch_up: Callable[[Stream, int], bytes | None]) -> list[bytes]:
        """Empty the backlog: the trades, then what `catch_up` renders of every other stream."""
        newest = (catch_up(stream, cursor) for stream, cursor in self._missed.items())
        frames = [*(trade.frame for trade in self._trades), *filter(None, newest)]
        self.clear()
        return frames

    def _miss(self, message: Message) -> bool:
        """Return whether something of the stream was missed before."""
        cursor = self._missed.get(message.stream)
        self._missed[message.stream] = (
            message.cursor if cursor is None else min(cursor, message.cursor)
        )
        return cursor is not None
