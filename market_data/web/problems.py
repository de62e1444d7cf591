"""Errors of the REST side as RFC 9457 problem documents."""

from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from protocol.codec import encode
from protocol.enums import Reason

_CODES = {
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Reason.METHOD_NOT_ALLOWED,
}


class Problem(msgspec.Struct, omit_defaults=True, frozen=True):
    """A problem document; `field` names the parameter that is wrong, `nearest` a valid value."""

    title: str
    status: int
    code: Reason
    detail: str
    type: str = "about:blank"
    field: str | None = None
    nearest: str | None = None


class ProblemRaised(Exception):
    """A request cannot be answered; `headers` go with the problem document."""

    def __init__(
        self,
        status: HTTPStatus,
        code: Reason,
        detail: str,
        field: str | None = None,
        headers: dict[str, str] | None = None,
        nearest: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(status.phrase, status, code, detail, field=field, nearest=nearest)
        self.headers = headers


def render_problem(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The response."""
    body = {"type": problem.type, **msgspec.to_builtins(problem)}
    return Response(encode(body), problem.status, headers, "application/problem+json")


def install_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.exception_handler(ProblemRaised)(_render_raised)
    app.exception_handler(HTTPException)(_render_http)
    app.exception_handler(Exception)(_render_unexpected)


async def _render_raised(_: Request, error: ProblemRaised) -> Response:
    return render_problem(error.problem, error.headers)


async def _render_http(request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    code = _CODES.get(status, Reason.INVALID_REQUEST)
    detail = f"{request.method} {request.url.path}: {status.phrase}; see /v1/docs"
    headers = dict(error.headers) if error.headers else None
    return render_problem(Problem(status.phrase, status, code, detail), headers)


async def _render_unexpected(_: Request, __: Exception) -> Response:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "an unexpected error; it is in the service's log"
    return render_problem(Problem(status.phrase, status, Reason.INTERNAL_ERROR, detail))
