"""Routes that bypass FastAPI's request handling, which costs more than the order itself.

FastAPI matches the paths that have parameters and makes the OpenAPI document; the handlers are
plain functions of the services and the request.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Match, WebSocketRoute
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope
from starlette.websockets import WebSocket

from edge.api_keys import Scope
from edge.prompt import Prompt
from edge.site_rules import SiteRules
from order_gateway.admission.admission import Admission
from order_gateway.admission.passage import Tell, Work
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.route_descriptions import describe_answers, describe_security
from order_gateway.routes.services import Body, Services
from protocol.problem_responses import Responses

Handler = Callable[[Services, RequestContext], Awaitable[Response]]
PromptHandler = Callable[[Services, RequestContext, Tell], Work | None]
"""Does what a Handler does, for a request that is served without ASGI; see `PromptEndpoint`."""


class DirectRoute(APIRoute):
    """A route whose handler, behind the admission, takes the connection itself."""

    direct: ASGIApp
    prompt: Prompt | None = None

    def matches(self, scope: AsgiScope) -> tuple[Match, AsgiScope]:
        """Match HEAD wherever GET matches; the server leaves out the body."""
        if scope["type"] == "http":
            scope = {**scope, "method": _normalize(scope["method"])}
        return super().matches(scope)

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer a request that matches the path."""
        if _normalize(scope["method"]) in (self.methods or ()):
            await self.direct(scope, receive, send)
        else:
            await super().handle(scope, receive, send)


class _Row(NamedTuple):
    """One route of a table."""

    method: str
    path: str
    handler: Handler
    prompt: PromptHandler | None
    needs: Scope | None
    body: Body | None
    documentation: dict[str, Any]


class RouteTable:
    """The routes of one module."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        prompt: PromptHandler | None = None,
        needs: Scope | None = None,
        body: Body | None = None,
        request: dict[str, Any] | None = None,
        responses: Responses | None = None,
        **documentation: Any,
    ) -> Callable[[Handler], Handler]:
        """Return a decorator that makes a handler answer `method` at `path`.

        `needs` is the scope that the caller must have, None if anybody may ask; `body` is the kind
        of body that the handler reads; `prompt` serves what comes in one piece. The rest is for the
        OpenAPI document, in which `request` describes what the handler reads.
        """
        request = request or {}
        documentation["openapi_extra"] = request | describe_security(needs)
        documentation["responses"] = describe_answers(
            responses or {}, request, needs, reads_body=body is not None
        )

        def remember(handler: Handler) -> Handler:
            self._rows.append(_Row(method, path, handler, prompt, needs, body, documentation))
            return handler

        return remember

    def mount(self, router: APIRouter, admission: Admission, services: Services) -> None:
        """Add the routes to `router`; their handlers get `services`."""
        for method, path, handler, prompt, needs, body, documentation in self._rows:
            router.add_api_route(
                path,
                _stand_in_for(handler),
                methods=[method],
                route_class_override=DirectRoute,
                **documentation,
            )
            route = router.routes[-1]
            assert isinstance(route, DirectRoute)
            max_body = None if body is None else services.max_body_bytes[body]
            route.direct = admission.guard(partial(handler, services), needs, max_body)
            if prompt is not None and needs is not None and max_body is not None:
                route.prompt = admission.guard_prompt(partial(prompt, services), needs, max_body)


class DirectApp(FastAPI):
    """An application that finds direct routes without parameters before anything else.

    So it does WebSockets: a handshake costs a third less than behind the router's layers.
    """

    prompts: dict[tuple[bytes, bytes], Prompt]
    """What is served without ASGI, by method and target."""
    _fixed_routes: dict[tuple[str, str], ASGIApp]
    _sockets: dict[str, Callable[[WebSocket], Awaitable[None]]]
    _answer_preflight: ASGIApp

    def remember_fixed_routes(self, admission: Admission) -> None:
        """Index the direct routes without parameters; call it once all routes are mounted."""
        fixed = [
            (method, route)
            for route in self.routes
            if isinstance(route, DirectRoute) and "{" not in route.path
            for method in route.methods or ()
        ]
        self._fixed_routes = {(method, route.path): route.direct for method, route in fixed}
        self.prompts = {
            (method.encode(), route.path.encode()): route.prompt
            for method, route in fixed
            if route.prompt is not None
        }
        self._sockets = {
            route.path: route.endpoint for route in self.routes if isinstance(route, WebSocketRoute)
        }
        self._answer_preflight = admission.guard(_answer_preflight, None, None)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] == "http":
            direct = self._fixed_routes.get((_normalize(scope["method"]), scope["path"]))
            if direct is None and scope["method"] == "OPTIONS" and _is_preflight(scope):
                direct = self._answer_preflight
            if direct is not None:
                await direct(scope, receive, send)
                return
        elif scope["type"] == "websocket" and scope["path"] in self._sockets:
            await self._sockets[scope["path"]](WebSocket(scope, receive, send))
            return
        await super().__call__(scope, receive, send)


def _normalize(method: str) -> str:
    return "GET" if method == "HEAD" else method


def _stand_in_for(handler: Handler) -> Callable[[], Awaitable[Response]]:
    """Return an endpoint without parameters for FastAPI to document; it is never called."""

    async def stand_in() -> Response:
        raise NotImplementedError

    stand_in.__name__ = getattr(handler, "__name__", "handler")
    stand_in.__doc__ = handler.__doc__
    return stand_in


def _is_preflight(scope: AsgiScope) -> bool:
    names = {name for name, _ in scope["headers"]}
    return {b"origin", b"access-control-request-method"} <= names


async def _answer_preflight(request: RequestContext) -> Response:
    request.answer_headers += SiteRules.describe_preflight()
    return Response(status_code=204)
