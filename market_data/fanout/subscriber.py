"""One client as the hub sees it: ready to be written to, behind, or gone."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from market_data.fanout.streams import TRADES, Stream
from market_data.stats import HubStats

MAX_HELD_TRADES = 4_096
"""Trades held for a client that is behind; one more and the client is closed."""


class Message(NamedTuple):
    """One encoded message.

    `cursor` is what a client that misses it asks to catch up from: the first update id of a book
    delta, 0 where only the newest counts.
    """

    stream: Stream
    frame: bytes
    cursor: int = 0


class Subscriber:
    """Writes directly while the client keeps up.

    While it is behind, trades are held, and of every other stream only the fact that it has missed
    something: it gets the newest when it is back.

    `write` hands bytes to the transport and never waits; `close` ends the connection.
    """

    __slots__ = ("_catch_up", "_close", "_missed", "_stats", "_trades", "is_open", "is_ready",
                 "streams", "write")  # fmt: skip

    def __init__(
        self,
        write: Callable[[bytes], None],
        close: Callable[[int, str], None],
        catch_up: Callable[[Stream, int], bytes | None],
        stats: HubStats,
    ) -> None:
        self.write = write
        self._close = close
        self._catch_up = catch_up
        self._stats = stats
        self.streams: frozenset[Stream] = frozenset()
        self.is_ready = True
        self.is_open = True
        self._trades: deque[Message] = deque()
        self._missed: dict[Stream, int] = {}

    def hold(self, messages: Iterable[Message]) -> None:
        """Take messages that the client cannot be written now."""
        if not self.is_open:
            return
        for message in messages:
            if message.stream.channel == TRADES:
                self._trades.append(message)
            else:
                self._miss(message)
        if len(self._trades) > MAX_HELD_TRADES:
            self.stop()
            self._close(1013, f"too slow: more than {MAX_HELD_TRADES} trades behind")

    def forget(self, streams: Iterable[Stream]) -> None:
        """Drop what is held of streams that the client has left."""
        gone = frozenset(streams)
        for stream in gone:
            self._missed.pop(stream, None)
        self._trades = deque(trade for trade in self._trades if trade.stream not in gone)

    def pause(self) -> None:
        """The client is behind from now on."""
        self.is_ready = False

    def resume(self) -> None:
        """The client is back: write the trades, then the newest of everything that it missed."""
        if not self.is_open:
            return
        self.is_ready = True
        frames = [*(trade.frame for trade in self._trades), *self._newest_of_missed()]
        self._trades.clear()
        self._missed.clear()
        if frames:
            self._stats.deliveries += len(frames)
            self.write(b"".join(frames))

    def stop(self) -> None:
        """The connection ends: nothing more is written or held."""
        self.is_ready = self.is_open = False
        self._trades.clear()
        self._missed.clear()

    def _miss(self, message: Message) -> None:
        cursor = self._missed.get(message.stream)
        if cursor is None:
            self._missed[message.stream] = message.cursor
        else:
            self._missed[message.stream] = min(cursor, message.cursor)
            self._stats.conflated += 1

    def _newest_of_missed(self) -> list[bytes]:
        newest = (self._catch_up(stream, cursor) for stream, cursor in self._missed.items())
        return [frame for frame in newest if frame is not None]
