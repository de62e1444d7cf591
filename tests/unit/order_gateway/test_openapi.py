"""The OpenAPI document is whole, and its examples are what the models accept."""

import re
from typing import Any

import pytest
from pydantic import BaseModel

from order_gateway import schemas
from order_gateway.app import create_app
from protocol.settings import Settings
from tests.support.gateway import INSTRUMENTS

DOCUMENT: dict[str, Any] = create_app(Settings(), INSTRUMENTS).openapi()
MODELS = [
    model
    for model in vars(schemas).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model is not BaseModel
]


def test_every_route_is_documented() -> None:
    routes = {(method, path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert routes == {
        ("post", "/v1/orders"),
        ("delete", "/v1/orders/{order_id}"),
        ("patch", "/v1/orders/{order_id}"),
        ("get", "/v1/instruments"),
        ("get", "/health"),
    }


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r"'#/components/schemas/(\w+)'", str(DOCUMENT)))
    assert {"OrderRequest", "AmendRequest", "Problem", "OrderResult"} <= names
    assert names <= set(DOCUMENT["components"]["schemas"])
    assert "#/$defs" not in str(DOCUMENT)


def test_body_and_header_and_query_of_an_order_are_documented() -> None:
    order = DOCUMENT["paths"]["/v1/orders"]["post"]
    assert {parameter["name"] for parameter in order["parameters"]} == {"X-Account", "response"}
    assert "application/json" in order["requestBody"]["content"]
    assert set(order["responses"]) == {"200", "201", "202", "413", "415", "422", "503"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_example_is_valid(model: type[BaseModel]) -> None:
    extra: Any = model.model_config["json_schema_extra"]
    for example in extra["examples"]:
        model.model_validate(example, strict=False)
