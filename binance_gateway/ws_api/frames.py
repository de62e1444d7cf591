"""Frames of the WebSocket API: an id, a method, and parameters as text.

A value is the text of its JSON literal, which is what its signature covers: 0.10 is not 0.1.
"""

import json
import re
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, quote_plus

from binance_gateway.words import errors
from binance_gateway.words.errors import BinanceError

FrameId: TypeAlias = int | str | None

_VERSION = "v3/"
_SIGNATURE = "signature"
_RETURN_LIMITS = "returnRateLimits"
_COMPACT = (",", ":")


class _Literal(str):
    """The text of a number."""

    __slots__ = ()


_decode = json.JSONDecoder(parse_int=_Literal, parse_float=_Literal).decode
_is_same_encoded = re.compile(r"[A-Za-z0-9_.~=&-]*", re.ASCII).fullmatch
"""Whether percent-encoding changes nothing of a payload."""


class Frame(NamedTuple):
    """A request. `parameters` are all but those about the answer's form.

    `payloads` are what a signature may cover. `returns_limits` is None if it says nothing of it.
    """

    id: FrameId
    method: str
    parameters: dict[str, str]
    payloads: tuple[bytes, ...]
    returns_limits: bool | None


class FrameFault(Exception):
    """A frame that cannot be carried out, with its id as far as that could be read."""

    def __init__(self, frame_id: FrameId, error: BinanceError) -> None:
        super().__init__(error.message)
        self.frame_id = frame_id
        self.error = error


def read_frame(text: str | None) -> Frame:
    """Read a text frame, None: another one; raise FrameFault."""
    fields = _read_object(text)
    frame_id = _read_id(fields.get("id"))
    if "id" not in fields:
        raise FrameFault(None, errors.MISSING_PARAMETER("id"))
    method, sent = fields.get("method"), fields.get("params")
    if not isinstance(method, str) or isinstance(method, _Literal):
        raise FrameFault(frame_id, errors.MISSING_PARAMETER("method"))
    if sent is None:
        sent = {}
    if not isinstance(sent, dict):
        raise FrameFault(frame_id, errors.INVALID_VALUE("params"))
    texts = {name: _to_text(value) for name, value in sent.items() if value is not None}
    payloads = _list_payloads(texts) if _SIGNATURE in texts else ()
    returns_limits = texts.pop(_RETURN_LIMITS, None)
    if returns_limits is not None and returns_limits.lower() not in ("true", "false"):
        raise FrameFault(frame_id, errors.INVALID_VALUE(_RETURN_LIMITS))
    return Frame(
        frame_id,
        method.removeprefix(_VERSION),
        texts,
        payloads,
        None if returns_limits is None else returns_limits.lower() == "true",
    )


def _read_object(text: str | None) -> dict[str, Any]:
    try:
        fields = _decode(text or "")
        if "\\u" in (text or ""):
            # half of a character cannot be written into an answer
            json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise FrameFault(None, errors.INVALID_JSON())
    return fields


def _read_id(value: object) -> FrameId:
    if isinstance(value, _Literal):
        try:
            return int(value)
        except ValueError:
            raise FrameFault(None, errors.INVALID_VALUE("id")) from None
    if value is None or isinstance(value, str):
        return value
    raise FrameFault(None, errors.INVALID_VALUE("id"))


def _to_text(value: object) -> str:
    if isinstance(value, str):
        return str(value)  # compiled readers take no other class
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, separators=_COMPACT, ensure_ascii=False)


def _list_payloads(texts: dict[str, str]) -> tuple[bytes, ...]:
    """Return the plain text, as documented, and encoded forms, as clients sign them."""
    pairs = sorted(pair for pair in texts.items() if pair[0] != _SIGNATURE)
    plain = "&".join(f"{name}={value}" for name, value in pairs)
    if _is_same_encoded(plain):
        return (plain.encode(),)
    encoded = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    form = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    return (plain.encode(), encoded.encode(), form.encode())
