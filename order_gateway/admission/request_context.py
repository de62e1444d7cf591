"""One HTTP request on its way through the gateway."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from time import perf_counter
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope

from edge.bodies import BodyTooLarge, ClientGone, receive_body
from edge.shorten import shorten
from edge.turns import Turns
from edge.unread_body import may_have_body, read_nothing
from order_gateway.admission.rate_limit import RateLimit
from protocol.commands import QueueEntry
from protocol.enums import Reason
from protocol.refusal import Refusal

ITEMS_A_TURN = 32
"""Items of batches that are worked off in one turn of the event loop: half a millisecond's work."""
_MAX_PARAMETERS = 16

Result = TypeVar("Result")


class RequestContext:
    """A request, who makes it, and what it led to.

    Header names are lower case. `account` is set once the caller is known, `limit` if their
    requests are counted, `signature` if the request is signed. `entries` are the queue entries it
    led to; `answer_headers` go with the answer, whatever it is. It `began` then, by `perf_counter`.
    """

    __slots__ = (
        "_receive",
        "_turns",
        "account",
        "answer_headers",
        "began",
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

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        request_id: str,
        turns: Turns,
        headers: dict[bytes, bytes] | None = None,
    ) -> None:
        self.began = perf_counter()
        self.scope = scope
        self.headers = dict(scope["headers"]) if headers is None else headers
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
        self._turns = turns

    @property
    def target(self) -> bytes:
        """Path and query as they were sent, which is what a signature covers."""
        path: bytes = self.scope.get("raw_path") or self.path.encode()
        return path + b"?" + self.query_string if self.query_string else path

    @property
    def address(self) -> str:
        """Where the client is; empty if that is unknown."""
        client = self.scope.get("client")
        return client[0] if client else ""

    def find_header(self, name: bytes) -> str | None:
        """Return the header's text, or None if it was not sent."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def read_query(self, *names: str) -> dict[str, str]:
        """Return the query's parameters; raise Refusal for one not in `names` or given twice."""
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
                raise Refusal(Reason.UNKNOWN_FIELD, shorten(name), list_parameters(name, names))
        query = dict(pairs)
        if len(query) < len(pairs):
            raise Refusal(Reason.INVALID_REQUEST, None, "a query parameter comes twice")
        return query

    async def receive_body(self, max_bytes: int) -> None:
        """Read the body into `body`; raise Refusal as soon as it is too large."""
        length = self.headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > max_bytes:
            raise _too_large(max_bytes)
        try:
            self.body = await receive_body(self._receive, max_bytes)
        except BodyTooLarge:
            raise _too_large(max_bytes) from None

    def check_size(self, max_bytes: int) -> None:
        """Raise Refusal if the body, which has been read, is too large."""
        if len(self.body) > max_bytes:
            raise _too_large(max_bytes)

    async def receive_no_body(self) -> None:
        """Read a body that says nothing; raise Refusal for another."""
        if may_have_body(self.headers):
            body = await read_nothing(self._receive)
            if body is None:
                raise ClientGone
            self.body = body

    async def wait_for_turn(self) -> None:
        """Let other accounts go on before this, and what this account has sent before."""
        turn = asyncio.Event()
        self.enter_turn(turn.set)
        await turn.wait()

    def enter_turn(self, proceed: Callable[[], object]) -> None:
        """Call `proceed` when it is its turn."""
        self._turns.enter(self.account, ITEMS_A_TURN, proceed)

    async def take_in_turns(self, results: Iterable[Result], count: int) -> list[Result]:
        """Return the `count` results, which are made while other accounts go on in between."""
        if count <= ITEMS_A_TURN:
            return list(results)
        made, taken = iter(results), list[Result]()
        while len(taken) < count:
            await self.wait_for_turn()
            taken += islice(made, ITEMS_A_TURN)
        return taken


async def receive_nothing() -> Message:
    """Stand in for `receive` where the body has been read."""
    raise AssertionError("the body has been read")


def list_parameters(name: str, names: tuple[str, ...]) -> str:
    """Say that there is no parameter of this name, only these."""
    known = f"only {', '.join(names)}" if names else "none at all"
    return f"there is no query parameter {shorten(name)}, {known}"


def _too_large(max_bytes: int) -> Refusal:
    return Refusal(Reason.BODY_TOO_LARGE, None, f"the body must be at most {max_bytes} bytes")
