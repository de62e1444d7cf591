"""What a client asks for: a request, and what becomes of its answer. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from protocol.headers import IDEMPOTENCY_HEADER

Answer = TypeVar("Answer", covariant=True)
Kind = TypeVar("Kind")
Other = TypeVar("Other")
Query = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Request(Generic[Answer]):
    """`target` is the path with its query; `decode` makes the answer of a body.

    `client_order_ids` are those of the orders that it sends.
    """

    method: str
    target: str
    decode: Callable[[bytes], Answer]
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    client_order_ids: tuple[str, ...] = ()

    @property
    def idempotency_key(self) -> str | None:
        """The name of a change, None for a request that changes nothing."""
        return self.headers.get(IDEMPOTENCY_HEADER)

    def then(self, convert: Callable[[Answer], Other]) -> "Request[Other]":
        """Return the same request, whose answer is what `convert` makes of it."""
        return Request(
            self.method,
            self.target,
            lambda content: convert(self.decode(content)),
            self.content,
            self.headers,
            self.client_order_ids,
        )


def read(kind: type[Kind], path: str, query: Query | None = None) -> Request[Kind]:
    """Make a request that changes nothing."""
    return Request("GET", _add_query(path, query), _make_decoder(kind))


def change(
    kind: type[Kind],
    method: str,
    path: str,
    name: str,
    *,
    query: Query | None = None,
    body: Mapping[str, Any] | None = None,
    client_order_ids: tuple[str, ...] = (),
) -> Request[Kind]:
    """Make a request that can be repeated under its `name` without being carried out twice."""
    content = b"" if body is None else msgspec.json.encode(body)
    headers = {IDEMPOTENCY_HEADER: name}
    if content:
        headers["Content-Type"] = "application/json"
    target = _add_query(path, query)
    return Request(method, target, _make_decoder(kind), content, headers, client_order_ids)


def quote_name(name: str) -> str:
    """Quote a part of a path, its dots too: a name of dots alone would lead to another path."""
    if not isinstance(name, str):
        raise TypeError(f"an id or a name is a text, not {name!r}")
    return quote(name, safe="").replace(".", "%2E")


def drop_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def _add_query(path: str, query: Query | None) -> str:
    parameters = urlencode(drop_nothing(query or {}))
    return f"{path}?{parameters}" if parameters else path


def _make_decoder(kind: type[Kind]) -> Callable[[bytes], Kind]:
    return lambda content: msgspec.json.decode(content, type=kind)
