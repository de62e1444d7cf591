"""What the OpenAPI document says of an answer is what the values of the answer are."""

from types import NoneType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from pydantic import BaseModel

from archive.records import (
    FeesRecord,
    FillRecord,
    LedgerRecord,
    OrderRecord,
    PositionRecord,
)
from goquant import OrderState
from order_gateway.document.answer_schemas import FillItem, OrderFullResult, OrderResult
from order_gateway.document.balance_schemas import (
    BalanceItem,
    FeesItem,
    LedgerEntry,
    PositionItem,
)
from order_gateway.document.history_schemas import AccountFill, OrderItem
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import OrderRequest
from protocol.events import Balance, ExecutionReport, Fill
from protocol.special_terms import SPECIAL_FIELDS

Struct = type[msgspec.Struct]


def may_be_null(hint: Any) -> bool:
    return NoneType in get_args(hint)


def describe(shape: type) -> dict[str, bool]:
    """Field → whether it may be null."""
    return {name: may_be_null(hint) for name, hint in get_type_hints(shape).items()}


def list_fields(model: type[BaseModel]) -> dict[str, bool]:
    return {name: may_be_null(field.annotation) for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    ("model", "value"),
    [
        (OrderItem, OrderRecord),
        (AccountFill, FillRecord),
        (FillItem, Fill),
        (BalanceItem, Balance),
        (PositionItem, PositionRecord),
        (LedgerEntry, LedgerRecord),
        (FeesItem, FeesRecord),
    ],
)
def test_document_has_the_fields_of_the_value(model: type[BaseModel], value: Struct) -> None:
    documented = list_fields(model)
    assert list(documented) == list(value.__struct_fields__)
    assert documented == {name: describe(value)[name] for name in value.__struct_fields__}


@pytest.mark.parametrize("model", [OrderResult, OrderItem])
def test_what_an_answer_says_of_an_order_its_report_says_too(model: type[BaseModel]) -> None:
    own = {
        "cursor",
        "opened_at",
        "updated_at",
        "working_since",
        "trailing_since",
        "cancel_id",
        "strategy",
        "canceled_quantity",
        "is_uncertain",
        "execution_number",
        *SPECIAL_FIELDS,
        "detail",
        "field",
        "nearest",
        "step",
    }
    report = describe(ExecutionReport)
    documented = list_fields(model)
    assert {name: documented[name] for name in documented if name not in own} == {
        name: report[name] for name in documented if name not in own
    }


def test_body_has_the_fields_of_its_document() -> None:
    assert set(OrderBody.__struct_fields__) == set(OrderRequest.model_fields)


def test_client_knows_every_field_of_a_result() -> None:
    known = set(dir(OrderState))
    assert set(OrderFullResult.model_fields) - {"timestamp"} <= known
