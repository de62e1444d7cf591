"""The whole OpenAPI document: what FastAPI finds, and what it cannot find by itself."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from order_gateway.document.route_descriptions import PREFER
from order_gateway.reading.request_schemas import (
    AdvanceRequest,
    AmendRequest,
    BatchRequest,
    CancelAfterRequest,
    CancelBatchRequest,
    FeesRequest,
    MarketRequest,
    MoveRequest,
    OrderListRequest,
    OrderRequest,
    PhaseRequest,
    ReplaceRequest,
    StepsRequest,
    TransferRequest,
)
from protocol.described_body import Problem
from protocol.headers import KEY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER
from protocol.problem_responses import REFERENCE

_READ_DIRECTLY: tuple[type[BaseModel], ...] = (
    OrderRequest,
    AdvanceRequest,
    StepsRequest,
    AmendRequest,
    BatchRequest,
    CancelBatchRequest,
    OrderListRequest,
    ReplaceRequest,
    PhaseRequest,
    CancelAfterRequest,
    TransferRequest,
    FeesRequest,
    MoveRequest,
    MarketRequest,
    Problem,
)
_SECURITY_SCHEMES = {
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": KEY_HEADER,
        "description": "A key without a secret is enough; one with a secret also needs a signature",
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
            " path with its query as sent, and the body, joined with nothing between them."
            " A signature that is sent again changes nothing"
        ),
    },
}
_REQUEST_ID = {
    "description": "The client's own if it sent a valid one (of the form of an account)",
    "schema": {"type": "string"},
    "example": "4f2a-r1",
}
_RATE_HEADERS = {
    "RateLimit-Policy": {
        "description": "Present if keys are used: requests in a window of seconds",
        "schema": {"type": "string"},
        "example": '"key";q=1000;w=1',
    },
    "RateLimit": {
        "description": "Requests left, and seconds until all are available again",
        "schema": {"type": "string"},
        "example": '"key";r=999;t=1',
    },
}
_PREFERENCE_APPLIED = {
    "description": "Present if `Prefer: wait` was applied",
    "schema": {"type": "string"},
    "example": "wait=5",
}


def document(app: FastAPI) -> None:
    """Add the bodies that routes read themselves, the keys and the headers to `app`'s document."""
    make_document = app.openapi

    def make_whole_document() -> dict[str, Any]:
        whole = make_document()
        _, definitions = models_json_schema(
            [(model, "validation") for model in _READ_DIRECTLY], ref_template=REFERENCE
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
    """Add the headers of every answer, and those of a route that needs a key or may wait."""
    headers = {"X-Request-Id": _REQUEST_ID}
    if "x-scope" in operation:
        headers |= _RATE_HEADERS
    if PREFER in operation.get("parameters", []):
        headers["Preference-Applied"] = _PREFERENCE_APPLIED
    for response in operation["responses"].values():
        response["headers"] = headers | response.get("headers", {})
