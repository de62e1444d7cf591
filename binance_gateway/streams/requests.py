"""What a reader of streams may ask, and how it is told that it may not.

The texts of faults are those of Binance's own parser.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, TypeAlias, cast

RequestId: TypeAlias = int | str | None

_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
_COMBINED = "combined"
_MAX_ID = 2**64
_is_id_text = re.compile(r"[A-Za-z0-9_-]{0,36}", re.ASCII).fullmatch  # the SDK sends UUIDs
_find_method = re.compile(r'"method"\s*:\s*"(?:[^"\\]|\\.)*"').search

UNKNOWN_PROPERTY = (0, "Unknown property")
NOT_BOOLEAN = (1, "Invalid value type: expected Boolean")
NO_PROPERTY_NAME = (2, "Invalid request: property name must be a string")
BAD_ID = (2, "Invalid request: request ID must be an unsigned integer")
TOO_MANY_PARAMETERS = (2, "Invalid request: too many parameters")
INVALID_STREAM = (2, "Invalid request: invalid stream")
TOO_MANY_STREAMS = (2, "Invalid request: too many subscriptions")
BAD_JSON = (3, "Invalid JSON: expected value at line 1 column 1")


@dataclass
class StreamFault(Exception):
    """A request was refused, and changed nothing."""

    request_id: RequestId
    code: int
    message: str

    def describe(self) -> dict[str, object]:
        """Return the answer."""
        return {"error": {"code": self.code, "msg": self.message}, "id": self.request_id}


class StreamRequest(NamedTuple):
    """A request that can be carried out. `names` are streams, `value` that of the property."""

    id: RequestId
    method: str
    names: tuple[str, ...] = ()
    value: bool | None = None


def read_request(text: str | None) -> StreamRequest:
    """Read a text frame, None: another one; raise StreamFault."""
    if text is None:
        raise StreamFault(None, *BAD_JSON)
    fields = _read_object(text)
    request_id = _read_id(fields.get("id"))
    method = fields.get("method")
    if not isinstance(method, str):
        _refuse(request_id, (2, _describe_missing("method", text)))
    if method not in _METHODS:
        _refuse(request_id, (2, _describe_variant(method, text)))
    parameters = fields.get("params", [])
    if not isinstance(parameters, list):
        _refuse(request_id, (2, _describe_missing("params", text)))
    if method in ("SUBSCRIBE", "UNSUBSCRIBE"):
        if not all(isinstance(name, str) for name in parameters):
            _refuse(request_id, INVALID_STREAM)
        return StreamRequest(request_id, method, tuple(parameters))
    if method == "LIST_SUBSCRIPTIONS":
        return StreamRequest(request_id, method)
    return _read_property(request_id, method, parameters)


def _read_property(request_id: RequestId, method: str, parameters: list[Any]) -> StreamRequest:
    is_set = method == "SET_PROPERTY"
    if len(parameters) > 1 + is_set:
        _refuse(request_id, TOO_MANY_PARAMETERS)
    if not parameters or not isinstance(parameters[0], str):
        _refuse(request_id, NO_PROPERTY_NAME)
    if parameters[0] != _COMBINED:
        _refuse(request_id, UNKNOWN_PROPERTY)
    value = parameters[1] if len(parameters) > 1 else None
    if is_set and not isinstance(value, bool):
        _refuse(request_id, NOT_BOOLEAN)
    return StreamRequest(request_id, method, value=value)


def _read_object(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        _refuse(None, BAD_JSON)
    return fields


def _read_id(value: object) -> RequestId:
    is_text = isinstance(value, str) and _is_id_text(value) is not None
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_ID
    if value is None or is_text or is_number:
        return cast(RequestId, value)
    raise StreamFault(None, *BAD_ID)


def _describe_missing(field: str, text: str) -> str:
    return f"Invalid request: missing field `{field}` at line 1 column {len(text)}"


def _describe_variant(method: str, text: str) -> str:
    found = _find_method(text)
    column = found.end() if found else len(text)
    expected = ", ".join(f"`{name}`" for name in _METHODS)
    return (
        f"Invalid request: unknown variant `{method}`, expected one of {expected}"
        f" at line 1 column {column}"
    )


def _refuse(request_id: RequestId, fault: tuple[int, str]) -> NoReturn:
    raise StreamFault(request_id, *fault)
