"""How a route describes its parameters, body, problems and keys in the OpenAPI document."""

from typing import Any

from pydantic import BaseModel

from edge.api_keys import Scope
from order_gateway.reading.request_schemas import ResponseMode
from protocol.commands import DEFAULT_ACCOUNT, IDENTIFIER_PATTERN
from protocol.enums import Reason
from protocol.headers import (
    ACCOUNT_HEADER,
    ADVANCE_HEADER,
    IDEMPOTENCY_HEADER,
    PREFER_HEADER,
)
from protocol.problem_responses import (
    REFERENCE,
    Responses,
    describe_problems,
    merge_problems,
)

_ANY_ROUTE = (
    Reason.UNKNOWN_FIELD,
    Reason.INVALID_REQUEST,
    Reason.INTERNAL_ERROR,
    Reason.HOST_NOT_ALLOWED,
    Reason.ORIGIN_NOT_ALLOWED,
)
_WITHOUT_A_BODY = (Reason.UNEXPECTED_BODY,)
_MOVING_THE_CLOCK = (Reason.CLOCK_NOT_MANUAL, Reason.INVALID_DURATION)
_WITH_A_KEY = (
    Reason.UNAUTHORIZED,
    Reason.TIMESTAMP_OUT_OF_WINDOW,
    Reason.FORBIDDEN,
    Reason.RATE_LIMITED,
    Reason.INVALID_ACCOUNT,
)


_ACCOUNT = {
    "name": ACCOUNT_HEADER,
    "in": "header",
    "description": "Whose order it is; with an API key, the key's account",
    "schema": {"type": "string", "pattern": IDENTIFIER_PATTERN, "default": DEFAULT_ACCOUNT},
}
PREFER = {
    "name": PREFER_HEADER,
    "in": "header",
    "description": "`wait=5` waits for the engine for at most 5 seconds (RFC 7240)",
    "schema": {"type": "string", "example": "wait=5"},
}
_ADVANCE = {
    "name": ADVANCE_HEADER,
    "in": "header",
    "description": "Moves a manual clock so far before the change; needs the scope admin",
    "schema": {"type": "string", "example": "1s"},
}
_IDEMPOTENCY_KEY = {
    "name": IDEMPOTENCY_HEADER,
    "in": "header",
    "description": (
        "Names this change, so that it can be repeated if its answer was lost: for two minutes, a"
        " repeat gets the first request's result and changes nothing"
    ),
    "schema": {"type": "string", "pattern": IDENTIFIER_PATTERN},
}


def describe_command(
    default: ResponseMode,
    body: type[BaseModel] | None = None,
    path: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe what a command route reads: a part of its path, headers, and a body."""
    parameters = [_ACCOUNT, _describe_mode(default), PREFER, _ADVANCE]
    description: dict[str, Any] = {"parameters": [path, *parameters] if path else parameters}
    return description if body is None else description | describe_body(body)


def describe_body(body: type[BaseModel]) -> dict[str, Any]:
    """Describe a body that a route reads."""
    schema = {"$ref": REFERENCE.format(model=body.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe_change(
    body: type[BaseModel] | None = None,
    path: dict[str, Any] | None = None,
    *query: dict[str, Any],
) -> dict[str, Any]:
    """Describe a command that waits for the engine and may be repeated under a key."""
    description = describe_command(ResponseMode.RESULT, body, path)
    description["parameters"] += [_IDEMPOTENCY_KEY, *query]
    return description


def describe_question(*parameters: dict[str, Any]) -> dict[str, Any]:
    """Describe a route that asks about an account."""
    return {"parameters": [_ACCOUNT, *parameters]}


def describe_path(name: str, pattern: str, example: str) -> dict[str, Any]:
    """Describe a part of the path."""
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def describe_query(name: str, text: str, **schema: Any) -> dict[str, Any]:
    """Describe an optional parameter of the query."""
    return {"name": name, "in": "query", "description": text, "schema": schema}


def describe_answers(
    responses: Responses, request: dict[str, Any], needs: Scope | None, *, reads_body: bool
) -> Responses:
    """Return `responses` and what every route may answer that reads `request`.

    `needs` is the route's scope.
    """
    common = describe_problems(
        *_ANY_ROUTE,
        *(_WITH_A_KEY if needs else ()),
        *(() if reads_body else _WITHOUT_A_BODY),
        *(_MOVING_THE_CLOCK if _ADVANCE in request.get("parameters", ()) else ()),
    )
    return merge_problems(responses, common)


def describe_security(needs: Scope | None) -> dict[str, Any]:
    """Describe the keys that a route needs if authentication is on."""
    if needs is None:
        return {"security": []}
    signed: dict[str, list[str]] = {"ApiKey": [], "Timestamp": [], "Signature": []}
    return {"security": [{}, {"ApiKey": []}, signed], "x-scope": needs.value}


def _describe_mode(default: ResponseMode) -> dict[str, Any]:
    text = (
        "`ack` answers when the request is in the queue, `result` when the engine has handled it,"
        " `full` adds the trades"
    )
    return describe_query("response", text, type="string", enum=list(ResponseMode), default=default)
