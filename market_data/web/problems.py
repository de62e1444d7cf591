"""Errors of the REST side as RFC 9457 problem documents."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from protocol.codec import encode
from protocol.enums import Reason
from protocol.problem import PROBLEM_MEDIA_TYPE, describe_problem

_CODES = {
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Reason.METHOD_NOT_ALLOWED,
}


class ProblemRaised(Exception):
    """A request cannot be answered; `headers` go with the problem document.

    `field` names the parameter that is wrong, `nearest` a valid value.
    """

    def __init__(
        self,
        code: Reason,
        detail: str,
        field: str | None = None,
        headers: dict[str, str] | None = None,
        nearest: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field
        self.headers = headers
        self.nearest = nearest

    def to_response(self, *, is_in_path: bool = False) -> Response:
        """Return the problem document; `is_in_path`: `field` is a part of the request's path."""
        problem = describe_problem(
            self.code, self.detail, self.field, self.nearest, is_in_path=is_in_path
        )
        return Response(encode(problem), problem["status"], self.headers, PROBLEM_MEDIA_TYPE)


def install_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.exception_handler(ProblemRaised)(_render_raised)
    app.exception_handler(HTTPException)(_render_http)
    app.exception_handler(Exception)(_render_unexpected)
    answer_no_route = app.router.default

    async def answer_unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            detail = f"there is no WebSocket at {scope['path'][:80]}; see /v1/docs"
            await ProblemRaised(Reason.NOT_FOUND, detail).to_response()(scope, receive, send)
        else:
            await answer_no_route(scope, receive, send)

    app.router.default = answer_unknown_path


async def _render_raised(request: Request, error: ProblemRaised) -> Response:
    return error.to_response(is_in_path=error.field in request.path_params)


async def _render_http(request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    code = _CODES.get(status, Reason.INVALID_REQUEST)
    detail = f"{request.method} {request.url.path}: {status.phrase}; see /v1/docs"
    headers = dict(error.headers) if error.headers else None
    return ProblemRaised(code, detail, headers=headers).to_response()


async def _render_unexpected(_: Request, __: Exception) -> Response:
    detail = "an unexpected error; it is in the service's log"
    return ProblemRaised(Reason.INTERNAL_ERROR, detail).to_response()
