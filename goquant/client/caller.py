"""How a request is carried out, whatever sends it: headers, signatures, repeats, refusals."""

import time
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from goquant.client.errors import Server, Unreachable
from goquant.client.passing_status import is_passing
from goquant.client.requests import Request, drop_nothing
from protocol.headers import RETRY_AFTER_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER
from protocol.signing import sign

Answer = TypeVar("Answer")

DEFAULT_WAIT_SECONDS = 2.0
"""As long as the gateway waits for the engine if nothing else is asked for."""
_MAX_ATTEMPTS = 3
_PAUSES_AFTER_FAILURES = (0.1, 0.4)
_MIN_PAUSE_SECONDS = 0.1
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_FIRST_ERROR = 400
_MAY_BE_REPEATED = frozenset({429, 503})


class Caller:
    """Whom a client asks, as whom, and for how long it may be told to come back later."""

    def __init__(
        self,
        server: Server,
        url: str,
        headers: Mapping[str, str | None] | None = None,
        secret: str | None = None,
        wait: float | None = None,
    ) -> None:
        _check_url(url, server.name)
        self.server = server
        self.url = url.rstrip("/")
        self.wait = DEFAULT_WAIT_SECONDS if wait is None else wait
        self._headers = drop_nothing(headers or {})
        self._secret = secret

    def make_headers(self, method: str, target: str, content: bytes = b"") -> dict[str, str]:
        """Return the headers that name the caller, with a signature of this moment."""
        headers = dict(self._headers)
        if self._secret is not None:
            timestamp = str(time.time_ns() // 1_000_000)
            headers[TIMESTAMP_HEADER] = timestamp
            headers[SIGNATURE_HEADER] = sign(self._secret, timestamp, method, target, content)
        return headers


def _check_url(url: str, name: str) -> None:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url}: this is no URL of a {name}: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise ValueError(f"{url}: the {name}'s URL begins with http:// or https://")


class Conversation(Generic[Answer]):
    """A request until it has its answer: send `build_next`, and tell what came of it.

    `pause` is how long to wait before the request is sent again, `answer` what it came to.
    """

    def __init__(self, caller: Caller, request: Request[Answer]) -> None:
        self.answer: Answer
        self.pause = 0.0
        self._caller = caller
        self._request = request
        self._failures = 0
        self._may_be_queued = False
        self._until = monotonic() + caller.wait

    def build_next(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """Return the request to send now."""
        asked = self._request
        signed = self._caller.make_headers(asked.method, asked.target, asked.content)
        return client.build_request(
            asked.method,
            asked.target,
            content=asked.content or None,
            headers={**asked.headers, **signed},
        )

    def fail(self, error: httpx.TransportError) -> None:
        """Take a broken connection; raises Unreachable at the third."""
        self._failures += 1
        if self._request.idempotency_key and not isinstance(error, _NOTHING_SENT):
            self._may_be_queued = True
        if self._failures == _MAX_ATTEMPTS:
            raise self._make_silence(str(error) or type(error).__name__) from error
        self.pause = _PAUSES_AFTER_FAILURES[self._failures - 1]

    def finish(self, response: httpx.Response) -> bool:
        """Take a response, and return whether it is the last; raises AnswerError for a refusal.

        A refusal for now raises Unreachable instead if a try before it may have been queued: it
        tells of itself alone.
        """
        if response.status_code < _FIRST_ERROR:
            self.answer = self._decode(response)
            return True
        retry_after = response.headers.get(RETRY_AFTER_HEADER)
        if response.status_code in _MAY_BE_REPEATED and self._may_wait(retry_after):
            return False
        problem = self._read_problem(response)
        refusal = self._caller.server.refusal(response.status_code, problem, retry_after)
        if self._may_be_queued and is_passing(response.status_code):
            raise self._make_silence(f"a connection broke, then {refusal}") from refusal
        raise refusal

    def _may_wait(self, retry_after: str | None) -> bool:
        """Set the pause that the server asks for, and return whether there is time for it."""
        if retry_after is None or not retry_after.isdecimal():
            return False
        self.pause = max(float(retry_after), _MIN_PAUSE_SECONDS)
        return monotonic() + self.pause <= self._until

    def _make_silence(self, why: str) -> Unreachable:
        caller, request = self._caller, self._request
        if not self._may_be_queued:
            return caller.server.silence(caller.url, why)
        return caller.server.silence(
            caller.url,
            why,
            idempotency_key=request.idempotency_key,
            client_order_ids=request.client_order_ids,
        )

    def _decode(self, response: httpx.Response) -> Answer:
        try:
            return self._request.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problem = self._describe_stranger(response)
            raise self._caller.server.refusal(response.status_code, problem) from error

    def _read_problem(self, response: httpx.Response) -> Mapping[str, Any]:
        """Return the problem document, or one for the answer of a proxy, which has none."""
        with suppress(ValueError):
            problem = response.json()
            if isinstance(problem, dict) and isinstance(problem.get("code"), str):
                return problem
        return self._describe_stranger(response)

    def _describe_stranger(self, response: httpx.Response) -> dict[str, Any]:
        caller = self._caller
        answer = f"HTTP {response.status_code}: {response.text[:200]}"
        return {"detail": f"{caller.url}: no answer of the {caller.server.name}, {answer}"}
