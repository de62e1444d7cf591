"""What a reader that is behind has missed, and when it is too slow to be kept.

A reader is behind while the transport holds what it has not taken. How much one commit published
says nothing about a reader, so there is no limit on messages: a reader is too slow if it has not
taken for `MAX_SECONDS_BEHIND` what was sent to it, or if `MAX_HELD_BYTES` wait for it. What is held
is the same bytes for all readers of a subscription.

A reader that reads nothing while nothing is published is closed by
`sessions.nonblocking_websocket`, when it does not answer a ping.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from market_data.fanout.messages import Message
from market_data.fanout.streams import HEARTBEAT_STREAM, TRADES, Stream

MAX_SECONDS_BEHIND = 20
"""Time to take what was sent: at most the transport's high-water mark and one turn's messages."""
MAX_HELD_BYTES = 32 << 20
"""Trades held for a reader that is behind: 120,000 of them or so."""


class Batch:
    """What one turn published for an audience, joined once for all of its readers."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages

    @cached_property
    def frames(self) -> bytes:
        """All messages."""
        return b"".join([message.frame for message in self.messages])

    @cached_property
    def trades(self) -> "Batch":
        """The trades alone."""
        return Batch([message for message in self.messages if message.stream.channel == TRADES])

    def without(self, streams: frozenset[Stream]) -> "Batch":
        """Return what is of other streams."""
        return Batch([message for message in self.messages if message.stream not in streams])


class Page(NamedTuple):
    """Frames that go out as one write, and how many messages they are."""

    frames: bytes
    messages: int


class Backlog:
    """The trades that a reader has missed, and from where on it has missed every other stream.

    It is paid off in rounds: what had been missed when the round began comes before trades that
    were held since. Otherwise a reader that takes trades as fast as they are made, and no faster,
    would never get anything else.
    """

    __slots__ = ("_due", "_due_heartbeat", "_due_trades", "_missed", "_trades", "size")

    def __init__(self) -> None:
        self._due_trades: deque[Batch] = deque()
        self._due: dict[Stream, int] = {}
        self._due_heartbeat: bytes | None = None
        self._trades: deque[Batch] = deque()
        self._missed: dict[Stream, int] = {}
        self.size = 0
        """Bytes of the trades."""

    def add(self, batch: Batch) -> int:
        """Add what the reader has missed; return how many messages a newer one has replaced."""
        if batch.trades.messages:
            self._trades.append(batch.trades)
            self.size += len(batch.trades.frames)
        return sum(
            self._miss(message) for message in batch.messages if message.stream.channel != TRADES
        )

    def forget(self, streams: frozenset[Stream]) -> None:
        """Drop what was missed of `streams`."""
        for stream in streams:
            self._missed.pop(stream, None)
            self._due.pop(stream, None)
        if HEARTBEAT_STREAM in streams:
            self._due_heartbeat = None
        self._due_trades = _leave_out(self._due_trades, streams)
        self._trades = _leave_out(self._trades, streams)
        self.size = sum(len(batch.frames) for batch in (*self._due_trades, *self._trades))

    def clear(self) -> None:
        """Drop everything."""
        for each in (self._due_trades, self._due, self._trades, self._missed):
            each.clear()
        self._due_heartbeat = None
        self.size = 0

    def take(self, catch_up: Callable[[Stream, int], bytes | None]) -> Page | None:
        """Take the next page out; None if nothing is left.

        In each round the trades come first, then what `catch_up` renders of every other stream.
        """
        while (page := self._take_due(catch_up)) is None:
            if not (self._trades or self._missed):
                return None
            self._begin_round(catch_up)
        return page

    def _take_due(self, catch_up: Callable[[Stream, int], bytes | None]) -> Page | None:
        if self._due_trades:
            batch = self._due_trades.popleft()
            self.size -= len(batch.frames)
            return Page(batch.frames, len(batch.messages))
        while self._due:
            stream = next(iter(self._due))
            if frame := catch_up(stream, self._due.pop(stream)):
                return Page(frame, 1)
        heartbeat, self._due_heartbeat = self._due_heartbeat, None
        return Page(heartbeat, 1) if heartbeat else None

    def _begin_round(self, catch_up: Callable[[Stream, int], bytes | None]) -> None:
        """Make all that was missed due; the heartbeat tells of no trade that is held later."""
        self._due_trades, self._trades = self._trades, deque()
        self._due, self._missed = self._missed, {}
        cursor = self._due.pop(HEARTBEAT_STREAM, None)
        self._due_heartbeat = None if cursor is None else catch_up(HEARTBEAT_STREAM, cursor)

    def _miss(self, message: Message) -> bool:
        """Return whether something of the stream was missed before."""
        missed = self._due if message.stream in self._due else self._missed
        cursor = missed.get(message.stream)
        missed[message.stream] = message.cursor if cursor is None else min(cursor, message.cursor)
        return cursor is not None


def _leave_out(batches: Iterable[Batch], streams: frozenset[Stream]) -> deque[Batch]:
    kept = (batch.without(streams) for batch in batches)
    return deque(batch for batch in kept if batch.messages)
