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

from edge.turns import Turns
from order_gateway import errors
from order_gateway.admission.api_keys import Scope
from order_gateway.admission.authentication import Authenticator
from order_gateway.admission.order_log import OrderLog
from order_gateway.admission.request_context import ClientGone, RequestContext
from order_gateway.admission.site_rules import SiteRules
from order_gateway.admission.wrong_keys import WrongKeys
from order_gateway.errors import Unavailable
from order_gateway.logs import current_request
from order_gateway.metrics import Metrics
from protocol.commands import is_identifier
from protocol.enums import Reason
from protocol.refusal import Refusal

logger = logging.getLogger(__name__)

LIGHT_BYTES = 4_096
"""A body of this size is read at once: it has few orders."""
BYTES_A_TURN = 32_768
"""Larger bodies that are read in one turn of the event loop: 300 orders or so."""

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
        self._order_log = order_log
        self._metrics = metrics
        self._worker = worker
        self._last_request = 0
        self._wrong_keys = WrongKeys()
        self._turns = Turns(BYTES_A_TURN)

    def guard(self, endpoint: Endpoint, needs: Scope | None, max_body: int | None) -> ASGIApp:
        """Return an ASGI application that lets requests through to `endpoint` once admitted.

        `needs` is the scope that the caller must have, None if anybody may ask; `max_body` is the
        largest body in bytes, None if the endpoint reads no body.
        """
        is_trade = needs is Scope.TRADE

        async def serve(scope: AsgiScope, receive: Receive, send: Send) -> None:
            started = time.perf_counter()
            request = self.make_context(scope, receive)
            response = await self._respond(endpoint, request, needs, max_body)
            if response is None:
                return
            response.raw_headers.append((b"x-request-id", request.request_id.encode()))
            response.raw_headers += request.answer_headers
            if request.entries:
                self._order_log.write(request, response)
            seconds = time.perf_counter() - started
            self._metrics.count_answer(response.status_code, seconds, is_trade=is_trade)
            await response(scope, receive, send)

        return serve

    def make_context(self, scope: AsgiScope, receive: Receive) -> RequestContext:
        """Make the context of a connection's request, under the client's id for it or a new one."""
        self._last_request += 1
        request = RequestContext(scope, receive, f"{self._worker}-r{self._last_request:x}")
        given = request.find_header(b"x-request-id")
        if given is not None and is_identifier(given):
            request.request_id = given
        current_request.set(request.request_id)
        return request

    def check_site(self, request: RequestContext) -> None:
        """Raise Refusal if the page, or the name it used for the gateway, is not allowed."""
        self._rules.check(request)

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

    def find_keys_version(self) -> object:
        """Return what differs once other keys count."""
        return self._authenticator.find_version()

    def still_admits(self, request: RequestContext, needs: Scope) -> bool:
        """Whether a request that was admitted would be again, by the keys that count now."""
        return self._authenticator.still_admits(request, needs)

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
            self._rules.check(request)
        except Refusal as refusal:
            code, response = refusal.code, errors.refuse(refusal)
        response.raw_headers.append((b"x-request-id", request.request_id.encode()))
        response.raw_headers += request.answer_headers
        self._metrics.count_answer(response.status_code, 0.0, is_trade=False)
        self._metrics.count_reject(code)
        return response

    async def _respond(
        self,
        endpoint: Endpoint,
        request: RequestContext,
        needs: Scope | None,
        max_body: int | None,
    ) -> Response | None:
        """Return the answer, or None if the client has gone."""
        try:
            self._rules.check(request)
            if max_body is None:
                await request.receive_no_body()
            else:
                self._authenticator.recognize(request)
                await request.receive_body(max_body)
            if needs is not None:
                self.admit(request, needs)
                if len(request.body) > LIGHT_BYTES or self._turns.is_waiting(request.account):
                    await self._wait_for_turn(request)
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

    async def _wait_for_turn(self, request: RequestContext) -> None:
        """Let other accounts go on between two large requests, and keep the order of one's own."""
        turn = asyncio.Event()
        self._turns.enter(request.account, len(request.body), turn.set)
        await turn.wait()


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
