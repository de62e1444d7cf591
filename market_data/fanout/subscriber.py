"""One client as the hub sees it: ready to be written to, behind, or gone."""

from collections.abc import Callable, Iterable

from market_data.fanout.hub_stats import HubStats
from market_data.fanout.messages import Message
from market_data.fanout.slow_reader import MAX_HELD_TRADES, Backlog
from market_data.fanout.streams import Stream


class Subscriber:
    """Writes directly while the client keeps up.

    While it is behind, trades are held; of every other stream the client gets the newest state
    when it has caught up.

    `write` hands bytes to the transport and never waits; `close` ends the connection.
    """

    __slots__ = ("_backlog", "_catch_up", "_close", "_stats", "is_open", "is_ready",
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
        self._backlog = Backlog()

    def hold(self, messages: Iterable[Message]) -> None:
        """Keep messages that cannot be written now; close a client that has too many of them."""
        if not self.is_open:
            return
        self._stats.conflated += self._backlog.add(messages)
        if self._backlog.is_too_long:
            self.stop()
            self._close(1013, f"too slow: more than {MAX_HELD_TRADES} trades behind")

    def forget(self, streams: Iterable[Stream]) -> None:
        """Drop what is held of streams that the client has left."""
        self._backlog.forget(frozenset(streams))

    def pause(self) -> None:
        """Hold messages from now on: the client is behind."""
        self.is_ready = False

    def resume(self) -> None:
        """Write what was held: the client can be written to again."""
        if not self.is_open:
            return
        self.is_ready = True
        if frames := self._backlog.take(self._catch_up):
            self._stats.deliveries += len(frames)
            self.write(b"".join(frames))

    def stop(self) -> None:
        """Write and hold nothing more: the connection ends."""
        self.is_ready = self.is_open = False
        self._backlog.clear()
