"""Read what somebody put into the list: anything may be in there.

Compiled if there is a compiler (`entries.pxd` has the types).
"""

import msgspec

from engine.exchange.entry import Entry
from protocol import codec
from protocol.commands import MAX_ENTRY_BYTES, QueueEntry
from protocol.enums import CommandType, Reason
from protocol.refusal import Refusal

SHALLOW_BYTES = 512
"""Up to this length brackets are not counted: it is too short for deep nesting, and hardly any
entry is longer."""
MAX_BRACKETS = 100
"""An entry that the decoder can just read must still be readable when the journal has wrapped it
once more."""

_TEXT_FIELDS = ("symbol", "order_id", "client_order_id", "account", "reply_to", "request_id")
_CODES = {
    "side": Reason.INVALID_SIDE,
    "order_type": Reason.INVALID_ORDER_TYPE,
    "self_trade_prevention": Reason.INVALID_SELF_TRADE_PREVENTION,
    "scope": Reason.INVALID_SCOPE,
    "command": Reason.INVALID_COMMAND,
}
_NAMES = set(CommandType)


class Unreadable(Exception):
    """The entry is not a JSON object, or is too large to be read."""


class Malformed(Refusal):
    """The entry is a JSON object with a bad field; `entry` has the fields that can be used."""

    def __init__(self, entry: Entry, code: Reason, field: str | None, detail: str) -> None:
        super().__init__(code, field, detail)
        self.entry = entry


def read_entry(raw: bytes) -> Entry:
    """Read the entry in `raw`; raise Unreadable or Malformed."""
    if len(raw) > MAX_ENTRY_BYTES:
        raise Unreadable(f"{len(raw)} bytes, at most {MAX_ENTRY_BYTES} are read")
    if len(raw) > SHALLOW_BYTES and raw.count(b"[") + raw.count(b"{") > MAX_BRACKETS:
        raise Unreadable(f"more than {MAX_BRACKETS} brackets: no entry is nested")
    entry = Entry()
    if entry.read(raw):
        return entry
    return decode_entry(raw)


def decode_entry(raw: bytes) -> Entry:
    """Do what `read_entry` does for whatever JSON it is."""
    entry = Entry()
    try:
        entry.copy(codec.decode_entry(raw))
    except msgspec.ValidationError as error:
        raise _salvage(raw, str(error)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
    return entry


def _salvage(raw: bytes, problem: str) -> Exception:
    """Say what is wrong with a JSON value that is not a QueueEntry; `problem` is the decoder's."""
    try:
        fields = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return Unreadable(str(error))
    if not isinstance(fields, dict):
        return Unreadable("not a JSON object")
    usable = {name: fields[name] for name in _TEXT_FIELDS if isinstance(fields.get(name), str)}
    command = fields.get("command", CommandType.NEW)
    if isinstance(command, str) and command in _NAMES:
        usable["command"] = CommandType(command)
    field = problem.rpartition("`$.")[2].rstrip("`") if "`$." in problem else None
    code = _CODES.get(field or "", Reason.INVALID_TYPE)
    entry = Entry()
    entry.copy(QueueEntry(**usable))
    return Malformed(entry, code, field, problem)
