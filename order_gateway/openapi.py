"""What the OpenAPI document says beyond what FastAPI finds by itself."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from order_gateway.errors import PROBLEM_MEDIA_TYPE, RETRY_AFTER_SECONDS, find_status
from order_gateway.schemas import AmendRequest, OrderRequest, Problem, ResponseMode
from order_gateway.validation import ACCOUNT_HEADER
from protocol.commands import DEFAULT_ACCOUNT, IDENTIFIER_PATTERN
from protocol.enums import Reason

_REFERENCE = "#/components/schemas/{model}"
_READ_DIRECTLY: tuple[type[BaseModel], ...] = (OrderRequest, AmendRequest, Problem)

_DETAILS = {
    Reason.OFF_TICK: "price must be a multiple of 0.01",
    Reason.INVALID_ORDER_ID: "order_id must be a whole number from 1 to 2**53 - 1",
    Reason.UNKNOWN_ORDER: "there is no such order",
    Reason.ORDER_CLOSED: "the order is closed",
    Reason.BODY_TOO_LARGE: "the body must be at most 65536 bytes",
    Reason.UNSUPPORTED_MEDIA_TYPE: "the body must be JSON",
    Reason.OVERLOADED: "200000 entries wait to be matched; nothing was queued",
    Reason.QUEUE_UNAVAILABLE: "the order queue cannot be reached; nothing was queued",
}


def describe_request(default: ResponseMode, body: type[BaseModel] | None = None) -> dict[str, Any]:
    """The parameters of a command route, and its body, for `openapi_extra`."""
    description: dict[str, Any] = {"parameters": [_ACCOUNT, _describe_mode(default)]}
    if body is not None:
        schema = {"$ref": _REFERENCE.format(model=body.__name__)}
        description["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return description


def describe_problems(*codes: Reason) -> dict[int | str, dict[str, Any]]:
    """The problem documents of a route, one example a code, for `responses`."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status = find_status(code)
        response = responses.setdefault(status, _describe_problem_response(status))
        response["content"][PROBLEM_MEDIA_TYPE]["examples"][code.value] = _describe_example(code)
    return responses


def document(app: FastAPI) -> None:
    """Adds the models that routes read directly to the document of `app`."""
    make_document = app.openapi

    def make_whole_document() -> dict[str, Any]:
        whole = make_document()
        _, definitions = models_json_schema(
            [(model, "validation") for model in _READ_DIRECTLY], ref_template=_REFERENCE
        )
        whole.setdefault("components", {}).setdefault("schemas", {}).update(definitions["$defs"])
        return whole

    app.openapi = make_whole_document  # type: ignore[method-assign]


def _describe_mode(default: ResponseMode) -> dict[str, Any]:
    return {
        "name": "response",
        "in": "query",
        "description": (
            "`ack` answers when the request is in the queue, `result` when the engine has handled"
            " it, `full` adds the trades"
        ),
        "schema": {"type": "string", "enum": list(ResponseMode), "default": default},
    }


def _describe_problem_response(status: int) -> dict[str, Any]:
    reference = _REFERENCE.format(model=Problem.__name__)
    response: dict[str, Any] = {
        "description": "Problem document",
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": reference}, "examples": {}}},
    }
    if status == find_status(Reason.OVERLOADED):
        header = {"schema": {"type": "integer"}, "example": RETRY_AFTER_SECONDS}
        response["headers"] = {"Retry-After": header}
    return response


def _describe_example(code: Reason) -> dict[str, Any]:
    value = {
        "type": f"urn:goquant:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": find_status(code),
        "code": code.value,
        "detail": _DETAILS[code],
    }
    if code is Reason.OFF_TICK:
        value |= {"field": "price", "nearest": "60123.46", "step": "0.01"}
    return {"value": value}


_ACCOUNT = {
    "name": ACCOUNT_HEADER,
    "in": "header",
    "description": "Whose order it is",
    "schema": {"type": "string", "pattern": IDENTIFIER_PATTERN, "default": DEFAULT_ACCOUNT},
}
