"""What a client may say on the WebSocket, and the answer to everything else."""

from collections.abc import Sequence
from typing import Literal, NoReturn, TypeAlias

import msgspec

from market_data.streams import CHANNELS, DEFAULT_CHANNELS, Stream, select_streams
from protocol.enums import Reason

MAX_FRAME_BYTES = 4_096
"""Longest frame that is read; a longer one is answered by an error."""

FrameId: TypeAlias = str | int | None
Action: TypeAlias = Literal["subscribe", "unsubscribe"]

_ACTIONS: tuple[Action, ...] = ("subscribe", "unsubscribe")
_FIELDS = ("action", "channels", "symbols", "id")
_EXAMPLE = '{"action":"subscribe","channels":["trades"],"symbols":["BTC-USDT"],"id":1}'
_decode = msgspec.json.Decoder().decode


class RequestRefused(Exception):
    """A frame that is not a request of ours. `frame_id` is the id to answer with, if it had one."""

    def __init__(self, code: Reason, detail: str, frame_id: FrameId = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.frame_id = frame_id


class Request(msgspec.Struct, frozen=True):
    """A readable request: the streams to add to, or take from, the subscription."""

    action: Action
    streams: list[Stream]
    id: FrameId


def read_request(text: str | None, symbols: Sequence[str]) -> Request:
    """The request in a frame's text (None: a binary frame); raises RequestRefused.

    Without `channels`, `subscribe` means the default ones and `unsubscribe` all; without
    `symbols`, all.
    """
    fields = _read_fields(text)
    frame_id = _read_id(fields)
    try:
        _check_fields(fields)
        action = _read_action(fields)
        default = DEFAULT_CHANNELS if action == "subscribe" else CHANNELS
        channels = _read_names(fields, "channels", default, CHANNELS, Reason.UNKNOWN_CHANNEL)
        chosen = _read_names(fields, "symbols", symbols, symbols, Reason.UNKNOWN_SYMBOL)
    except RequestRefused as refusal:
        refusal.frame_id = frame_id
        raise
    return Request(action, select_streams(channels, chosen), frame_id)


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
    if type(frame_id) is int and abs(frame_id) < 2**53:  # a bool is an int, but no id
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
