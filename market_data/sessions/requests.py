"""Reads and checks what a client sends on the WebSocket."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NoReturn, TypeAlias
from urllib.parse import parse_qs

import msgspec

from market_data.fanout.streams import (
    BOOK,
    CHANNELS,
    DEFAULT_CHANNELS,
    TRADES,
    Stream,
    select_streams,
)
from protocol.enums import Reason

MAX_FRAME_BYTES = 4_096
"""A longer frame is not read but answered with an error."""

FrameId: TypeAlias = str | int | None
Action: TypeAlias = Literal["subscribe", "unsubscribe", "resume", "ping"]

_ACTIONS: tuple[Action, ...] = ("subscribe", "unsubscribe", "resume", "ping")
_FIELDS = ("action", "channels", "symbols", "exchange_id", "id")
_POSITION_FIELDS = {"update_id": BOOK, "trade_id": TRADES}
_RESUME_EXAMPLE = '{"action":"resume","symbols":{"BTC-USDT":{"update_id":7,"trade_id":3}},"id":1}'
_EXAMPLE = '{"action":"subscribe","channels":["trades"],"symbols":["BTC-USDT"],"id":1}'
_decode = msgspec.json.Decoder().decode


class _Identified(msgspec.Struct):
    id: Any = None


_decode_id = msgspec.json.Decoder(_Identified).decode


class RequestRefused(Exception):
    """A frame, or a query, that is not a valid request; `detail` names what is valid."""

    def __init__(self, code: Reason, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Request(msgspec.Struct, frozen=True):
    """A valid request: the streams to add to the subscription, or to take from it.

    For a `resume`, `positions` has the last id that the client knows of each stream, and
    `exchange_id` names the exchange of these ids, None if the client does not say.
    """

    action: Action
    streams: list[Stream]
    id: FrameId
    positions: Mapping[Stream, int] = {}
    exchange_id: str | None = None


def read_request(text: str | None, symbols: Sequence[str]) -> Request:
    """Read the request in a frame's text (None: a binary frame); raise RequestRefused.

    Without `channels`, `subscribe` means the default ones and `unsubscribe` all; without
    `symbols`, all.
    """
    fields = _read_fields(text)
    frame_id = _read_id(fields)
    _check_fields(fields)
    action = _read_action(fields)
    if action == "ping":
        return Request(action, [], frame_id)
    if action == "resume":
        positions = _read_positions(fields.get("symbols"), symbols)
        exchange_id = _read_exchange_id(fields)
        return Request(action, list(positions), frame_id, positions, exchange_id)
    default = DEFAULT_CHANNELS if action == "subscribe" else CHANNELS
    return Request(action, _read_streams(fields, default, symbols), frame_id)


def read_frame_id(frame: str | bytes | None) -> FrameId:
    """Read the id to answer a refused frame with; None if it has no valid one."""
    try:
        return _read_id({"id": _decode_id(frame or "").id})
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError, RequestRefused):
        return None


def read_query(query: str, symbols: Sequence[str]) -> list[Stream]:
    """Read the streams that the query of a URL asks for; raise RequestRefused.

    `channels` and `symbols` are lists separated by commas; an empty one means none. Without
    `channels` the default ones are meant, without `symbols` all.
    """
    if len(query) > MAX_FRAME_BYTES:
        _refuse(
            Reason.INVALID_REQUEST,
            f"a query has at most {MAX_FRAME_BYTES} bytes; subscribe to the rest by frames",
        )
    fields: dict[str, object] = {}
    for name, values in parse_qs(query, keep_blank_values=True).items():
        if name not in ("channels", "symbols"):
            _refuse(
                Reason.UNKNOWN_FIELD, f"unknown parameter {_quote(name)}; valid: channels, symbols"
            )
        fields[name] = [part for value in values for part in value.split(",") if part]
    return _read_streams(fields, DEFAULT_CHANNELS, symbols)


def _read_streams(
    fields: dict[str, object], default: Sequence[str], symbols: Sequence[str]
) -> list[Stream]:
    channels = _read_names(fields, "channels", default, CHANNELS, Reason.UNKNOWN_CHANNEL)
    chosen = _read_names(fields, "symbols", symbols, symbols, Reason.UNKNOWN_SYMBOL)
    return select_streams(channels, chosen)


def _read_exchange_id(fields: dict[str, object]) -> str | None:
    exchange_id = fields.get("exchange_id")
    if exchange_id is None or isinstance(exchange_id, str):
        return exchange_id
    return _refuse(Reason.INVALID_TYPE, "exchange_id must be the text that `connected` has")


def _read_positions(given: object, symbols: Sequence[str]) -> dict[Stream, int]:
    if not isinstance(given, dict) or not given:
        _refuse(Reason.INVALID_TYPE, f"resume names its symbols: {_RESUME_EXAMPLE}")
    positions: dict[Stream, int] = {}
    for symbol, ids in given.items():
        if symbol not in symbols:
            _refuse(
                Reason.UNKNOWN_SYMBOL,
                f"unknown symbol {_quote(symbol)}; valid: {', '.join(symbols)}",
            )
        if not isinstance(ids, dict) or not ids or not ids.keys() <= _POSITION_FIELDS.keys():
            _refuse(Reason.INVALID_TYPE, f"update_id, trade_id or both: {_RESUME_EXAMPLE}")
        for name, last_id in ids.items():
            positions[Stream(_POSITION_FIELDS[name], symbol)] = _read_position(name, last_id)
    return positions


def _read_position(name: str, last_id: object) -> int:
    if type(last_id) is int and 0 <= last_id < 2**53:
        return last_id
    return _refuse(Reason.INVALID_TYPE, f"{name} must be a whole number, 0 for none yet")


def _read_fields(text: str | None) -> dict[str, object]:
    if text is None:
        _refuse(Reason.BINARY_FRAME, f"binary frames are not read; send text such as {_EXAMPLE}")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        _refuse(Reason.FRAME_TOO_LARGE, f"a frame has at most {MAX_FRAME_BYTES} bytes")
    try:
        fields = _decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        _refuse(Reason.INVALID_JSON, f"not JSON; send text such as {_EXAMPLE}")
    if not isinstance(fields, dict):
        _refuse(Reason.INVALID_TYPE, f"a frame is a JSON object such as {_EXAMPLE}")
    return fields


def _read_id(fields: dict[str, object]) -> FrameId:
    frame_id = fields.get("id")
    if frame_id is None or (isinstance(frame_id, str) and len(frame_id) <= 64):
        return frame_id
    if type(frame_id) is int and abs(frame_id) < 2**53:  # a bool is an int, but not an id
        return frame_id
    return _refuse(
        Reason.INVALID_TYPE, "id must be a whole number or a string of at most 64 characters"
    )


def _check_fields(fields: dict[str, object]) -> None:
    for name in fields:
        if name not in _FIELDS:
            _refuse(
                Reason.UNKNOWN_FIELD, f"unknown field {_quote(name)}; valid: {', '.join(_FIELDS)}"
            )


def _read_action(fields: dict[str, object]) -> Action:
    for action in _ACTIONS:
        if fields.get("action") == action:
            return action
    return _refuse(Reason.UNKNOWN_ACTION, f"action must be one of: {', '.join(_ACTIONS)}")


def _read_names(
    fields: dict[str, object],
    field: str,
    default: Sequence[str],
    valid: Sequence[str],
    unknown: Reason,
) -> Sequence[str]:
    names = fields.get(field)
    if names is None:
        return default
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        _refuse(Reason.INVALID_TYPE, f"{field} must be an array of strings: {', '.join(valid)}")
    for name in names:
        if name not in valid:
            _refuse(unknown, f"unknown {field[:-1]} {_quote(name)}; valid: {', '.join(valid)}")
    return list(dict.fromkeys(names))


def _quote(name: str) -> str:
    return repr(name[:40])


def _refuse(code: Reason, detail: str) -> NoReturn:
    raise RequestRefused(code, detail)
