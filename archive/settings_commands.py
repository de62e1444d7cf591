"""The commands of the journal that set the ledger's assets and fees."""

from collections.abc import Container

import msgspec

from protocol import codec
from protocol.commands import QueueEntry
from protocol.enums import CommandType
from protocol.journal import JournalEntry

_WORDS = (CommandType.CONFIGURE.encode(), CommandType.SET_FEES.encode(), b"\\u")
"""Commands without these change no settings; whoever pushes by hand may write a word in escapes."""


def list_settings(entry: JournalEntry, refused: Container[int]) -> list[QueueEntry]:
    """List them in order; `refused` are the sequences of commands that changed nothing."""
    if not any(word in entry.commands for word in _WORDS):
        return []
    commands = enumerate(codec.split_entries(entry.commands), entry.previous + 1)
    found = [_read(raw) for sequence, raw in commands if sequence not in refused]
    return [command for command in found if command is not None]


def _read(raw: bytes) -> QueueEntry | None:
    try:
        command = codec.decode_entry(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    is_configure = command.command is CommandType.CONFIGURE and command.ledger is not None
    return command if is_configure or command.command is CommandType.SET_FEES else None
