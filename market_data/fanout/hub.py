"""Hands every message to all clients of its stream.

Clients with the same subscription form an audience. What was published in one turn of the event
loop is joined once for each audience, so that each client costs one write. Nothing waits for a
client that is behind: its `Subscriber` holds what it has missed.
"""

from collections.abc import Callable, Iterable
from itertools import chain

from market_data.fanout.hub_stats import HubStats
from market_data.fanout.messages import Message
from market_data.fanout.slow_reader import Batch
from market_data.fanout.streams import Stream
from market_data.fanout.subscriber import Subscriber

MAX_PENDING = 1_024
"""Messages that may wait for the end of the turn; when there are that many, they go out at once."""
MAX_HELD_BYTES_OF_ALL = 256 << 20


class Hub:
    """All connected clients.

    `schedule` runs a function at the end of the event loop's turn. `render` returns the present
    state of a stream, encoded; None if it has none. If more than `max_held_bytes` are held for
    clients that are behind, those that are furthest behind are closed.
    """

    def __init__(
        self,
        schedule: Callable[[Callable[[], None]], object],
        render: Callable[[Stream], bytes | None],
        stats: HubStats,
        max_held_bytes: int = MAX_HELD_BYTES_OF_ALL,
    ) -> None:
        self.stats = stats
        self._schedule = schedule
        self._render = render
        self._max_held_bytes = max_held_bytes
        self._audiences: dict[frozenset[Stream], set[Subscriber]] = {}
        self._read_streams: frozenset[Stream] = frozenset()
        self._pending: list[Message] = []

    @property
    def clients(self) -> int:
        """Number of connected clients."""
        return sum(map(len, self._audiences.values()))

    @property
    def read_streams(self) -> frozenset[Stream]:
        """The streams that anyone is subscribed to."""
        return self._read_streams

    def has_readers(self, stream: Stream) -> bool:
        """Whether anyone is subscribed to `stream`."""
        return stream in self._read_streams

    def publish(self, message: Message) -> None:
        """Send `message` to all clients of its stream at the end of this turn."""
        if not self._pending:
            self._schedule(self.flush)
        self._pending.append(message)
        if len(self._pending) >= MAX_PENDING:
            self.flush()

    def flush(self) -> None:
        """Send what was published and has not been sent."""
        if not self._pending:
            return
        messages, self._pending = self._pending, []
        self.stats.messages += len(messages)
        for streams, subscribers in self._audiences.items():
            wanted = [message for message in messages if message.stream in streams]
            if wanted:
                self._send(Batch(wanted), subscribers)
        if self.stats.held_bytes > self._max_held_bytes:
            self._close_furthest_behind()

    def add(self, subscriber: Subscriber, streams: Iterable[Stream]) -> None:
        """Add a client with its subscription, and write it the present state of its streams."""
        self.flush()
        self._enter(subscriber, frozenset(streams))
        self._write_state(subscriber, streams)

    def subscribe(self, subscriber: Subscriber, streams: Iterable[Stream]) -> None:
        """Add `streams` to a subscription, and write the present state of those that are new."""
        self.flush()
        new = [stream for stream in streams if stream not in subscriber.streams]
        self._move(subscriber, subscriber.streams | frozenset(new))
        self._write_state(subscriber, new)

    def join(self, subscriber: Subscriber, stream: Stream, frame: bytes | None) -> None:
        """Add `stream` to a subscription, and write `frame`: what the client has missed."""
        self.flush()
        self._move(subscriber, subscriber.streams | {stream})
        if frame is not None and subscriber.is_open:
            subscriber.write(frame)

    def unsubscribe(self, subscriber: Subscriber, streams: Iterable[Stream]) -> None:
        """Take `streams` from a subscription."""
        self.flush()
        gone = frozenset(streams)
        self._move(subscriber, subscriber.streams - gone)
        subscriber.forget(gone)

    def remove(self, subscriber: Subscriber) -> None:
        """Remove a client; ignore one that is not there."""
        subscriber.stop()
        audience = self._audiences.get(subscriber.streams, set())
        if subscriber in audience:
            self._leave(subscriber)

    def resume(self, subscriber: Subscriber) -> None:
        """Let a client that was behind catch up."""
        self.flush()  # else the client would get what is pending twice
        subscriber.resume()

    def _send(self, batch: Batch, subscribers: set[Subscriber]) -> None:
        ready = 0
        for subscriber in subscribers:
            if subscriber.is_ready:
                subscriber.write(batch.frames)
                ready += 1
            else:
                subscriber.hold(batch)
        self.stats.deliveries += ready * len(batch.messages)

    def _close_furthest_behind(self) -> None:
        behind = [each for each in chain(*self._audiences.values()) if each.held_bytes]
        for subscriber in sorted(behind, key=lambda each: each.held_bytes, reverse=True):
            subscriber.give_up(
                f"{self._max_held_bytes >> 20} MB wait for all clients, most of it for this one"
            )
            if self.stats.held_bytes <= self._max_held_bytes:
                return

    def _write_state(self, subscriber: Subscriber, streams: Iterable[Stream]) -> None:
        """Write state even to a client that is behind: its request asked for it."""
        rendered = (self._render(stream) for stream in streams)
        frames = [frame for frame in rendered if frame is not None]
        if frames and subscriber.is_open:
            self.stats.deliveries += len(frames)
            subscriber.write(b"".join(frames))

    def _move(self, subscriber: Subscriber, streams: frozenset[Stream]) -> None:
        self._leave(subscriber)
        self._enter(subscriber, streams)

    def _enter(self, subscriber: Subscriber, streams: frozenset[Stream]) -> None:
        subscriber.streams = streams
        if streams not in self._audiences:
            self._audiences[streams] = set()
            self._collect_read_streams()
        self._audiences[streams].add(subscriber)

    def _leave(self, subscriber: Subscriber) -> None:
        audience = self._audiences[subscriber.streams]
        audience.remove(subscriber)
        if not audience:
            del self._audiences[subscriber.streams]
            self._collect_read_streams()

    def _collect_read_streams(self) -> None:
        self._read_streams = frozenset(chain.from_iterable(self._audiences))
