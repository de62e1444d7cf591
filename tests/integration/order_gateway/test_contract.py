"""The OpenAPI document is true: schemathesis asks for everything that it allows, and more."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from order_gateway.app import create_app
from protocol.enums import Reason
from protocol.settings import Settings
from tests.support.gateway import INSTRUMENTS, ORDER
from tests.support.gateway_process import run_exchange
from tests.support.ledgers import make_ledger
from tests.support.redis_server import run_redis
from tests.support.waiting import DEADLINE_SECONDS, ask_until

DOCUMENT = schemathesis.openapi.from_dict(create_app(Settings(), INSTRUMENTS).openapi())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
Answer = TypeVar("Answer")
FEWER = settings(BOUNDED, max_examples=10)
KEYS: list[dict[str, Any]] = [
    {"key": "key-for-everything-1", "account": "alice", "scopes": ["read", "trade", "admin"]},
    {"key": "key-for-very-little-2", "account": "bob", "scopes": ["trade"], "rate_limit": 2},
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An exchange of this module's own, which keeps a ledger."""
    folder: Path = tmp_path_factory.mktemp("contract")
    with (
        run_redis(folder) as redis_url,
        run_exchange(redis_url, folder, ledger=make_ledger()) as exchange,
    ):
        yield exchange.url


@pytest.fixture(scope="module")
def guarded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One without a ledger, with keys, one of which may do little in a second."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    with (
        run_redis(folder) as redis_url,
        run_exchange(redis_url, folder, API_KEYS=json.dumps(KEYS)) as exchange,
    ):
        yield exchange.url


def expect_documented(case: Any, url: str, **options: Any) -> None:
    response = wait_for_answer(lambda: case.call(base_url=url, timeout=30, **options))
    case.validate_response(response, checks=CHECKS)


def wait_for_answer(ask: Callable[[], Answer]) -> Answer:
    """A 503 is an answer too, but of a machine that stands still."""
    return ask_until(ask, lambda answer: cast("Any", answer).status_code != 503)


@DOCUMENT.parametrize()
@FEWER
def test_answers_with_keys_are_what_the_document_says(case: Any, guarded_url: str) -> None:
    """With a key, with one that is used up soon, and without."""
    for header in ("X-API-Key", "X-Timestamp", "X-Signature", "X-Account"):
        case.headers.pop(header, None)
    for key in (KEYS[0]["key"], KEYS[1]["key"], None):
        headers = {} if key is None else {"X-API-Key": key}
        expect_documented(case, guarded_url, headers=headers)


def test_key_that_is_used_up_is_told_so(guarded_url: str) -> None:
    key = {"X-API-Key": KEYS[1]["key"]}
    with httpx.Client(base_url=guarded_url, headers=key, timeout=DEADLINE_SECONDS) as http:
        answers = [http.delete("/v1/orders") for _ in range(10)]
    assert 429 in {answer.status_code for answer in answers}


@DOCUMENT.parametrize()
@BOUNDED
def test_answers_are_what_the_document_says(case: Any, url: str) -> None:
    expect_documented(case, url)


# bodies that no document thinks of

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
DECIMALS = (
    st.text(alphabet="0123456789.eE+-_ \uff11\u0661", max_size=45)
    | st.decimals(allow_nan=True).map(str)
    | st.sampled_from(
        ["1e400", "NaN", "1_000", " 5 ", "0x10", "-1", "0", "9" * 400, "1." + "0" * 19]
    )
)
JSON = {"Content-Type": "application/json"}
FIELDS = ("symbol", "side", "order_type", "quantity", "price", "stop_price", "client_order_id")


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=DEADLINE_SECONDS) as http:
        yield http


def dump(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def post_order(client: httpx.Client, order: dict[str, Any]) -> httpx.Response:
    content = dump(order)
    return wait_for_answer(lambda: client.post("/v1/orders", content=content, headers=JSON))


def expect_refusal_or_order(response: httpx.Response) -> None:
    body = response.json()
    if response.status_code == 201:
        assert body["status"] == "accepted"
    else:
        assert response.status_code in {413, 422}
        assert body["code"] in set(Reason)
        assert len(response.content) < 2000


@BOUNDED
@given(change=st.dictionaries(st.sampled_from(FIELDS) | st.text(), JSON_VALUES | DECIMALS))
def test_any_field_of_any_type_is_an_order_or_a_clear_refusal(
    client: httpx.Client, change: dict[str, Any]
) -> None:
    expect_refusal_or_order(post_order(client, ORDER | change))


@BOUNDED
@given(price=DECIMALS, quantity=DECIMALS)
def test_any_text_as_a_decimal_is_an_order_or_a_clear_refusal(
    client: httpx.Client, price: str, quantity: str
) -> None:
    order = ORDER | {"price": price, "quantity": quantity}
    expect_refusal_or_order(post_order(client, order))


@BOUNDED
@given(body=st.binary(max_size=300) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/orders"), ("POST", "/v1/orders/batch"), ("PATCH", "/v1/orders/5"),
     ("POST", "/v1/cancel-after"), ("POST", "/v1/admin/credit"), ("POST", "/v1/admin/fees")],
)  # fmt: skip
def test_any_body_is_refused_clearly(
    client: httpx.Client, method: str, path: str, body: bytes
) -> None:
    response = wait_for_answer(lambda: client.request(method, path, content=body, headers=JSON))
    assert response.status_code == 422
    assert response.json()["code"] in set(Reason)


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/orders/batch", "/v1/cancel-after"])
@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 12_000, b'{"orders":' + b"[" * 60_000])
def test_deeply_nested_body_is_refused_clearly(
    client: httpx.Client, path: str, body: bytes
) -> None:
    response = client.post(path, content=body, headers=JSON)
    assert (response.status_code, response.headers["content-type"]) == (
        422, "application/problem+json",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "size"), [("/v1/orders", 65_537), ("/v1/orders/batch", 2**20 + 1)]
)
def test_huge_body_is_refused_clearly(client: httpx.Client, path: str, size: int) -> None:
    response = client.post(path, content=b" " * size, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
