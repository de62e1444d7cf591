"""The feed's documents are whole, and their examples are what the models accept."""

import re
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from market_data.app import create_app
from market_data.fanout import messages
from market_data.following.engine_redis import EngineRedis
from market_data.service import Service
from market_data.web import answer_schemas, message_schemas
from market_data.web.message_schemas import FEED
from market_data.web.trading_page import PageSettings
from protocol import events
from protocol.asyncapi import make_asyncapi
from protocol.described_body import DescribedBody
from tests.support.gateway import INSTRUMENTS

DOCUMENT: dict[str, Any] = create_app(
    Service(EngineRedis("redis://127.0.0.1:1/0"), INSTRUMENTS),
    PageSettings(gateway_url=None, gateway_port=8000),
).openapi()
STREAM = make_asyncapi(FEED)
MODELS = [
    model
    for model in vars(answer_schemas).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model is not DescribedBody
]


def test_every_route_is_documented() -> None:
    assert set(DOCUMENT["paths"]) == {
        "/v1/orderbook/{symbol}", "/v1/bbo/{symbol}", "/v1/trades/{symbol}", "/v1/ticker/{symbol}",
        "/v1/candles/{symbol}", "/health", "/readyz", "/stats", "/metrics",
    }  # fmt: skip


@pytest.mark.parametrize("document", [DOCUMENT, STREAM], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere_and_every_field_is_described(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    assert set(re.findall(r"'#/components/schemas/(\w+)'", str(document))) <= set(schemas)
    assert "#/$defs" not in str(document)
    for name, schema in schemas.items():
        for field, described in schema.get("properties", {}).items():
            assert described.get("description"), (name, field)


def test_every_answer_and_every_problem_has_an_example() -> None:
    for path, item in DOCUMENT["paths"].items():
        for status, response in item["get"]["responses"].items():
            for kind, content in response["content"].items():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                schema = DOCUMENT["components"]["schemas"].get(name, {})
                is_shown = "examples" in content or "examples" in schema
                assert is_shown or kind.startswith("text/"), (path, status)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_example_is_valid(model: type[BaseModel]) -> None:
    extra: Any = model.model_config["json_schema_extra"]
    for example in extra["examples"]:
        model.model_validate(example)
        assert set(example) == set(model.model_fields)


STRUCTS: list[tuple[type[BaseModel], type[msgspec.Struct]]] = [
    (message_schemas.Connected, messages.Connected),
    (message_schemas.Ack, messages.Ack),
    (message_schemas.Pong, messages.Pong),
    (message_schemas.Error, messages.Error),
    (message_schemas.BookSnapshot, messages.BookSnapshot),
    (message_schemas.BookDelta, messages.BookDelta),
    (message_schemas.Heartbeat, messages.Heartbeat),
    (message_schemas.TradesMissing, messages.TradesMissing),
    (answer_schemas.Trade, events.Trade),
    (answer_schemas.BestPrices, events.Bbo),
]


@pytest.mark.parametrize(("model", "struct"), STRUCTS)
def test_described_message_has_the_fields_that_are_sent(
    model: type[BaseModel], struct: type[msgspec.Struct]
) -> None:
    assert set(model.model_fields) - {"type"} == set(struct.__struct_fields__)
