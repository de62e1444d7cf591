"""What every request passes on its way in and out, whichever route answers it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from edge.api_keys import Scope
from edge.bodies import ClientGone
from edge.prompt import Prompt, PromptRequest, Respond
from edge.site_rules import SiteRules
from edge.turns import Turns
from edge.wrong_keys import WrongKeys
from order_gateway import errors
from order_gateway.admission.authentication import Authenticator, Caller
from order_gateway.admission.order_log import OrderLog
from order_gateway.admission.passage import Passage, PromptEndpoint, Work
from order_gateway.admission.request_context import (
    ITEMS_A_TURN,
    RequestContext,
    receive_nothing,
)
from order_gateway.errors import Unavailable
from order_gateway.logs import current_request
from order_gateway.metrics import Metrics
from protocol.commands import is_identifier
from protocol.enums import Reason
from protocol.headers import ADVANCE_HEADER
from protocol.refusal import Refusal

logger = logging.getLogger(__name__)

LIGHT_BYTES = 4_096
"""A body of this size is read at once: it has few orders."""

Endpoint = Callable[[RequestContext], Awaitable[Response]]


class Admission:
    """Checks who calls, from where and how often; gives each request an id; logs and counts it.

    Refusal, Unavailable and faults of the gateway's own become problem documents.
    """

    def __init__(
        self,
        rules: SiteRules,
        authenticator: Authenticator,
        order_log: OrderLog,
        metrics: Metrics,
        worker: str,
    ) -> None:
        self._rules = rules
        self._authenticator = authenticator
        self.order_log = order_log
        self.metrics = metrics
        self._worker = worker
        self._last_request = 0
        self._wrong_keys = WrongKeys()
        self.turns = Turns(ITEMS_A_TURN)

    def guard(self, endpoint: Endpoint, needs: Scope | None, max_body: int | None) -> ASGIApp:
        """Return an ASGI application that lets requests through to `endpoint` once admitted.

        `needs` is the scope that the caller must have, None if anybody may ask; `max_body` is the
        largest body in bytes, None if the endpoint reads no body.
        """
        is_trade = needs is Scope.TRADE

        async def ask(request: RequestContext) -> Response:
            self.check_site(request)
            if max_body is None:
                await request.receive_no_body()
            else:
                self._authenticator.recognize(request)
                await request.receive_body(max_body)
            if needs is not None:
                self.admit(request, needs)
                if self.has_to_wait(request):
                    await request.wait_for_turn()
            return await endpoint(request)

        async def serve(scope: AsgiScope, receive: Receive, send: Send) -> None:
            started = time.perf_counter()
            request = self.make_context(scope, receive)
            current_request.set(request.request_id)
            response = await self.respond(ask(request), request)
            if response is None:
                return
            headers = self._conclude(request, response, started, is_trade=is_trade)
            # instead of calling the response, which does the same by way of more
            status = response.status_code
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": response.body})

        return serve

    def guard_prompt(self, endpoint: PromptEndpoint, needs: Scope, max_body: int) -> Prompt:
        """Return the same for requests that are served without ASGI."""
        is_trade = needs is Scope.TRADE

        def enter(request: RequestContext) -> None:
            self.check_site(request)
            self._authenticator.recognize(request)
            request.check_size(max_body)
            self.admit(request, needs)

        def serve(asked: PromptRequest, respond: Respond) -> None:
            started = time.perf_counter()
            scope, headers, body = asked
            request = self.make_context(scope, receive_nothing, headers)
            request.body = body

            def answer(response: Response) -> None:
                headers = self._conclude(request, response, started, is_trade=is_trade)
                respond(response.status_code, headers, bytes(response.body))

            Passage(self, request, enter, endpoint, answer).begin()

        return serve

    def take_message(
        self,
        endpoint: PromptEndpoint,
        stream: RequestContext,
        request: RequestContext,
        answer: Callable[[Response], None],
    ) -> None:
        """Let a command of an admitted stream through; `answer` gets the answer to it."""
        enter = partial(self._admit_message, stream)
        self._let_through(enter, endpoint, request, answer, time.perf_counter())

    def conclude_message(
        self,
        endpoint: PromptEndpoint,
        request: RequestContext,
        answer: Callable[[Response], None],
        started: float,
    ) -> None:
        """Let a command have its answer that was let through before."""
        self._let_through(lambda _: None, endpoint, request, answer, started)

    def _let_through(
        self,
        enter: Callable[[RequestContext], None],
        endpoint: PromptEndpoint,
        request: RequestContext,
        answer: Callable[[Response], None],
        started: float,
    ) -> None:
        def note(response: Response) -> None:
            self._note(request, response, started, is_trade=True)
            answer(response)

        Passage(self, request, enter, endpoint, note).begin()

    def refuse_message(self, refusal: Refusal) -> Response:
        """Return the answer to a message that is no command."""
        self.metrics.count_reject(refusal.code)
        return errors.refuse(refusal)

    def _admit_message(self, stream: RequestContext, request: RequestContext) -> None:
        """Count a command; raise Refusal if the stream's caller may not send it, or not so many."""
        caller = self.find_caller(stream)
        if caller is None:
            raise Refusal(Reason.UNAUTHORIZED, None, "the key was retracted")
        request.limit = caller.limit
        charge(request)
        caller.check_scope(Scope.TRADE)

    def has_to_wait(self, request: RequestContext) -> bool:
        """Whether others have their turn before the request is read."""
        return len(request.body) > LIGHT_BYTES or self.turns.is_waiting(request.account)

    def _conclude(
        self, request: RequestContext, response: Response, started: float, *, is_trade: bool
    ) -> list[tuple[bytes, bytes]]:
        """Log and count an answer; return its headers."""
        self._note(request, response, started, is_trade=is_trade)
        request_id = (b"x-request-id", request.request_id.encode())
        return [*response.raw_headers, request_id, *request.answer_headers]

    def _note(
        self, request: RequestContext, response: Response, started: float, *, is_trade: bool
    ) -> None:
        """Log and count an answer."""
        if request.entries:
            self.order_log.write(request, response)
        seconds = time.perf_counter() - started
        self.metrics.answers.count(response.status_code, seconds, is_trade=is_trade)

    def make_context(
        self, scope: AsgiScope, receive: Receive, headers: dict[bytes, bytes] | None = None
    ) -> RequestContext:
        """Make the context of a connection's request, under the client's id for it or a new one."""
        request = RequestContext(scope, receive, self.name_request(), self.turns, headers)
        given = request.find_header(b"x-request-id")
        if given is not None and is_identifier(given):
            request.request_id = given
        return request

    def name_request(self) -> str:
        """Return the id of a new request."""
        self._last_request += 1
        return f"{self._worker}-r{self._last_request:x}"

    def check_site(self, request: RequestContext) -> None:
        """Raise Refusal if the page, or the name it used for the gateway, is not allowed."""
        request.answer_headers += self._rules.check(request.method, request.headers)

    def admit(self, request: RequestContext, needs: Scope) -> None:
        """Identify the caller and write them into `request`.

        Raise Refusal if the caller is unknown, lacks the scope, or exceeds the rate limit.
        """
        caller = self._authenticator.authenticate(request)
        request.account = caller.account
        request.key_name = caller.key_name
        request.signature = caller.signature
        request.limit = caller.limit
        charge(request)
        caller.check_permission(request, needs)
        if b"x-advance" in request.headers:
            _check_advance(request, caller)

    def find_keys_version(self) -> object:
        """Return what differs once other keys count."""
        return self._authenticator.find_version()

    def find_caller(self, request: RequestContext) -> Caller | None:
        """Return the caller of a request that was admitted, by the keys that count now."""
        return self._authenticator.find_caller(request)

    def still_admits(self, request: RequestContext, needs: Scope) -> bool:
        """Whether a request that was admitted would be again, by the keys that count now."""
        caller = self.find_caller(request)
        return caller is not None and needs in caller.scopes

    async def delay(self, error: Exception, request: RequestContext) -> None:
        """Let whoever guesses keys wait longer for each answer."""
        if seconds := self.find_delay(error, request):
            await asyncio.sleep(seconds)

    def find_delay(self, error: Exception, request: RequestContext) -> float:
        """Return the seconds that the answer has to wait."""
        is_guess = isinstance(error, Refusal) and error.code is Reason.UNAUTHORIZED
        if is_guess and b"x-api-key" in request.headers:
            return self._wrong_keys.count(request.address)
        return 0.0

    def answer_errors(self, app: FastAPI) -> None:
        """Make `app` answer with problem documents if no route of the gateway does."""

        async def answer_http_error(request: Request, error: Exception) -> Response:
            code, response = errors.answer_http_error(request, error)
            return self._answer_outside(request.scope, request.receive, code, response)

        async def answer_exception(request: Request, _error: Exception) -> Response:
            code, response = Reason.INTERNAL_ERROR, errors.answer_fault()
            return self._answer_outside(request.scope, request.receive, code, response)

        answer_no_route = app.router.default

        async def answer_unknown_path(scope: AsgiScope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                problem = errors.answer_unknown_path()
                response = self._answer_outside(scope, receive, Reason.NOT_FOUND, problem)
                await response(scope, receive, send)
            else:
                await answer_no_route(scope, receive, send)

        app.router.default = answer_unknown_path
        app.add_exception_handler(HTTPException, answer_http_error)
        app.add_exception_handler(Exception, answer_exception)

    def _answer_outside(
        self, scope: AsgiScope, receive: Receive, code: Reason, response: Response
    ) -> Response:
        request = self.make_context(scope, receive)
        try:
            self.check_site(request)
        except Refusal as refusal:
            code, response = refusal.code, errors.refuse(refusal)
        response.raw_headers.append((b"x-request-id", request.request_id.encode()))
        response.raw_headers += request.answer_headers
        self.metrics.answers.count(response.status_code, 0.0, is_trade=False)
        self.metrics.count_reject(code)
        return response

    async def respond(self, work: Work, request: RequestContext) -> Response | None:
        """Return what `work` does, or the answer that says why; None if the client has gone."""
        try:
            return await work
        except (Refusal, Unavailable) as error:
            response = self.explain(error, request)
            await self.delay(error, request)
            return response
        except ClientGone:
            return None
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            return self.answer_fault()

    def explain(self, error: Refusal | Unavailable, request: RequestContext) -> Response:
        """Count a refusal, and return the answer that tells it."""
        self.metrics.count_reject(error.code)
        if isinstance(error, Refusal):
            return errors.refuse(error, request.path_params)
        return errors.postpone(error)

    def answer_fault(self) -> Response:
        """Count a fault of the gateway, and return the answer that tells it."""
        self.metrics.count_reject(Reason.INTERNAL_ERROR)
        return errors.answer_fault()


def _check_advance(request: RequestContext, caller: Caller) -> None:
    """Raise Refusal if the clock cannot be moved with this request, or not by this caller."""
    if request.method not in {"POST", "PATCH", "DELETE"}:
        raise Refusal(
            Reason.INVALID_REQUEST, ADVANCE_HEADER, f"{ADVANCE_HEADER} goes with a change only"
        )
    caller.check_scope(Scope.ADMIN)


def charge(request: RequestContext, cost: int = 1) -> None:
    """Count `cost` requests and tell the client what is left; raise Refusal above the limit."""
    limit = request.limit
    if limit is None:
        return
    is_within = limit.take(cost)
    request.answer_headers = [
        header for header in request.answer_headers if not header[0].startswith(b"ratelimit")
    ] + limit.describe()
    if not is_within:
        raise Refusal(
            Reason.RATE_LIMITED, None, "too many requests under this key; try again shortly"
        )
