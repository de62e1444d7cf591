"""The fast reader of an order takes exactly what the documented model takes."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from order_gateway.reading.order_body import OrderBody, decode_order
from order_gateway.reading.request_schemas import OrderRequest
from tests.support.gateway import ORDER

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["buy", "limit", "none", "cancel_both", "1.0", "BUY"])
    | st.lists(st.text(), max_size=2)
)
CHANGES = st.dictionaries(st.sampled_from(OrderBody.__struct_fields__) | st.text(), VALUES)


def read_by_model(body: bytes) -> dict[str, Any] | None:
    try:
        return OrderRequest.model_validate_json(body).model_dump()
    except ValidationError:
        return None


def read_fast(body: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.structs.asdict(decode_order(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


@settings(derandomize=True, deadline=None, max_examples=500)
@given(change=CHANGES, missing=st.sets(st.sampled_from(sorted(ORDER))))
def test_both_take_the_same_orders(change: dict[str, Any], missing: set[str]) -> None:
    order = {name: value for name, value in ORDER.items() if name not in missing} | change
    body = json.dumps(order).encode()
    assert read_fast(body) == read_by_model(body)
