"""What every request passes on its way in and out, whichever route answers it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from edge.api_keys import Scope
from edge.bodies import ClientGone
from edge.site_rules import SiteRules
from edge.turns import Turns
from edge.wrong_keys import WrongKeys
from order_gateway import errors
from order_gateway.admission.authentication import Authenticator, Caller
from order_gateway.admission.order_log import OrderLog
from order_gateway.admission.request_context import ITEMS_A_TURN, RequestContext
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
Enter = Callable[[RequestContext], Awaitable[None]]


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
        self._order_log = order_log
        self._metrics = metrics
        self._worker = worker
        self._last_request = 0
        self._wrong_keys = WrongKeys()
        self._turns = Turns(ITEMS_A_TURN)

    def guard(self, endpoint: Endpoint, needs: Scope | None, max_body: int | None) -> ASGIApp:
        """Return an ASGI application that lets requests through to `endpoint` once admitted.

        `needs` is the scope that the caller must have, None if anybody may ask; `max_body` is the
        largest body in bytes, None if the endpoint reads no body.
        """
        is_trade = needs is Scope.TRADE

        async def enter(request: RequestContext) -> None:
            self.check_site(request)
            if max_body is None:
                await request.receive_no_body()
            else:
                self._authenticator.recognize(request)
                await request.receive_body(max_body)
            if needs is not None:
                self.admit(request, needs)
                await self._wait_for_turn(request)

        async def serve(scope: AsgiScope, receive: Receive, send: Send) -> None:
            started = time.perf_counter()
            request = self.make_context(scope, receive)
            response = await self._respond(enter, endpoint, request)
            if response is None:
                return
            headers = response.raw_headers
            headers.append((b"x-request-id", request.request_id.encode()))
            headers += request.answer_headers
            self._note(request, response, started, is_trade=is_trade)
            # instead of calling the response, which does the same by way of more
            status = response.status_code
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": response.body})

        return serve

    async def respond_to_message(
        self, endpoint: Endpoint, stream: RequestContext, request: RequestContext
    ) -> Response:
        """Return the endpoint's answer to a command of an admitted stream."""
        started = time.perf_counter()
        current_request.set(request.request_id)

        async def enter(_: RequestContext) -> None:
            self._admit_message(stream, request)
            await self._wait_for_turn(request)

        response = await self._respond(enter, endpoint, request)
        assert response is not None  # nobody is waited for
        self._note(request, response, started, is_trade=True)
        return response

    def refuse_message(self, refusal: Refusal) -> Response:
        """Return the answer to a message that is no command."""
        self._metrics.count_reject(refusal.code)
        return errors.refuse(refusal)

    def _admit_message(self, stream: RequestContext, request: RequestContext) -> None:
        """Count a command; raise Refusal if the stream's caller may not send it, or not so many."""
        caller = self._authenticator.find_caller(stream)
        if caller is None:
            raise Refusal(Reason.UNAUTHORIZED, None, "the key was retracted")
        request.limit = caller.limit
        charge(request)
        caller.check_scope(Scope.TRADE)

    async def _wait_for_turn(self, request: RequestContext) -> None:
        if len(request.body) > LIGHT_BYTES or self._turns.is_waiting(request.account):
            await request.wait_for_turn()

    def _note(
        self, request: RequestContext, response: Response, started: float, *, is_trade: bool
    ) -> None:
        """Log and count an answer."""
        if request.entries:
            self._order_log.write(request, response)
        seconds = time.perf_counter() - started
        self._metrics.answers.count(response.status_code, seconds, is_trade=is_trade)

    def make_context(self, scope: AsgiScope, receive: Receive) -> RequestContext:
        """Make the context of a connection's request, under the client's id for it or a new one."""
        request = RequestContext(scope, receive, self.name_request(), self._turns)
        given = request.find_header(b"x-request-id")
        if given is not None and is_identifier(given):
            request.request_id = given
        current_request.set(request.request_id)
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

    def still_admits(self, request: RequestContext, needs: Scope) -> bool:
        """Whether a request that was admitted would be again, by the keys that count now."""
        caller = self._authenticator.find_caller(request)
        return caller is not None and needs in caller.scopes

    async def delay(self, refusal: Refusal, request: RequestContext) -> None:
        """Let whoever guesses keys wait longer for each answer."""
        if refusal.code is Reason.UNAUTHORIZED and b"x-api-key" in request.headers:
            await asyncio.sleep(self._wrong_keys.count(request.address))

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
        self._metrics.answers.count(response.status_code, 0.0, is_trade=False)
        self._metrics.count_reject(code)
        return response

    async def _respond(
        self, enter: Enter, endpoint: Endpoint, request: RequestContext
    ) -> Response | None:
        """Return the answer, or None if the client has gone; `enter` raises why it may not."""
        try:
            await enter(request)
            return await endpoint(request)
        except Refusal as refusal:
            self._metrics.count_reject(refusal.code)
            await self.delay(refusal, request)
            return errors.refuse(refusal, request.path_params)
        except Unavailable as unavailable:
            self._metrics.count_reject(unavailable.code)
            return errors.postpone(unavailable)
        except ClientGone:
            return None
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            self._metrics.count_reject(Reason.INTERNAL_ERROR)
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
