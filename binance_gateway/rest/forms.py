"""Parameters of a request: from its query, its form, or both; the query's count."""

from typing import NamedTuple
from urllib.parse import unquote_plus

from binance_gateway.words import errors

_SIGNATURE = b"signature="
MAX_PARAMETERS = 100


class Form(NamedTuple):
    """The parameters of a request by name, and the bytes that its signature covers."""

    parameters: dict[str, str]
    payload: bytes


def read_form(query: bytes, body: bytes) -> Form:
    """Return the parameters of a request; raise BinanceError for a name twice in one place."""
    parameters = _read_pairs(query)
    if not body:
        return Form(parameters, _without_signature(query))
    in_body = _read_pairs(body)
    payload = _without_signature(query) + _without_signature(body)
    return Form(in_body | parameters, payload)


def _read_pairs(text: bytes) -> dict[str, str]:
    if not text:
        return {}
    is_encoded = b"%" in text or b"+" in text
    found: dict[str, str] = {}
    pairs = text.decode("utf-8", "replace").split("&")
    for pair in pairs:
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if is_encoded:
            name, value = unquote_plus(name), unquote_plus(value)
        if name in found:
            raise errors.DUPLICATE_VALUES()
        found[name] = value
    if len(found) > MAX_PARAMETERS:
        raise errors.TOO_MANY_PARAMETERS(MAX_PARAMETERS, len(found))
    return found


def _without_signature(text: bytes) -> bytes:
    """Return the text without its signature and the one `&` that belongs to it."""
    if text.startswith(_SIGNATURE):
        return text.partition(b"&")[2]
    start = text.find(b"&" + _SIGNATURE)
    if start < 0:
        return text
    end = text.find(b"&", start + 1)
    return text[:start] if end < 0 else text[:start] + text[end:]
