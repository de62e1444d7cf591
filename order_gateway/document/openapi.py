"""What the OpenAPI document says beyond what FastAPI finds by itself."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from order_gateway.admission.api_keys import Scope
from order_gateway.document.answer_schemas import Problem
from order_gateway.document.problem_examples import make_problem_example
from order_gateway.errors import RETRY_AFTER_SECONDS
from order_gateway.reading.request_schemas import (
    AmendRequest,
    BatchRequest,
    CancelAfterRequest,
    OrderRequest,
    ResponseMode,
)
from protocol.commands import DEFAULT_ACCOUNT, IDENTIFIER_PATTERN
from protocol.enums import Reason
from protocol.headers import (
    ACCOUNT_HEADER,
    IDEMPOTENCY_HEADER,
    KEY_HEADER,
    PREFER_HEADER,
    RETRY_AFTER_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)
from protocol.problem import PROBLEM_MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_REFERENCE = "#/components/schemas/{model}"
_READ_DIRECTLY: tuple[type[BaseModel], ...] = (
    OrderRequest,
    AmendRequest,
    BatchRequest,
    CancelAfterRequest,
    Problem,
)
_MAY_RETRY = frozenset({429, 503})
_EVERYWHERE = (
    Reason.UNKNOWN_FIELD,
    Reason.INVALID_REQUEST,
    Reason.INTERNAL_ERROR,
    Reason.HOST_NOT_ALLOWED,
    Reason.ORIGIN_NOT_ALLOWED,
)
_WITH_A_KEY = (
    Reason.UNAUTHORIZED,
    Reason.TIMESTAMP_OUT_OF_WINDOW,
    Reason.FORBIDDEN,
    Reason.RATE_LIMITED,
    Reason.INVALID_ACCOUNT,
)


def describe_command(default: ResponseMode, body: type[BaseModel] | None = None) -> dict[str, Any]:
    """The parameters of a command route, and its body, for `openapi_extra`."""
    description: dict[str, Any] = {"parameters": [_ACCOUNT, _describe_mode(default), _PREFER]}
    if body is not None:
        schema = {"$ref": _REFERENCE.format(model=body.__name__)}
        description["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return description


def describe_change(body: type[BaseModel] | None = None) -> dict[str, Any]:
    """The same of a command that waits for the engine and may be repeated under a key."""
    description = describe_command(ResponseMode.RESULT, body)
    description["parameters"].append(_IDEMPOTENCY_KEY)
    return description


def describe_question(*parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a route that asks about an account."""
    return {"parameters": [_ACCOUNT, *parameters]}


def describe_path(name: str, pattern: str, example: str) -> dict[str, Any]:
    """A part of the path."""
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def describe_query(name: str, text: str, **schema: Any) -> dict[str, Any]:
    """An optional parameter of the query."""
    return {"name": name, "in": "query", "description": text, "schema": schema}


def describe_problems(*codes: Reason, is_in_path: bool = False) -> Responses:
    """The problem documents of a route, one example a code, for `responses`.

    `is_in_path`: they are about a part of the path.
    """
    responses: Responses = {}
    for code in codes:
        example = make_problem_example(code, is_in_path=is_in_path)
        response = responses.setdefault(example["status"], _describe_response(example["status"]))
        response["content"][PROBLEM_MEDIA_TYPE]["examples"][code.value] = {"value": example}
    return responses


def describe_answers(responses: Responses, needs: Scope | None) -> Responses:
    """`responses`, and what every route may answer; `needs` is its scope."""
    common = describe_problems(*_EVERYWHERE, *(_WITH_A_KEY if needs else ()))
    merged = dict(responses)
    for status, response in common.items():
        own = merged.get(status)
        merged[status] = response if own is None else _merge_examples(own, response)
    return merged


def describe_security(needs: Scope | None) -> dict[str, Any]:
    """Which keys a route wants, where authentication is on."""
    if needs is None:
        return {"security": []}
    signed: dict[str, list[str]] = {"ApiKey": [], "Timestamp": [], "Signature": []}
    return {"security": [{}, {"ApiKey": []}, signed], "x-scope": needs.value}


