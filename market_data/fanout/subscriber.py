"""One client as the hub sees it: ready to be written to, behind, or gone."""

import time
from collections.abc import Callable, Iterable

from market_data.fanout.hub_stats import HubStats
from market_data.fanout.slow_reader import MAX_HELD_BYTES, MAX_SECONDS_BEHIND, Backlog, Batch
from market_data.fanout.streams import Stream


class Subscriber:
    """Writes directly while the client keeps up.

    While it is behind, trades are held. As it catches up, it gets the newest state of every other
    stream after the trades that were held when it began to. What was held is written page by page,
    each once the client has taken the one before.

    `write` hands bytes to the transport and never waits; `close` ends the connection.
    """

    __slots__ = ("_backlog", "_behind_since", "_catch_up", "_clock", "_close", "_stats", "_unsent",
                 "is_open", "is_ready", "streams", "write")  # fmt: skip

    def __init__(
        self,
        write: Callable[[bytes], None],
        close: Callable[[int, str], None],
        catch_up: Callable[[Stream, int], bytes | None],
        stats: HubStats,
        clock: Callable[[], float] = time.monotonic,
        backlog: type[Backlog] = Backlog,
    ) -> None:
        self.write = write
        self._close = close
        self._catch_up = catch_up
        self._stats = stats
        self._clock = clock
        self.streams: frozenset[Stream] = frozenset()
        self.is_ready = True
        self.is_open = True
        self._behind_since: float | None = None
        self._backlog = backlog(stats)
        self._unsent = 0

    @property
    def held_bytes(self) -> int:
        """What is held for the client, here and in its transport."""
        return self._backlog.size + self._unsent

    def hold(self, batch: Batch) -> None:
        """Keep what cannot be written now; close a client that is too slow."""
        if not self.is_open:
            return
        self._stats.conflated += self._backlog.add(batch)
        if self.held_bytes > MAX_HELD_BYTES:
            self.give_up(f"more than {MAX_HELD_BYTES >> 20} MB behind")
        elif self._count_seconds_behind() > MAX_SECONDS_BEHIND:
            self.give_up(f"what was sent {MAX_SECONDS_BEHIND} seconds ago is unread")

    def forget(self, streams: Iterable[Stream]) -> None:
        """Drop what is held of streams that the client has left."""
        self._backlog.forget(frozenset(streams))

    def pause(self, unsent: int = 0) -> None:
        """Hold messages from now on: the client is behind with `unsent` bytes of its transport."""
        self.is_ready = False
        self._behind_since = self._clock()
        self.note_unsent(unsent)

    def note_unsent(self, size: int) -> None:
        """Count what the transport holds of a client that is behind."""
        if self.is_open:
            self._stats.held_bytes += size - self._unsent
            self._unsent = size

    def resume(self) -> None:
        """Write what was held, until the client is behind again: it can be written to."""
        self._behind_since = None
        self.note_unsent(0)
        while self.is_open and self._behind_since is None:
            page = self._backlog.take(self._catch_up)
            if page is None:
                self.is_ready = True
                return
            self._stats.deliveries += page.messages
            self.write(page.frames)

    def stop(self) -> None:
        """Write and hold nothing more: the connection ends."""
        self.note_unsent(0)
        self.is_ready = self.is_open = False
        self._backlog.clear()

    def give_up(self, why: str) -> None:
        """End the connection of a client that is too slow."""
        self.stop()
        self._close(1013, f"too slow: {why}")

    def _count_seconds_behind(self) -> float:
        return 0.0 if self._behind_since is None else self._clock() - self._behind_since
