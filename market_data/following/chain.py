"""The chain of sequences on the public channels, which shows if anything is missing."""

from enum import Enum, auto

from market_data.following.engine_state import PUBLIC_CHANNELS, EngineState
from market_data.following.lag import has_received
from protocol.applied import Applied
from protocol.events import ChannelMessage
from protocol.snapshot import Snapshot


class Link(Enum):
    """How a message relates to those before it on its channel.

    FIRST: the first message of all comes again. It is another exchange's, or very late; the
    engine's state tells which. CONTRADICTION: another message than the one that was applied in its
    place; the journal tells which of them is the engine's.
    """

    NEXT = auto()
    DUPLICATE = auto()
    FIRST = auto()
    CONTRADICTION = auto()
    GAP = auto()


class Chain:
    """How far the channels were received.

    `last` is the newest sequence on each channel, `complete` a commit up to which nothing is
    missing on any of them.
    """

    def __init__(self) -> None:
        self.last = dict.fromkeys(PUBLIC_CHANNELS, 0)
        self.complete = 0
        self._applied = {channel: Applied(0) for channel in PUBLIC_CHANNELS}
        self._id_key: bytes | None = None
        self._expected = dict(self.last)

    def clear(self, state: EngineState | None = None) -> None:
        """Start again before the first commit of the exchange of `state`; None: of any exchange."""
        self.last = dict.fromkeys(PUBLIC_CHANNELS, 0)
        self._expected = dict(self.last)
        self.complete = 0
        self._applied = {channel: Applied(0) for channel in PUBLIC_CHANNELS}
        self._id_key = state.id_key if state else None

    def restore(self, snapshot: Snapshot) -> None:
        """Continue from `snapshot`."""
        self.last = {each: snapshot.last_published.get(each, 0) for each in PUBLIC_CHANNELS}
        self._applied = {channel: Applied(last) for channel, last in self.last.items()}
        self.complete = snapshot.sequence

    def judge(self, channel: str, message: ChannelMessage, data: bytes) -> Link:
        """Return how `message`, which was read from `data`, relates to those before it."""
        last = self.last[channel]
        if message.previous == 0 and message.sequence < last:
            return Link.FIRST
        if message.sequence <= last:
            is_other = self._applied[channel].contradict(
                message.sequence, data, is_notice=not message.events
            )
            return Link.CONTRADICTION if is_other else Link.DUPLICATE
        return Link.NEXT if message.previous == last else Link.GAP

    def advance(self, channel: str, sequence: int, data: bytes) -> None:
        """Note that the message that ends with `sequence` was applied."""
        self.last[channel] = sequence
        self._applied[channel].add(sequence, data)

    def is_of(self, state: EngineState) -> bool:
        """Whether `state` continues what was received: the same exchange, and no less published.

        Ask before anything else is received: a newer message would make `state` look too old.
        """
        if self._id_key is None:
            self._id_key = state.id_key
        return has_received(self.last, state.last) and self.is_same_exchange(state)

    def is_same_exchange(self, state: EngineState) -> bool:
        """Whether `state` is of the exchange whose commits were received."""
        return state.id_key == self._id_key and state.sequence >= self.complete

    def has_lost_tail(self, state: EngineState) -> bool:
        """Whether something that the state named at the previous call has still not arrived."""
        is_lost = not has_received(self._expected, self.last)
        self._expected = dict(state.last)
        return is_lost

    def has_all(self, state: EngineState) -> bool:
        """Whether all that `state` says was published has been received."""
        return has_received(state.last, self.last)

    def note_complete(self, state: EngineState) -> None:
        """Move `complete` to the sequence of `state` if all that `state` names has arrived."""
        if self.has_all(state):
            self.complete = max(self.complete, state.sequence)

    def count_behind(self, state: EngineState) -> int:
        """Count the sequences from the newest message to the engine; 0 if nothing is missing."""
        if self.has_all(state):
            return 0
        return state.sequence - max(self.complete, *self.last.values())
