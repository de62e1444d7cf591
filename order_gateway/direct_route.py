"""Routes without FastAPI's machinery around them, which costs more than the order itself."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from order_gateway.errors import Unavailable, answer_fault, postpone, refuse
from protocol.refusal import Refusal

logger = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


class DirectRoute(APIRoute):
    """A route whose endpoint takes the Request and returns the Response.

    Refusal and Unavailable become problem documents. What it reads is documented by
    `openapi_extra`; the rest of the OpenAPI document is made as for any route.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.direct = _call_directly(endpoint)
        self.allowed = frozenset(self.methods or ())

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that matches the path."""
        if scope["method"] in self.allowed:
            await self.direct(scope, receive, send)
        else:
            await super().handle(scope, receive, send)


class DirectApp(FastAPI):
    """An application that finds direct routes without parameters before anything else."""

    _fixed_routes: dict[tuple[str, str], ASGIApp]

    def remember_fixed_routes(self) -> None:
        """To be called once all routes are there."""
        self._fixed_routes = {
            (method, route.path): route.direct
            for route in self.routes
            if isinstance(route, DirectRoute) and "{" not in route.path
            for method in route.allowed
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a connection."""
        if scope["type"] == "http":
            direct = self._fixed_routes.get((scope["method"], scope["path"]))
            if direct is not None:
                await direct(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def _call_directly(endpoint: Endpoint) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        response = await _respond(endpoint, Request(scope, receive))
        if response is not None:
            await response(scope, receive, send)

    return call


async def _respond(endpoint: Endpoint, request: Request) -> Response | None:
    """The answer; None where the client has gone."""
    try:
        return await endpoint(request)
    except Refusal as refusal:
        return refuse(refusal)
    except Unavailable as unavailable:
        return postpone(unavailable)
    except ClientDisconnect:
        return None
    except Exception:
        logger.exception("%s %s failed", request.method, request.scope["path"])
        return answer_fault()
