"""Routes without FastAPI's machinery around them, which costs more than the order itself."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from order_gateway.admission.admission import Admission, Endpoint
from order_gateway.admission.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.admission.site_rules import SiteRules
from order_gateway.document.openapi import describe_answers, describe_security


class DirectRoute(APIRoute):
    """A route whose endpoint, behind the admission, takes the connection itself."""

    direct: ASGIApp

    def matches(self, scope: AsgiScope) -> tuple[Match, AsgiScope]:
        """What can be asked by GET can be asked by HEAD; the server leaves out the body."""
        if scope["type"] == "http":
            scope = {**scope, "method": _normalize(scope["method"])}
        return super().matches(scope)

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answers a request that matches the path."""
        if _normalize(scope["method"]) in (self.methods or ()):
            await self.direct(scope, receive, send)
        else:
            await super().handle(scope, receive, send)


class DirectRoutes:
    """Adds direct routes to a router, and what all of them have in common to the document.

    `max_body` and `max_batch` are the bytes that the bodies of its routes may have.
    """

    def __init__(
        self, router: APIRouter, admission: Admission, max_body: int, max_batch: int
    ) -> None:
        self._router = router
        self._admission = admission
        self.max_body = max_body
        self.max_batch = max_batch

    def add(
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        *,
        needs: Scope | None = None,
        max_body: int | None = None,
        request: dict[str, Any] | None = None,
        responses: dict[int | str, dict[str, Any]] | None = None,
        **documentation: Any,
    ) -> None:
        """`endpoint` answers `method` at `path`; `needs` and `max_body` as the admission has them.

        The rest is for the OpenAPI document: `request` describes what the endpoint reads.
        """
        self._router.add_api_route(
            path,
            _stand_in_for(endpoint),
            methods=[method],
            route_class_override=DirectRoute,
            openapi_extra=(request or {}) | describe_security(needs),
            responses=describe_answers(responses or {}, needs),
            **documentation,
        )
        route = self._router.routes[-1]
        assert isinstance(route, DirectRoute)
        route.direct = self._admission.open(endpoint, needs, max_body)


class DirectApp(FastAPI):
    """An application that finds direct routes without parameters before anything else."""

    _fixed_routes: dict[tuple[str, str], ASGIApp]
    _answer_preflight: ASGIApp

    def remember_fixed_routes(self, admission: Admission) -> None:
        """To be called once all routes are there."""
        self._fixed_routes = {
            (method, route.path): route.direct
            for route in self.routes
            if isinstance(route, DirectRoute) and "{" not in route.path
            for method in route.methods or ()
        }
        self._answer_preflight = admission.open(_answer_preflight, None, None)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serves a connection."""
        if scope["type"] == "http":
            direct = self._fixed_routes.get((_normalize(scope["method"]), scope["path"]))
            if direct is None and scope["method"] == "OPTIONS" and _is_preflight(scope):
                direct = self._answer_preflight
            if direct is not None:
                await direct(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def _normalize(method: str) -> str:
    return "GET" if method == "HEAD" else method


def _stand_in_for(endpoint: Endpoint) -> Callable[[], Awaitable[Response]]:
    """An endpoint without parameters, for FastAPI to document; never called."""

    async def stand_in() -> Response:
        raise NotImplementedError

    stand_in.__name__ = getattr(endpoint, "__name__", "endpoint")
    stand_in.__doc__ = endpoint.__doc__
    return stand_in


def _is_preflight(scope: AsgiScope) -> bool:
    names = {name for name, _ in scope["headers"]}
    return {b"origin", b"access-control-request-method"} <= names


async def _answer_preflight(request: RequestContext) -> Response:
    request.answer_headers += SiteRules.describe_preflight()
    return Response(status_code=204)
