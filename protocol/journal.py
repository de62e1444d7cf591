"""The journal: a stream with one entry a commit, which is the truth about all that happened.

An entry's id is `<sequence>-0`. Its fields are those of `JournalEntry` under the same names, and
under its channel's name each message that the commit published, byte for byte: who missed a
message reads it here.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

from protocol.channels import EVENT_CHANNELS


class JournalEntry(NamedTuple):
    """One commit.

    `commands` are the queue entries as taken, completed with ids where they had none, in order;
    the first one's sequence is `previous` + 1, the last one's `sequence`. `timestamp` is the
    engine's stamp of all of them, in microseconds since 1970. `state_hash` is the core's after the
    last command, as 16 hex digits. `messages` maps a channel to the message published there.
    """

    previous: int
    sequence: int
    timestamp: int
    commands: bytes
    state_hash: bytes
    messages: Mapping[str, bytes]

    def to_fields(self) -> list[bytes]:
        """Names and values in turn, as XADD takes them."""
        fields = [
            b"previous", b"%d" % self.previous,
            b"timestamp", b"%d" % self.timestamp,
            b"commands", self.commands,
            b"state_hash", self.state_hash,
        ]  # fmt: skip
        for channel, message in self.messages.items():
            fields += (channel.encode(), message)
        return fields

    @classmethod
    def from_stream(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Self:
        """The entry of a stream; raises KeyError or ValueError where it is not one of ours."""
        messages = {
            channel: fields[channel.encode()]
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
        )


def entry_id(sequence: int) -> bytes:
    """The stream id of the commit that ends with `sequence`."""
    return b"%d-0" % sequence


def parse_entry_id(text: bytes) -> int:
    """The sequence in a stream id; raises ValueError where it is not one of ours."""
    sequence, _, rest = text.partition(b"-")
    if rest != b"0":
        raise ValueError(f"{text!r} is not the id of a commit")
    return int(sequence)
