"""Frames of the WebSocket API: an id, a method, and parameters as text.

A value is the text of its JSON literal, which is what its signature covers: 0.10 is not 0.1.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias, cast
from urllib.parse import quote, quote_plus

import msgspec

from binance_gateway.words import errors
from binance_gateway.words.errors import BinanceError

FrameId: TypeAlias = int | str | None

_VERSION = "v3/"
_SIGNATURE = "signature"
_RETURN_LIMITS = "returnRateLimits"
_MAX_REMEMBERED = 256
_COMPACT = (",", ":")
_BOOLEANS = {"true": True, "false": False}


class _Literal(str):
    """The text of a number."""

    __slots__ = ()


_decode = json.JSONDecoder(parse_int=_Literal, parse_float=_Literal).decode


class _Plain(msgspec.Struct):
    """A frame as nearly every client sends it: parameters without lists and objects."""

    id: int | str | None
    method: str
    params: dict[str, str | int | float | bool | None] = {}


_decode_plain = msgspec.json.Decoder(_Plain, float_hook=str).decode


class Frame(NamedTuple):
    """A request. `parameters` are all but those about the answer's form.

    `payloads` are what a signature may cover, the likeliest first; they are made as they are asked
    for, once. `returns_limits` is None if it says nothing of it.
    """

    id: FrameId
    method: str
    parameters: dict[str, str]
    payloads: Iterable[bytes]
    returns_limits: bool | None


class FrameFault(Exception):
    """A frame that cannot be carried out, with its id as far as that could be read."""

    def __init__(self, frame_id: FrameId, error: BinanceError) -> None:
        super().__init__(error.message)
        self.frame_id = frame_id
        self.error = error


def read_frame(text: str | None) -> Frame:
    """Read a text frame, None: another one; raise FrameFault."""
    plain = _read_plain(text) if text else None
    if plain is None:
        return _read_any(text)
    return _make_frame(*plain)


def _read_plain(text: str) -> tuple[FrameId, str, dict[str, str]] | None:
    """Return id, method and parameters of a frame that has nothing unusual, else None."""
    try:
        frame = _decode_plain(text)
    except (msgspec.DecodeError, ValueError):
        return None
    texts = frame.params
    for name, value in texts.items():
        if type(value) is str:
            continue
        if type(value) is not int or not value:  # 0 may have been -0
            return None
        texts[name] = str(value)
    return frame.id, frame.method, cast("dict[str, str]", texts)


def _read_any(text: str | None) -> Frame:
    """Read a frame of whatever kind; raise FrameFault."""
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
    return _make_frame(frame_id, method, texts)


def _make_frame(frame_id: FrameId, method: str, texts: dict[str, str]) -> Frame:
    payloads = _make_payloads(texts) if _SIGNATURE in texts else ()
    parameters, returns_limits = texts, None
    if _RETURN_LIMITS in texts:
        parameters = dict(texts)
        word = parameters.pop(_RETURN_LIMITS).lower()
        if word not in _BOOLEANS:
            raise FrameFault(frame_id, errors.INVALID_VALUE(_RETURN_LIMITS))
        returns_limits = _BOOLEANS[word]
    return Frame(frame_id, method.removeprefix(_VERSION), parameters, payloads, returns_limits)


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


class _Form(NamedTuple):
    """How parameters of certain names are signed: a template, and what takes its values."""

    names: list[str]
    template: str
    pick: Callable[[Mapping[str, str]], object]


@lru_cache(_MAX_REMEMBERED)
def _make_form(sent: tuple[str, ...]) -> _Form:
    """Make the form of what was sent; clients send the same names again and again."""
    names = sorted(name for name in sent if name != _SIGNATURE)
    template = "&".join(name.replace("%", "%%") + "=%s" for name in names)
    return _Form(names, template, itemgetter(*names) if names else lambda _: ())


def _make_payloads(texts: Mapping[str, str]) -> Iterator[bytes]:
    """Yield the plain text, as documented, and encoded forms, as clients sign them."""
    names, template, pick = _make_form(tuple(texts))
    plain = template % pick(texts)
    yield plain.encode()
    pairs = [(name, texts[name]) for name in names]
    encoded = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    if encoded == plain:
        return
    yield encoded.encode()
    yield "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
