"""One HTTP request on its way through the gateway."""

from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from order_gateway.admission.rate_limit import RateLimit
from protocol.commands import QueueEntry
from protocol.enums import Reason
from protocol.refusal import Refusal

_MAX_PARAMETERS = 16
_MAX_SHOWN = 64
"""Characters of a client's own text in an answer."""


class ClientGone(Exception):
    """The client hung up before its request was whole."""


class RequestContext:
    """A request, who makes it, and what is to be said about it afterwards.

    Header names are lower case. `account` is set once it is known who calls, `limit` where
    somebody counts, `signature` where the request is signed. `entries` are those that it led to,
    `answer_headers` go with every answer.
    """

    __slots__ = (
        "_receive",
        "account",
        "answer_headers",
        "body",
        "entries",
        "headers",
        "key_name",
        "limit",
        "method",
        "path",
        "path_params",
        "query_string",
        "request_id",
        "scope",
        "signature",
    )

    def __init__(self, scope: Scope, receive: Receive, request_id: str) -> None:
        self.scope = scope
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.method: str = scope.get("method", "GET")
        self.path: str = scope["path"]
        self.path_params: dict[str, str] = scope.get("path_params") or {}
        self.query_string: bytes = scope["query_string"]
        self.request_id = request_id
        self.body = b""
        self.account = ""
        self.key_name: str | None = None
        self.limit: RateLimit | None = None
        self.signature: str | None = None
        self.entries: list[QueueEntry] = []
        self.answer_headers: list[tuple[bytes, bytes]] = []
        self._receive = receive

    @property
    def target(self) -> bytes:
        """Path and query as they were sent: what a signature covers."""
        path: bytes = self.scope.get("raw_path") or self.path.encode()
        return path + b"?" + self.query_string if self.query_string else path

    def find_header(self, name: bytes) -> str | None:
        """The header's text; None where there is none."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def read_query(self, *names: str) -> dict[str, str]:
        """The query's parameters; raises Refusal for one that is not in `names` or comes twice."""
        if not self.query_string:
            return {}
        try:
            pairs = parse_qsl(
                self.query_string.decode("latin-1"),
                keep_blank_values=True,
                max_num_fields=_MAX_PARAMETERS,
            )
        except ValueError:
            raise Refusal(
                Reason.INVALID_REQUEST, None, f"at most {_MAX_PARAMETERS} query parameters"
            ) from None
        for name, _ in pairs:
            if name not in names:
                raise Refusal(Reason.UNKNOWN_FIELD, shorten(name), _list_parameters(name, names))
        query = dict(pairs)
        if len(query) < len(pairs):
            raise Refusal(Reason.INVALID_REQUEST, None, "a query parameter comes twice")
        return query

    async def receive_body(self, max_bytes: int) -> None:
        """Fills `body`; one that is too large is refused without being read to its end."""
        length = self.headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > max_bytes:
            raise _too_large(max_bytes)
        body = b""
        has_more = True
        while has_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            body += message.get("body", b"")
            if len(body) > max_bytes:
                raise _too_large(max_bytes)
            has_more = message.get("more_body", False)
        self.body = body


def shorten(text: str) -> str:
    """A client's own text, short enough for an answer."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _list_parameters(name: str, names: tuple[str, ...]) -> str:
    known = f"only {', '.join(names)}" if names else "none at all"
    return f"there is no query parameter {shorten(name)}, {known}"


def _too_large(max_bytes: int) -> Refusal:
    return Refusal(Reason.BODY_TOO_LARGE, None, f"the body must be at most {max_bytes} bytes")
