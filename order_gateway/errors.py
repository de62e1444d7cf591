"""Errors as RFC 9457 problem documents."""

from collections.abc import Container
from http import HTTPStatus

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from protocol.codec import encode
from protocol.enums import Reason
from protocol.headers import RETRY_AFTER_HEADER, RETRY_AFTER_SECONDS
from protocol.problem import PROBLEM_MEDIA_TYPE, describe_problem
from protocol.refusal import Refusal

UNREACHABLE = "the order queue cannot be reached; nothing was queued"

_RETRY_AFTER = {RETRY_AFTER_HEADER: str(RETRY_AFTER_SECONDS)}
_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'ApiKey realm="goquant"'},
    HTTPStatus.TOO_MANY_REQUESTS: _RETRY_AFTER,
    HTTPStatus.SERVICE_UNAVAILABLE: _RETRY_AFTER,
}


class Unavailable(Exception):
    """The request was not queued and may be repeated shortly; `code` is the reason."""

    def __init__(self, code: Reason, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def archive_unavailable(why: str) -> Unavailable:
    """Return the error of a question that the archive cannot answer now."""
    return Unavailable(Reason.ARCHIVE_UNAVAILABLE, f"the archive cannot be asked: {why}")


class ArchiveBehind(Unavailable):
    """The archive does not have yet what a question is about."""

    def __init__(self, commands: int) -> None:
        super().__init__(
            Reason.ARCHIVE_UNAVAILABLE,
            f"the archive cannot be asked: it is {commands} commands behind",
        )


def make_problem(
    code: Reason,
    detail: str,
    field: str | None = None,
    nearest: str | None = None,
    step: str | None = None,
    headers: dict[str, str] | None = None,
    *,
    is_in_path: bool = False,
) -> Response:
    """Return the problem document of a reason as a response."""
    problem = describe_problem(code, detail, field, nearest, step, is_in_path=is_in_path)
    status: int = problem["status"]
    headers = _HEADERS.get(HTTPStatus(status), {}) | (headers or {})
    return Response(encode(problem), status, headers, PROBLEM_MEDIA_TYPE)


def refuse(refusal: Refusal, path_params: Container[str | None] = ()) -> Response:
    """Return the problem document of a value that breaks a rule.

    `path_params` are the parts of the request's path.
    """
    return make_problem(
        refusal.code,
        refusal.detail,
        refusal.field,
        refusal.nearest,
        refusal.step,
        is_in_path=refusal.field in path_params,
    )


def postpone(unavailable: Unavailable) -> Response:
    """Return the problem document of a request that may be repeated."""
    return make_problem(unavailable.code, unavailable.detail)


def answer_fault() -> Response:
    """Return the problem document of a fault of the gateway itself."""
    return make_problem(Reason.INTERNAL_ERROR, "the gateway failed, its log says why")


def answer_http_error(request: Request, error: Exception) -> tuple[Reason, Response]:
    """Return the reason and the problem document of an unknown path or method."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_find_methods(request))
        detail = f"{request.method} is not possible here, only {allowed}; see /v1/docs"
        headers = {"Allow": allowed}
        problem = make_problem(Reason.METHOD_NOT_ALLOWED, detail, headers=headers)
        return Reason.METHOD_NOT_ALLOWED, problem
    if any(isinstance(route, WebSocketRoute) for route in _find_routes(request)):
        detail = "this is a WebSocket: open it with ws:// (or wss://)"
        return Reason.NOT_FOUND, make_problem(Reason.NOT_FOUND, detail)
    return Reason.NOT_FOUND, answer_unknown_path()


def answer_unknown_path() -> Response:
    """The problem document of a path that there is not, for HTTP as for a WebSocket."""
    return make_problem(Reason.NOT_FOUND, "there is nothing at this path, see /v1/docs")


def _find_methods(request: Request) -> list[str]:
    """Return the methods that the routes of this path allow."""
    routes = [route for route in _find_routes(request) if isinstance(route, Route)]
    methods = set[str]().union(*(route.methods or () for route in routes))
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _find_routes(request: Request) -> list[Route | WebSocketRoute]:
    """Return the routes of this path."""
    path = request.scope["path"]
    routes = [route for route in request.app.routes if isinstance(route, Route | WebSocketRoute)]
    return [route for route in routes if route.path_regex.match(path)]
