"""One number for all that has happened, to compare two runs of the same program.

It is made of the commands with their stamps, of trades, reports and changes of balances, each in
their order, and of the last state hash. It does not depend on how the commands were batched, nor on
which worker pushed them, when by its own clock, and under which request.
"""

from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from engine.audit.record import Record
from engine.storage.journal import JournalDamaged
from protocol import channels, codec
from protocol.commands import QueueEntry
from protocol.events import AccountPosition
from protocol.journal import JournalEntry

_BYTES = 8
_CHANNELS = (channels.TRADE_EVENTS, channels.EXECUTION_REPORTS)


def compute_digest(record: Record) -> str:
    """Return the digest as 16 hex digits.

    Raises JournalDamaged if the journal does not go back to the exchange's first command.
    """
    if record.journal_start:
        raise JournalDamaged(
            f"the journal begins behind sequence {record.journal_start}, a digest is made of all"
            " of it: begin the exchange with a larger SNAPSHOT_INTERVAL"
        )
    commands, *events = hashes = [blake2b() for _ in range(1 + len(_CHANNELS))]
    state_hash = b""
    for entry in record.read_entries(0):
        for command in _list_commands(entry):
            commands.update(command + b"\0")
        for channel, one in zip(_CHANNELS, events, strict=True):
            for event in _list_events(entry, channel):
                one.update(event + b"\0")
        state_hash = entry.state_hash
    parts = b"".join(one.digest() for one in hashes)
    return blake2b(parts + state_hash, digest_size=_BYTES).hexdigest()


def _list_commands(entry: JournalEntry) -> Iterator[bytes]:
    for raw in codec.split_entries(entry.commands):
        try:
            command = codec.decode_entry(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            text = raw  # one with a bad field, whose refusal is journaled
        else:
            text = codec.encode(_strip(command))
        yield b"%d " % entry.timestamp + text


def _strip(command: QueueEntry) -> QueueEntry:
    """Leave out what is of the push alone."""
    return msgspec.structs.replace(command, received_at=None, reply_to=None, request_id=None)


def _list_events(entry: JournalEntry, channel: str) -> Iterator[bytes]:
    """List a channel's events, without what there is one of for each commit."""
    message = entry.messages.get(channel)
    for event in codec.decode_message(message).events if message else ():
        if not isinstance(event, AccountPosition):
            yield codec.encode(event)
