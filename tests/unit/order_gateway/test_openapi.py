"""The OpenAPI document is whole, and its examples are what the models accept."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from order_gateway.app import create_app
from order_gateway.document import (
    answer_schemas,
    balance_schemas,
    history_schemas,
    money_schemas,
    operation_schemas,
)
from order_gateway.reading import request_schemas
from protocol.described_body import DescribedBody
from protocol.enums import Reason
from protocol.http_status import STATUSES
from protocol.settings import Settings
from tests.support.gateway import INSTRUMENTS

DOCUMENT: dict[str, Any] = create_app(Settings(), INSTRUMENTS).openapi()
MODELS = [
    model
    for module in (
        request_schemas,
        answer_schemas,
        history_schemas,
        balance_schemas,
        money_schemas,
        operation_schemas,
    )
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, BaseModel)
    if model not in {BaseModel, DescribedBody}
]


def test_every_route_is_documented() -> None:
    routes = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert routes == {
        ("post", "/v1/order-lists"),
        ("get", "/v1/order-lists/{list_id}"),
        ("delete", "/v1/order-lists/{list_id}"),
        ("get", "/v1/order-lists/by-client-id/{client_list_id}"),
        ("delete", "/v1/order-lists/by-client-id/{client_list_id}"),
        ("post", "/v1/orders"),
        ("post", "/v1/orders/batch"),
        ("delete", "/v1/orders"),
        ("get", "/v1/orders"),
        ("get", "/v1/orders/{order_id}"),
        ("get", "/v1/orders/by-client-id/{client_order_id}"),
        ("delete", "/v1/orders/by-client-id/{client_order_id}"),
        ("patch", "/v1/orders/by-client-id/{client_order_id}"),
        ("get", "/v1/orders/by-number/{number}"),
        ("delete", "/v1/orders/by-number/{number}"),
        ("patch", "/v1/orders/by-number/{number}"),
        ("post", "/v1/orders/replace"),
        ("post", "/v1/orders/cancel-batch"),
        ("post", "/v1/instruments/{symbol}/phase"),
        ("get", "/v1/fills"),
        ("get", "/v1/prevented-matches"),
        ("post", "/v1/transfers"),
        ("get", "/v1/transfers"),
        ("get", "/v1/balances"),
        ("get", "/v1/positions"),
        ("get", "/v1/ledger"),
        ("get", "/v1/fees"),
        ("post", "/v1/cancel-after"),
        ("post", "/v1/instruments/{symbol}/halt"),
        ("post", "/v1/instruments/{symbol}/resume"),
        ("post", "/v1/admin/credit"),
        ("post", "/v1/admin/debit"),
        ("post", "/v1/admin/fees"),
        ("post", "/v1/admin/clock"),
        ("post", "/v1/admin/steps"),
        ("post", "/v1/admin/reset"),
        ("get", "/v1/admin/market"),
        ("post", "/v1/admin/market"),
        ("delete", "/v1/admin/market"),
        ("get", "/v1/clock"),
        ("get", "/livez"),
        ("get", "/readyz"),
        ("get", "/metrics"),
        ("delete", "/v1/orders/{order_id}"),
        ("patch", "/v1/orders/{order_id}"),
        ("get", "/v1/instruments"),
        ("get", "/v1/instruments/{symbol}"),
        ("get", "/health"),
    }


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r"'#/components/schemas/(\w+)'", str(DOCUMENT)))
    assert {"OrderRequest", "AmendRequest", "Problem", "OrderResult"} <= names
    assert names <= set(DOCUMENT["components"]["schemas"])
    assert "#/$defs" not in str(DOCUMENT)


def test_body_and_header_and_query_of_an_order_are_documented() -> None:
    order = DOCUMENT["paths"]["/v1/orders"]["post"]
    names = {parameter["name"] for parameter in order["parameters"]}
    assert names == {"X-Account", "response", "Prefer", "X-Advance"}
    assert "application/json" in order["requestBody"]["content"]
    assert set(order["responses"]) == {
        "200", "201", "202", "401", "403", "409", "413", "415", "422", "429", "500", "503",
    }  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_example_is_valid(model: type[BaseModel]) -> None:
    extra: Any = model.model_config["json_schema_extra"]
    for example in extra["examples"]:
        model.model_validate(example, strict=False)


def test_every_field_is_described() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            assert described.get("description"), (name, field)


def test_every_route_and_every_problem_has_an_example() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            for status, response in operation["responses"].items():
                for content in response.get("content", {}).values():
                    assert has_example(content), (method, path, status)


def has_example(content: dict[str, Any]) -> bool:
    schema = content["schema"]
    if "examples" in content or schema.get("type") == "string":
        return True
    references = [each["$ref"] for each in schema.get("anyOf", [schema]) if "$ref" in each]
    names = [reference.rpartition("/")[2] for reference in references]
    return bool(names) and all("examples" in DOCUMENT["components"]["schemas"][n] for n in names)


NOWHERE = {
    Reason.NOT_FOUND: "of a path that is in no document",
    Reason.METHOD_NOT_ALLOWED: "of a method that is in no document",
    Reason.INVALID_COMMAND: "of an entry that was pushed by hand",
    Reason.NOT_IN_SYNC: "of the feed",
    Reason.MALFORMED_REQUEST: "of the edge, before a route",
    Reason.TARGET_TOO_LONG: "of the edge, before a route",
    Reason.HEADERS_TOO_LARGE: "of the edge, before a route",
    Reason.REQUEST_TIMEOUT: "of the edge, before a route",
    Reason.TOO_MANY_CONNECTIONS: "of the edge, before a route",
    Reason.TOO_MANY_CONNECTIONS_FROM_ADDRESS: "of the edge, before a route",
}
"""Problems that no documented route answers with."""


def list_codes(path: str, method: str) -> set[str]:
    """Codes with an example at a route."""
    contents = [
        response.get("content", {}).get("application/problem+json", {})
        for response in DOCUMENT["paths"][path][method]["responses"].values()
    ]
    return {code for content in contents for code in content.get("examples", {})}


def test_every_code_has_an_example_at_some_route() -> None:
    shown = {
        code
        for path, item in DOCUMENT["paths"].items()
        for method in item
        for code in list_codes(path, method)
    }
    assert shown == set(STATUSES) - set(NOWHERE)


@pytest.mark.parametrize("code", sorted(STATUSES))
def test_every_code_has_a_test_that_provokes_it(code: Reason) -> None:
    """Not this one: a test that names the code as text or by its member."""
    names = (f'"{code}"', f"Reason.{code.name}")
    own = Path(__file__).name
    listings = {own, "test_errors.py"}
    files = [file for file in Path("tests").rglob("test_*.py") if file.name not in listings]
    assert any(name in file.read_text() for file in files for name in names)


def test_headers_of_answers_are_documented() -> None:
    responses = DOCUMENT["paths"]["/v1/orders"]["post"]["responses"]
    for response in responses.values():
        assert {"X-Request-Id", "RateLimit", "RateLimit-Policy", "Preference-Applied"} <= set(
            response["headers"]
        )
    assert "Retry-After" in responses["429"]["headers"]
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"ApiKey", "Timestamp", "Signature"}
