"""Audit how commits follow each other: sequences, stamps, and the chain of each channel."""

from collections.abc import Mapping

import msgspec

from engine.audit.findings import Findings, Rule
from protocol import channels, codec
from protocol.events import ChannelMessage
from protocol.journal import JournalEntry


class ChainAudit:
    """Follows the chain; `sequence` and `last_published` are its start, then what it reached."""

    def __init__(
        self, sequence: int, timestamp: int, last_published: Mapping[str, int], findings: Findings
    ) -> None:
        self.sequence = sequence
        self.last_published = dict(last_published)
        self.commits = 0
        self._timestamp = timestamp
        self._findings = findings

    def read(self, entry: JournalEntry) -> dict[str, ChannelMessage]:
        """Audit one commit; return its messages by channel, those that can be decoded."""
        self.commits += 1
        self._findings.expect(
            entry.previous == self.sequence,
            Rule.SEQUENCE,
            f"follows {entry.previous}, expected {self.sequence}",
        )
        self._findings.expect(
            entry.timestamp >= self._timestamp,
            Rule.TIMESTAMP,
            f"{entry.timestamp} is before {self._timestamp}",
        )
        self.sequence, self._timestamp = entry.sequence, entry.timestamp
        messages = {}
        for channel, raw in entry.messages.items():
            message = self._read_message(channel, raw)
            if message is not None:
                messages[channel] = message
        return messages

    def read_end(self, stored_sequence: int, stored: Mapping[str, int]) -> None:
        """Compare with what the state says of the journal's end."""
        self._findings.expect(
            stored_sequence == self.sequence,
            Rule.STATE,
            f"the state is at {stored_sequence}, the journal ends at {self.sequence}",
        )
        for channel in channels.EVENT_CHANNELS:
            last = self.last_published.get(channel, 0)
            self._findings.expect(
                stored.get(channel, 0) == last,
                Rule.STATE,
                f"last:{channel} is {stored.get(channel, 0)}, the journal has {last}",
            )

    def _read_message(self, channel: str, raw: bytes) -> ChannelMessage | None:
        try:
            message = codec.decode_message(raw)
        except msgspec.DecodeError as error:
            self._findings.add(Rule.CHAIN, f"{channel}: {error}")
            return None
        last = self.last_published.get(channel, 0)
        self._findings.expect(
            (message.previous, message.sequence) == (last, self.sequence),
            Rule.CHAIN,
            f"{channel}: {message.sequence} follows {message.previous}, expected {last}",
        )
        self.last_published[channel] = message.sequence
        return message