def document(app: FastAPI) -> None:
    """Adds the models that routes read directly, and the keys, to the document of `app`."""
    make_document = app.openapi

    def make_whole_document() -> dict[str, Any]:
        whole = make_document()
        _, definitions = models_json_schema(
            [(model, "validation") for model in _READ_DIRECTLY], ref_template=_REFERENCE
        )
        components = whole.setdefault("components", {})
        components.setdefault("schemas", {}).update(definitions["$defs"])
        components["securitySchemes"] = _SECURITY_SCHEMES
        for operations in whole["paths"].values():
            for operation in operations.values():
                _describe_headers(operation)
        return whole

    app.openapi = make_whole_document  # type: ignore[method-assign]


def _describe_headers(operation: dict[str, Any]) -> None:
    """What goes with every answer of a route, or with those of one that asks for a key or waits."""
    headers = {"X-Request-Id": _REQUEST_ID}
    if "x-scope" in operation:
        headers |= _RATE_HEADERS
    if _PREFER in operation.get("parameters", []):
        headers["Preference-Applied"] = _PREFERENCE_APPLIED
    for response in operation["responses"].values():
        response["headers"] = headers | response.get("headers", {})


def _merge_examples(own: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    """One status for several reasons: every reason has its example."""
    content = common["content"][PROBLEM_MEDIA_TYPE]
    examples = own["content"][PROBLEM_MEDIA_TYPE]["examples"] | content["examples"]
    return common | {"content": {PROBLEM_MEDIA_TYPE: content | {"examples": examples}}}


def _describe_mode(default: ResponseMode) -> dict[str, Any]:
    text = (
        "`ack` answers when the request is in the queue, `result` when the engine has handled it,"
        " `full` adds the trades"
    )
    return describe_query("response", text, type="string", enum=list(ResponseMode), default=default)


def _describe_response(status: int) -> dict[str, Any]:
    reference = _REFERENCE.format(model=Problem.__name__)
    response: dict[str, Any] = {
        "description": "Problem document",
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": reference}, "examples": {}}},
    }
    if status in _MAY_RETRY:
        header = {"schema": {"type": "integer"}, "example": RETRY_AFTER_SECONDS}
        response["headers"] = {RETRY_AFTER_HEADER: header}
    return response


_ACCOUNT = {
    "name": ACCOUNT_HEADER,
    "in": "header",
    "description": "Whose order it is; with an API key, its account",
    "schema": {"type": "string", "pattern": IDENTIFIER_PATTERN, "default": DEFAULT_ACCOUNT},
}
_PREFER = {
    "name": PREFER_HEADER,
    "in": "header",
    "description": "`wait=5` waits for the engine for at most so many seconds (RFC 7240)",
    "schema": {"type": "string", "example": "wait=5"},
}
_IDEMPOTENCY_KEY = {
    "name": IDEMPOTENCY_HEADER,
    "in": "header",
    "description": (
        "Names this change, so that it can be repeated when its answer was lost: for two minutes a"
        " repeat gets the first one's result and changes nothing"
    ),
    "schema": {"type": "string", "pattern": IDENTIFIER_PATTERN},
}
_SECURITY_SCHEMES = {
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": KEY_HEADER,
        "description": "A key without a secret is enough by itself; one with a secret also signs",
    },
    "Timestamp": {
        "type": "apiKey",
        "in": "header",
        "name": TIMESTAMP_HEADER,
        "description": "Milliseconds since 1970, of a signed request",
    },
    "Signature": {
        "type": "apiKey",
        "in": "header",
        "name": SIGNATURE_HEADER,
        "description": (
            f"The hex HMAC-SHA256 with the key's secret over `{TIMESTAMP_HEADER}`, the method, the"
            " path with its query as sent, and the body, joined without anything between them."
            " The same signature again changes nothing"
        ),
    },
}
_REQUEST_ID = {
    "description": "The client's own where it sent one of the form of an account",
    "schema": {"type": "string"},
    "example": "4f2a-r1",
}
_RATE_HEADERS = {
    "RateLimit-Policy": {
        "description": "Where there are keys: requests in a window of seconds",
        "schema": {"type": "string"},
        "example": '"key";q=1000;w=1',
    },
    "RateLimit": {
        "description": "Requests left, and seconds until all are there again",
        "schema": {"type": "string"},
        "example": '"key";r=999;t=1',
    },
}
_PREFERENCE_APPLIED = {
    "description": "Where `Prefer: wait` was heard",
    "schema": {"type": "string"},
    "example": "wait=5",
}
