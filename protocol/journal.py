"""The journal: a stream with one entry a commit, which is the truth about all that happened.

An entry's id is `<sequence>-0`. Its fields are those of `JournalEntry` under the same names, and
each message of the commit, byte for byte, under its channel's name, so that whoever missed a
message reads it here. A message longer than MAX_VALUE_BYTES is stored in parts, under the channel's
name, `<channel>:1`, `<channel>:2`, …, and is not published: subscribers see a gap.
"""

from collections.abc import Iterator, Mapping
from itertools import count, takewhile
from typing import NamedTuple, Self

from protocol.channels import EVENT_CHANNELS

MAX_VALUE_BYTES = 8 << 20
"""Of one value, and of a published message. Redis takes 512 MB, but it cuts off a subscriber that
has 16 MB unread."""


class JournalEntry(NamedTuple):
    """One commit.

    `commands` are the queue entries as taken, in order, with a `dead` in the place of each that
    could not be used; the first one's sequence is `previous` + 1, the last one's `sequence`.
    `timestamp` is the engine's stamp of all of them, in microseconds since 1970. `state_hash` is
    the core's after the last command, as 16 hex digits. `messages` maps a channel to its message.
    `elapsed` are the microseconds since the commit before; None in entries from before it was
    counted.
    """

    previous: int
    sequence: int
    timestamp: int
    commands: bytes
    state_hash: bytes
    messages: Mapping[str, bytes]
    elapsed: int | None = None

    @property
    def published(self) -> dict[str, bytes]:
        """Return the messages that are published: the last fields, in this order."""
        return {
            channel: message
            for channel, message in self.messages.items()
            if len(message) <= MAX_VALUE_BYTES
        }

    def to_fields(self) -> list[bytes]:
        """Return names and values in turn, as XADD takes them."""
        fields = [
            b"previous", b"%d" % self.previous,
            b"timestamp", b"%d" % self.timestamp,
            b"commands", self.commands,
            b"state_hash", self.state_hash,
        ]  # fmt: skip
        if self.elapsed is not None:
            fields += b"elapsed", b"%d" % self.elapsed
        published = self.published
        for channel, message in self.messages.items():
            if channel not in published:
                fields += _part_message(channel, message)
        for channel, message in published.items():
            fields += (channel.encode(), message)
        return fields

    @classmethod
    def from_stream(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Self:
        """Return the entry of a stream; raises KeyError or ValueError if it is not one of ours."""
        messages = {
            channel: _join_message(channel, fields)
            for channel in EVENT_CHANNELS
            if channel.encode() in fields
        }
        return cls(
            previous=int(fields[b"previous"]),
            sequence=parse_entry_id(entry_id),
            timestamp=int(fields[b"timestamp"]),
            commands=fields[b"commands"],
            state_hash=fields[b"state_hash"],
            messages=messages,
            elapsed=int(fields[b"elapsed"]) if b"elapsed" in fields else None,
        )


def _part_message(channel: str, message: bytes) -> Iterator[bytes]:
    names = _name_parts(channel)
    for start in range(0, len(message), MAX_VALUE_BYTES):
        yield next(names)
        yield message[start : start + MAX_VALUE_BYTES]


def _join_message(channel: str, fields: Mapping[bytes, bytes]) -> bytes:
    if f"{channel}:1".encode() not in fields:
        return fields[channel.encode()]
    return b"".join(fields[name] for name in takewhile(fields.__contains__, _name_parts(channel)))


def _name_parts(channel: str) -> Iterator[bytes]:
    yield channel.encode()
    for number in count(1):
        yield f"{channel}:{number}".encode()


def entry_id(sequence: int) -> bytes:
    """Return the stream id of the commit that ends with `sequence`."""
    return b"%d-0" % sequence


def parse_entry_id(text: bytes) -> int:
    """Return the sequence in a stream id; raises ValueError if it is not one of ours."""
    sequence, _, rest = text.partition(b"-")
    if rest != b"0":
        raise ValueError(f"{text!r} is not the id of a commit")
    return int(sequence)
