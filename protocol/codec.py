"""Bytes on the wire: JSON, encoded and decoded by msgspec."""

import msgspec

from protocol.commands import QueueEntry
from protocol.events import ChannelMessage, ExecutionReport, Fill, ReplyMessage

_encoder = msgspec.json.Encoder()
_entry_decoder = msgspec.json.Decoder(QueueEntry)
_entries_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_message_decoder = msgspec.json.Decoder(ChannelMessage)
_replies_decoder = msgspec.json.Decoder(ReplyMessage)
_report_decoder = msgspec.json.Decoder(ExecutionReport)
_fill_decoder = msgspec.json.Decoder(Fill)

encode = _encoder.encode
"""Return any message of `protocol` as compact JSON."""

decode_entry = _entry_decoder.decode
"""Return a QueueEntry from bytes; raises msgspec.DecodeError for broken JSON, and its subclass
msgspec.ValidationError, which names the field, for a value of the wrong type."""

decode_message = _message_decoder.decode
"""Return a ChannelMessage from bytes; raises msgspec.DecodeError."""

decode_replies = _replies_decoder.decode
"""Return a ReplyMessage from bytes; raises msgspec.DecodeError."""

decode_report = _report_decoder.decode
"""Return an ExecutionReport from text; raises msgspec.DecodeError."""

decode_fill = _fill_decoder.decode
"""Return a Fill from text; raises msgspec.DecodeError."""


def join_entries(entries: list[bytes]) -> bytes:
    """Return encoded entries as one JSON array."""
    return b"[" + b",".join(entries) + b"]"


def split_entries(joined: bytes) -> list[bytes]:
    """Return the encoded entries of a JSON array; raises msgspec.DecodeError."""
    return [bytes(entry) for entry in _entries_decoder.decode(joined)]


def to_text(raw: bytes) -> str:
    r"""Return bytes of any kind as text; bytes that are not UTF-8 are shown as `\xNN`."""
    return raw.decode(errors="backslashreplace")
