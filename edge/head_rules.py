"""What the head of a request may say: nothing that two readers would take differently."""

from collections.abc import Sequence
from typing import NamedTuple

from edge.limits import MAX_FIELD_BYTES, MAX_FIELDS, MAX_HEAD_BYTES, MAX_TARGET_BYTES
from protocol.enums import Reason
from protocol.headers import (
    ACCOUNT_HEADER,
    IDEMPOTENCY_HEADER,
    KEY_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)
from protocol.hosts import split_host
from protocol.refusal import Refusal

_MAX_REMEMBERED = 256
_VERSIONS = ("1.1", "1.0")
_SINGLE = {
    name.lower().encode(): name
    for name in (
        "Host", "Origin", "Upgrade", "Authorization", "X-Request-Id",
        "Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding",
        "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest",
        "Sec-WebSocket-Key", "Sec-WebSocket-Version",
        ACCOUNT_HEADER, KEY_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER, IDEMPOTENCY_HEADER,
    )
}  # fmt: skip
"""Headers of which a reader takes one: the first, or the last."""
_BODY_FIELDS = (b"content-length", b"transfer-encoding")

Headers = Sequence[tuple[bytes, bytes]]


class Head(NamedTuple):
    """The head of a request; names are in lower case, and `fields` has the headers by them."""

    method: bytes
    target: bytes
    version: str
    headers: Headers
    fields: dict[bytes, bytes]

    @property
    def is_websocket(self) -> bool:
        """Whether it asks for a WebSocket, and for nothing else."""
        return (
            self.fields.get(b"upgrade", b"").lower() == b"websocket"
            and self.method == b"GET"
            and self.version == "1.1"
            and not any(name in self.fields for name in _BODY_FIELDS)
        )

    def to_bytes_without_upgrade(self) -> bytes:
        """Return the request's head as if it asked for no other protocol."""
        lines = [b"%b %b HTTP/%b" % (self.method, self.target, self.version.encode())]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [token.strip() for token in value.split(b",")]
                value = b", ".join(token for token in tokens if token.lower() != b"upgrade")
            if name != b"upgrade":
                lines.append(name + b": " + value)
        return b"\r\n".join([*lines, b"", b""])


class HeadRules:
    """Checks heads; what a client has sent as Host before need not be looked at again."""

    def __init__(self) -> None:
        self._known_hosts: set[bytes] = set()

    def find_fault(self, head: Head, most_bytes: int) -> Refusal | None:
        """Return why the head is refused, or None; it has at most `most_bytes`."""
        method, target, version, headers, fields = head
        host = fields.get(b"host")
        if len(fields) < len(headers) and (fault := _find_repeated(headers)):
            return fault
        if host not in self._known_hosts and (fault := self._find_fault_of_host(host, version)):
            return fault
        if version not in _VERSIONS or method == b"CONNECT":
            return malformed("this is HTTP/1.1, and no proxy")
        if target[:1] != b"/" or b"#" in target:
            return _find_fault_of_target(head, host)
        if b"content-encoding" in fields:
            return _find_fault_of_coding(fields[b"content-encoding"])
        if version != "1.1" and b"transfer-encoding" in fields:
            return malformed("HTTP/1.0 knows no Transfer-Encoding", "Transfer-Encoding")
        if most_bytes > MAX_FIELD_BYTES or len(headers) > MAX_FIELDS:
            return find_excess(head)
        return None

    def _find_fault_of_host(self, host: bytes | None, version: str) -> Refusal | None:
        if host is None:
            return malformed("Host is missing", "Host") if version == "1.1" else None
        if not split_host(host.decode("latin-1"))[0]:
            return malformed("Host must be a name or an address, with or without a port", "Host")
        if len(self._known_hosts) < _MAX_REMEMBERED:
            self._known_hosts.add(host)
        return None


def find_excess(head: Head) -> Refusal | None:
    """Return why a head, complete or not, is too large, or None."""
    if len(head.target) > MAX_TARGET_BYTES:
        detail = f"path and query have at most {MAX_TARGET_BYTES} bytes"
        return Refusal(Reason.TARGET_TOO_LONG, None, detail)
    sizes = [len(name) + len(value) + 4 for name, value in head.headers]
    if len(sizes) > MAX_FIELDS:
        return _head_too_large(f"a request has at most {MAX_FIELDS} headers")
    if sizes and (max(sizes) > MAX_FIELD_BYTES or sum(sizes) > MAX_HEAD_BYTES):
        return head_too_large()
    return None


def malformed(detail: str, field: str | None = None) -> Refusal:
    """Return the refusal of a head that cannot be understood, or in two ways."""
    return Refusal(Reason.MALFORMED_REQUEST, field, detail)


def head_too_large() -> Refusal:
    """Return the refusal of a head with too many bytes."""
    return _head_too_large(
        f"a header has at most {MAX_FIELD_BYTES} bytes, and all of them {MAX_HEAD_BYTES}"
    )


def _head_too_large(detail: str) -> Refusal:
    return Refusal(Reason.HEADERS_TOO_LARGE, None, detail)


def _find_repeated(headers: Headers) -> Refusal | None:
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name in _SINGLE:
            return malformed(f"{_SINGLE[name]} comes twice", _SINGLE[name])
        seen.add(name)
    return None


def _find_fault_of_target(head: Head, host: bytes | None) -> Refusal | None:
    """Judge a target that is not a plain path: of the forms of RFC 9112, a proxy's may pass."""
    if head.method == b"OPTIONS" and head.target == b"*":
        return None
    scheme, separator, rest = head.target.partition(b"://")
    is_ours = scheme.lower() == b"http" and separator and host == rest.partition(b"/")[0]
    if is_ours and b"#" not in rest:
        return None
    return malformed("the target must be a path, or a URL with the name in Host")


def _find_fault_of_coding(coding: bytes) -> Refusal | None:
    if coding.lower() in {b"", b"identity"}:
        return None
    field, detail = "Content-Encoding", "a body is sent as it is, without compression"
    return Refusal(Reason.UNSUPPORTED_MEDIA_TYPE, field, detail)
