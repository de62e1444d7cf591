"""The feed's documents are true: what it answers and sends is what they say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.asyncapi import expect_described
from tests.support.market_data import Json, MarketData, Reader, run_market_data
from tests.support.publisher import Publisher
from tests.support.waiting import ask_until
from tests.unit.market_data.test_openapi import DOCUMENT

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHANNELS = ("trades", "bbo", "l2_updates", "book", "ticker", "candles_1s", "heartbeat")


@pytest.fixture(scope="module")
def market(redis_server: str) -> Iterator[tuple[MarketData, Publisher]]:
    """A market of this module's own, with a level a side and a few trades."""
    publisher = Publisher(redis_server)
    publisher.redis.flushall()
    publisher.set_levels(
        bids=[("59999.00", "1.00000")],
        asks=[("60001.00", "2.00000")],
        trades=[("60000.00", "0.10000")] * 5,
    )
    with run_market_data(redis_server) as service:
        yield service, publisher
    publisher.close()


@SCHEMA.parametrize()
@BOUNDED
def test_answers_are_what_the_document_says(
    case: Any, market: tuple[MarketData, Publisher]
) -> None:
    url = f"http://127.0.0.1:{market[0].port}"
    response: Any = ask_until(
        lambda: case.call(base_url=url, timeout=30), lambda answer: answer.status_code != 503
    )
    case.validate_response(response, checks=CHECKS)


def read_until_all_came(reader: Reader, kinds: set[str]) -> Iterator[Json]:
    """Every message, until all kinds have come; twenty heartbeats are twenty seconds."""
    missing, heartbeats = set(kinds), 0
    while missing and heartbeats < 20:
        message = reader.next()
        missing.discard(message["type"])
        heartbeats += message["type"] == "heartbeat"
        yield message
    assert not missing


def test_messages_are_what_the_document_says(market: tuple[MarketData, Publisher]) -> None:
    service, publisher = market
    document = service.get("/v1/asyncapi.json")
    told = document["operations"]["tell"]["messages"]
    kinds = {each["$ref"].rpartition("/")[2] for each in told} - {"trades_missing"}
    requests: list[Json] = [
        {"action": "subscribe", "channels": CHANNELS, "symbols": ["BTC-USDT", "ETH-USDT"]},
        {"action": "subscribe", "channels": ["nothing"], "id": 5},
        {"action": "ping", "id": "mine"},
    ]
    with service.read(query="?channels=") as reader:
        for request in requests:
            reader.connection.send(json.dumps(request))
        messages = list(read_until_all_came(reader, kinds - {"trade", "book_delta"}))
        publisher.set_levels(bids=[("59998.00", "1.00000")], trades=[("60001.00", "0.10000")])
        messages += read_until_all_came(reader, {"trade", "book_delta"})
    assert expect_described(document, messages) == kinds
