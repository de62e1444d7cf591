"""What a reader that is behind has missed, and when it is too slow to be kept.

A reader is behind while the transport holds what it has not taken. How much one commit published
says nothing about a reader, so there is no limit on messages: a reader is too slow if it has not
taken for `MAX_SECONDS_BEHIND` what was sent to it, or if `MAX_HELD_BYTES` wait for it. What is held
is the same bytes for all readers of a subscription, and counts once in the total
(`HubStats.held_bytes`), which the hub bounds.

A reader that reads nothing while nothing is published is closed by
`nonblocking_websocket`, when it does not answer a ping.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from market_data.fanout.hub_stats import HubStats
from market_data.fanout.messages import Message
from market_data.fanout.streams import HEARTBEAT_STREAM, TRADES, Stream

MAX_SECONDS_BEHIND = 20
"""Time to take what was sent: at most the transport's high-water mark and one turn's messages."""
MAX_HELD_BYTES = 32 << 20
"""Trades held for a reader that is behind: 90,000 of them or so."""
_BYTES_OF_MESSAGE = 100
"""Its stream and length: a tuple, a number and a place in a list."""
_BYTES_OF_BATCH = 300


class Batch:
    """What one turn published for an audience, joined once for all of its readers."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages

    @cached_property
    def frames(self) -> bytes:
        """All messages."""
        return b"".join([message.frame for message in self.messages])

    @cached_property
    def whole(self) -> "HeldTrades":
        """All messages, to be held for readers that must miss none."""
        return HeldTrades.of(self.messages)

    @cached_property
    def trades(self) -> "HeldTrades | None":
        """The trades alone, to be held for readers that are behind."""
        trades = [message for message in self.messages if message.stream.channel == TRADES]
        return HeldTrades.of(trades) if trades else None


class HeldTrades:
    """Trades that readers of an audience are behind with: one copy for all of them, and its cost.

    `messages` has the stream and the length of each.
    """

    __slots__ = ("frames", "holders", "messages")

    def __init__(self, frames: bytes, messages: Sequence[tuple[Stream, int]]) -> None:
        self.frames = frames
        self.messages = messages
        self.holders = 0

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "HeldTrades":
        """Join the messages' frames, and keep nothing else of them."""
        frames = b"".join([message.frame for message in messages])
        return cls(frames, [(message.stream, len(message.frame)) for message in messages])

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return len(self.frames) + _BYTES_OF_MESSAGE * len(self.messages) + _BYTES_OF_BATCH

    def without(self, streams: frozenset[Stream]) -> "HeldTrades | None":
        """Return what is of other streams: itself if that is all, None if it is nothing."""
        if not any(stream in streams for stream, _ in self.messages):
            return self
        kept, parts, at = [], [], 0
        for stream, length in self.messages:
            if stream not in streams:
                kept.append((stream, length))
                parts.append(self.frames[at : at + length])
            at += length
        return HeldTrades(b"".join(parts), kept) if kept else None


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

    __slots__ = (
        "_due", "_due_heartbeat", "_due_trades", "_missed", "_stats", "_trades", "size",
    )  # fmt: skip

    def __init__(self, stats: HubStats) -> None:
        self._stats = stats
        self._due_trades: deque[HeldTrades] = deque()
        self._due: dict[Stream, int] = {}
        self._due_heartbeat: bytes | None = None
        self._trades: deque[HeldTrades] = deque()
        self._missed: dict[Stream, int] = {}
        self.size = 0
        """Bytes that the trades take."""

    def add(self, batch: Batch) -> int:
        """Add what the reader has missed; return how many messages a newer one has replaced."""
        if batch.trades is not None:
            self._trades.append(self._hold(batch.trades))
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
        self._due_trades = self._leave_out(self._due_trades, streams)
        self._trades = self._leave_out(self._trades, streams)

    def clear(self) -> None:
        """Drop everything."""
        for trades in (*self._due_trades, *self._trades):
            self._release(trades)
        for each in (self._due_trades, self._due, self._trades, self._missed):
            each.clear()
        self._due_heartbeat = None

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
            trades = self._due_trades.popleft()
            self._release(trades)
            return Page(trades.frames, len(trades.messages))
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

    def _leave_out(
        self, held: Iterable[HeldTrades], streams: frozenset[Stream]
    ) -> deque[HeldTrades]:
        left = deque[HeldTrades]()
        for trades in held:
            if (kept := trades.without(streams)) is not None:
                left.append(self._hold(kept))
            self._release(trades)
        return left

    def _hold(self, trades: HeldTrades) -> HeldTrades:
        self.size += trades.size
        if not trades.holders:
            self._stats.held_bytes += trades.size
        trades.holders += 1
        return trades

    def _release(self, trades: HeldTrades) -> None:
        self.size -= trades.size
        trades.holders -= 1
        if not trades.holders:
            self._stats.held_bytes -= trades.size


class WholeBacklog(Backlog):
    """Every message that a reader has missed: none is replaced by a newer one."""

    def add(self, batch: Batch) -> int:
        """Add what the reader has missed."""
        self._trades.append(self._hold(batch.whole))
        return 0
