"""Read what somebody put into the list: anything may be in there."""

import msgspec

from engine.exchange.levels import NEWEST, Level
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

FIELDS_SINCE = {
    Level.ORDERS: frozenset(
        {
            *("number", "unique", "valid_until", "restriction", "cancel_id", "new_client_order_id"),
            *("only_lower", "replaced", "mode", "time_in_force", "expires_at", "display_quantity"),
            *("quote_quantity", "reject_if_triggered", "phase"),
        }
    ),
    Level.CONDITIONAL: frozenset(
        {
            *("list_type", "orders", "list_id", "client_list_id"),
            *("trailing_offset", "trailing_offset_type", "activation_price"),
            *("shard", "transfer"),
        }
    ),
}
"""The fields that count from a level on."""


class Unreadable(Exception):
    """The entry is not a JSON object, or is too large to be read."""


class Malformed(Refusal):
    """The entry is a JSON object with a bad field; `entry` has the fields that can be used."""

    def __init__(self, entry: QueueEntry, code: Reason, field: str | None, detail: str) -> None:
        super().__init__(code, field, detail)
        self.entry = entry


def read_entry(raw: bytes, level: Level = NEWEST) -> QueueEntry:
    """Read the entry in `raw`; raise Unreadable or Malformed.

    A field that began later than `level` may have any value: it was unknown, and so ignored.
    """
    if len(raw) > MAX_ENTRY_BYTES:
        raise Unreadable(f"{len(raw)} bytes, at most {MAX_ENTRY_BYTES} are read")
    if len(raw) > SHALLOW_BYTES and raw.count(b"[") + raw.count(b"{") > MAX_BRACKETS:
        raise Unreadable(f"more than {MAX_BRACKETS} brackets: no entry is nested")
    try:
        return _decode_known(raw, level)
    except msgspec.ValidationError as error:
        raise _salvage(raw, str(error)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def _decode_known(raw: bytes, level: Level) -> QueueEntry:
    """Decode an entry, if need be without the fields that began later than `level`."""
    try:
        return codec.decode_entry(raw)
    except msgspec.ValidationError:
        fields = msgspec.json.decode(raw) if level < NEWEST else None
        if not isinstance(fields, dict):
            raise
        for began, names in FIELDS_SINCE.items():
            if began > level:
                fields = {name: fields[name] for name in fields if name not in names}
        return msgspec.convert(fields, QueueEntry)


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
    return Malformed(QueueEntry(**usable), code, field, problem)
