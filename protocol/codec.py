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
"""Any message of `protocol` as compact JSON."""

decode_entry = _entry_decoder.decode
"""QueueEntry from bytes; raises msgspec.DecodeError (broken JSON) or its subclass
msgspec.ValidationError (a field of the wrong type, named in the text)."""

decode_message = _message_decoder.decode
"""ChannelMessage from bytes; raises msgspec.DecodeError."""

decode_replies = _replies_decoder.decode
"""ReplyMessage from bytes; raises msgspec.DecodeError."""

decode_report = _report_decoder.decode
"""ExecutionReport from text; raises msgspec.DecodeError."""

decode_fill = _fill_decoder.decode
"""Fill from text; raises msgspec.DecodeError."""


def join_entries(entries: list[bytes]) -> bytes:
    """Encoded entries as one JSON array."""
    return b"[" + b",".join(entries) + b"]"


def split_entries(joined: bytes) -> list[bytes]:
    """The encoded entries of a JSON array; raises msgspec.DecodeError."""
    return [bytes(entry) for entry in _entries_decoder.decode(joined)]


def to_text(raw: bytes) -> str:
    r"""Bytes of any kind as text; what is not UTF-8 is shown as `\xNN`."""
    return raw.decode(errors="backslashreplace")
