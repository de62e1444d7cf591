"""Bodies that are not acceptable, and what is said about each."""

import inspect
import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from order_gateway.reading import request_schemas
from order_gateway.reading.money import read_transfer
from order_gateway.reading.request_schemas import OrderListRequest
from order_gateway.reading.validation import (
    parse_body,
    read_amendment,
    read_order,
    read_order_list,
)
from protocol.enums import OrderType, Reason, SelfTradePrevention
from protocol.order_lists import ListOrder
from protocol.refusal import Refusal
from tests.support.gateway import INSTRUMENTS, ORDER


def order_with(**changes: object) -> bytes:
    values = ORDER | changes
    return json.dumps({name: value for name, value in values.items() if value != "absent"}).encode()


def stop_with(**changes: object) -> bytes:
    return order_with(**({"order_type": "stop_limit", "stop_price": "60000"} | changes))


BAD_ORDERS = {
    "broken JSON": (b'{"symbol": "BTC-USDT"', Reason.INVALID_JSON, None),
    "no body": (b"", Reason.INVALID_JSON, None),
    "not UTF-8": (b'{"symbol": "\xff"}', Reason.INVALID_JSON, None),
    "half a surrogate pair": (b'{"symbol": "\\ud800"}', Reason.INVALID_JSON, None),
    "nested too deep": (b'{"symbol": ' + b"[" * 5000, Reason.INVALID_JSON, None),
    "a list": (b"[]", Reason.INVALID_TYPE, None),
    "null": (b"null", Reason.INVALID_TYPE, None),
    "a string": (b'"order"', Reason.INVALID_TYPE, None),
    "unknown field": (order_with(leverage="10"), Reason.UNKNOWN_FIELD, "leverage"),
    "long unknown field": (order_with(**{"x" * 999: "1"}), Reason.UNKNOWN_FIELD, "x" * 64 + "…"),
    "missing symbol": (order_with(symbol="absent"), Reason.MISSING_FIELD, "symbol"),
    "missing side": (order_with(side="absent"), Reason.MISSING_FIELD, "side"),
    "missing type": (order_with(order_type="absent"), Reason.MISSING_FIELD, "order_type"),
    "missing quantity": (order_with(quantity="absent"), Reason.QUANTITY_REQUIRED, "quantity"),
    "null quantity": (order_with(quantity=None), Reason.QUANTITY_REQUIRED, "quantity"),
    "missing price": (order_with(price="absent"), Reason.PRICE_REQUIRED, "price"),
    "null price": (order_with(price=None), Reason.PRICE_REQUIRED, "price"),
    "price on a market order": (
        order_with(order_type="market"),
        Reason.PRICE_FORBIDDEN,
        "price",
    ),
    "stop price on a limit order": (
        order_with(stop_price="60000"),
        Reason.STOP_PRICE_FORBIDDEN,
        "stop_price",
    ),
    "missing stop price": (
        stop_with(stop_price="absent"),
        Reason.STOP_PRICE_REQUIRED,
        "stop_price",
    ),
    "unknown symbol": (order_with(symbol="DOGE-USDT"), Reason.UNKNOWN_SYMBOL, "symbol"),
    "symbol in small letters": (order_with(symbol="btc-usdt"), Reason.UNKNOWN_SYMBOL, "symbol"),
    "number as symbol": (order_with(symbol=1), Reason.INVALID_TYPE, "symbol"),
    "unknown side": (order_with(side="long"), Reason.INVALID_SIDE, "side"),
    "number as side": (order_with(side=1), Reason.INVALID_TYPE, "side"),
    "unknown type": (order_with(order_type="iceberg"), Reason.INVALID_ORDER_TYPE, "order_type"),
    "unknown prevention": (
        order_with(self_trade_prevention="yes"),
        Reason.INVALID_SELF_TRADE_PREVENTION,
        "self_trade_prevention",
    ),
    "client order id with a space": (
        order_with(client_order_id="my order"),
        Reason.INVALID_CLIENT_ORDER_ID,
        "client_order_id",
    ),
    "empty client order id": (
        order_with(client_order_id=""),
        Reason.INVALID_CLIENT_ORDER_ID,
        "client_order_id",
    ),
    "client order id of 65": (
        order_with(client_order_id="x" * 65),
        Reason.INVALID_CLIENT_ORDER_ID,
        "client_order_id",
    ),
    "integer as price": (order_with(price=60000), Reason.INVALID_TYPE, "price"),
    "float as quantity": (order_with(quantity=0.1), Reason.INVALID_TYPE, "quantity"),
    "boolean as quantity": (order_with(quantity=True), Reason.INVALID_TYPE, "quantity"),
    "bare NaN": (order_with(price=float("nan")), Reason.INVALID_TYPE, "price"),
    "bare 1e400": (
        b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":1e400}',
        Reason.INVALID_TYPE,
        "price",
    ),
    "an integer of 5000 digits": (
        b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":'
        + b"9" * 5000
        + b"}",
        Reason.INVALID_JSON,
        None,
    ),
    "NaN in quotes": (order_with(price="NaN"), Reason.INVALID_DECIMAL, "price"),
    "infinity in quotes": (order_with(price="Infinity"), Reason.INVALID_DECIMAL, "price"),
    "1e400 in quotes": (order_with(price="1e400"), Reason.INVALID_DECIMAL, "price"),
    "1e3": (order_with(price="1e3"), Reason.INVALID_DECIMAL, "price"),
    "underscore": (order_with(price="1_000"), Reason.INVALID_DECIMAL, "price"),
    "comma": (order_with(price="60,000"), Reason.INVALID_DECIMAL, "price"),
    "spaces": (order_with(price=" 5 "), Reason.INVALID_DECIMAL, "price"),
    "line end": (order_with(price="5\n"), Reason.INVALID_DECIMAL, "price"),
    "sign": (order_with(quantity="+1"), Reason.INVALID_DECIMAL, "quantity"),
    "negative": (order_with(quantity="-1"), Reason.INVALID_DECIMAL, "quantity"),
    "full-width digits": (order_with(price="\uff16\uff10"), Reason.INVALID_DECIMAL, "price"),
    "no digit before the point": (order_with(price=".5"), Reason.INVALID_DECIMAL, "price"),
    "no digit after the point": (order_with(price="5."), Reason.INVALID_DECIMAL, "price"),
    "empty": (order_with(price=""), Reason.INVALID_DECIMAL, "price"),
    "40 digits": (order_with(quantity="1" * 40), Reason.INVALID_DECIMAL, "quantity"),
    "40 decimals": (order_with(price="1." + "1" * 40), Reason.INVALID_DECIMAL, "price"),
    "bad stop price": (stop_with(stop_price="1_0"), Reason.INVALID_DECIMAL, "stop_price"),
}

_LIMIT = b'{"symbol":"BTC-USDT","order_type":"limit","quantity":"1","price":"1",'
TWICE = {
    "price": _LIMIT + b'"side":"buy","price":"2"}',
    "symbol": _LIMIT + b'"side":"buy","symbol":"BTC-USDT"}',
    "side": _LIMIT + b'"side":"sell","s\\u0069de":"buy"}',
    "stop_price": _LIMIT + b'"stop_price":"5","side":"buy","stop_price":null}',
}

OFF_VALUES = {
    "price off the tick": (
        order_with(price="60123.456"), Reason.OFF_TICK, "price", "60123.46", "0.01",
    ),
    "quantity off the lot": (
        order_with(quantity="0.123456"), Reason.OFF_LOT, "quantity", "0.12346", "0.00001",
    ),
    "stop price off the tick": (
        stop_with(stop_price="1.001"), Reason.OFF_TICK, "stop_price", "1.00", "0.01",
    ),
    "price of zero": (
        order_with(price="0"), Reason.PRICE_OUT_OF_RANGE, "price", "0.01", "0.01",
    ),
    "quantity of zero": (
        order_with(quantity="0.0"), Reason.QUANTITY_OUT_OF_RANGE, "quantity", "0.00001", "0.00001",
    ),
    "price too large": (
        order_with(price="9" * 15), Reason.PRICE_OUT_OF_RANGE, "price", "10000000000.00", "0.01",
    ),
    "quantity too large": (
        order_with(quantity="9" * 15),
        Reason.QUANTITY_OUT_OF_RANGE, "quantity", "10000000.00000", "0.00001",
    ),
}  # fmt: skip

BAD_AMENDMENTS = {
    "nothing": (b"{}", Reason.NOTHING_TO_AMEND, None),
    "only nulls": (b'{"price": null}', Reason.NOTHING_TO_AMEND, None),
    "the side": (b'{"side": "buy"}', Reason.UNKNOWN_FIELD, "side"),
    "a number": (b'{"price": 1}', Reason.INVALID_TYPE, "price"),
    "not a decimal": (b'{"quantity": "-1"}', Reason.INVALID_DECIMAL, "quantity"),
    "broken JSON": (b"{", Reason.INVALID_JSON, None),
}


@pytest.mark.parametrize(("body", "code", "field"), BAD_ORDERS.values(), ids=BAD_ORDERS)
def test_bad_order_is_refused(body: bytes, code: Reason, field: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        read_order(body, INSTRUMENTS)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("body", "code", "field", "nearest", "step"), OFF_VALUES.values(), ids=OFF_VALUES
)
def test_off_value_is_refused_with_the_nearest_valid_one(
    body: bytes, code: Reason, field: str, nearest: str, step: str
) -> None:
    with pytest.raises(Refusal) as refused:
        read_order(body, INSTRUMENTS)
    refusal = refused.value
    assert (refusal.code, refusal.field, refusal.nearest, refusal.step) == (
        code, field, nearest, step,
    )  # fmt: skip


@pytest.mark.parametrize(("body", "code", "field"), BAD_AMENDMENTS.values(), ids=BAD_AMENDMENTS)
def test_bad_amendment_is_refused(body: bytes, code: Reason, field: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        read_amendment(body)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(("field", "body"), TWICE.items(), ids=TWICE)
def test_key_that_comes_twice_is_refused(field: str, body: bytes) -> None:
    with pytest.raises(Refusal, match="comes twice") as refused:
        read_order(body, INSTRUMENTS)
    assert (refused.value.code, refused.value.field) == (Reason.INVALID_JSON, field)


def test_defaults_that_are_said_are_no_key_twice() -> None:
    said = order_with(stop_price=None, self_trade_prevention="none")
    assert read_order(said, INSTRUMENTS) == read_order(order_with(), INSTRUMENTS)


def test_sign_is_named() -> None:
    with pytest.raises(Refusal, match="no sign"):
        read_order(order_with(quantity="-1"), INSTRUMENTS)


def test_json_number_is_refused_with_a_hint_to_quote_it() -> None:
    with pytest.raises(Refusal, match="send it in quotes"):
        read_order(order_with(price=60000.5), INSTRUMENTS)


def test_unknown_symbol_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(Refusal, match="BTC-USDT, ETH-USDT, SOL-USDT"):
        read_order(order_with(symbol="X-Y"), INSTRUMENTS)


@pytest.mark.parametrize("order_type", OrderType)
def test_every_order_type_is_accepted(order_type: OrderType) -> None:
    priced = order_type in {"limit", "ioc", "fok", "post_only", "stop_limit", "take_profit_limit"}
    triggered = order_type in {"stop_loss", "stop_limit", "take_profit", "take_profit_limit"}
    body = order_with(
        order_type=order_type,
        price="60123.45" if priced else "absent",
        stop_price="60000" if triggered else "absent",
    )
    order = read_order(body, INSTRUMENTS)
    assert order.order_type is order_type
    assert order.price == ("60123.45" if priced else None)


def test_order_without_prevention_may_trade_with_its_own_account() -> None:
    order = read_order(order_with(), INSTRUMENTS)
    assert order.self_trade_prevention is SelfTradePrevention.NONE


@pytest.mark.parametrize(
    ("field", "name"),
    [("type", "order_type"), ("timeInForce", "time_in_force"), ("amount", "quantity"),
     ("stopPrice", "stop_price"), ("newClientOrderId", "client_order_id")],
)  # fmt: skip
def test_field_that_is_called_so_elsewhere_leads_to_its_name_here(field: str, name: str) -> None:
    body = order_with(order_type="absent", quantity="absent", **{field: "GTC"})
    with pytest.raises(Refusal, match=rf"there is no field {field}: .*\b{name}\b") as caught:
        read_order(body, INSTRUMENTS)
    assert (caught.value.code, caught.value.field) == (Reason.UNKNOWN_FIELD, field)


@pytest.mark.parametrize("field", ["qty", "type"])
def test_hint_to_a_field_of_an_order_is_not_given_for_another_body(field: str) -> None:
    body = {"account": "a", "asset": "USDT", "id": "1", field: "1"}
    with pytest.raises(Refusal) as caught:
        read_transfer(json.dumps(body).encode())
    assert "called" not in caught.value.detail


@pytest.mark.parametrize(
    ("model", "field", "kind"),
    [
        (model, field, kind)
        for model in vars(request_schemas).values()
        if inspect.isclass(model) and issubclass(model, BaseModel) and model is not BaseModel
        for field, schema in model.model_json_schema()["properties"].items()
        for kind in (schema.get("type") or schema.get("anyOf", [{}])[0].get("type"),)
        if kind in {"integer", "boolean"}
    ],
)
@pytest.mark.parametrize("value", ["1", 1.5, [], {}])
def test_value_of_another_kind_is_told_what_belongs_there(
    model: type[BaseModel], field: str, kind: str, value: object
) -> None:
    schema = model.model_json_schema()
    others = {name: _make_value(schema, name) for name in schema.get("required", ())}
    with pytest.raises(Refusal) as caught:
        parse_body(model, json.dumps(others | {field: value}).encode())
    rule = "a whole number" if kind == "integer" else "true or false"
    assert (caught.value.code, caught.value.field) == (Reason.INVALID_TYPE, field)
    assert caught.value.detail.startswith(f"{field} must be {rule}")


def _make_value(schema: dict[str, Any], name: str) -> object:
    terms = schema["properties"][name]
    if "$ref" in terms:
        terms = schema["$defs"][terms["$ref"].rpartition("/")[2]]
    return terms["enum"][0] if "enum" in terms else {"integer": 1}.get(terms.get("type"), "1")


LEGS = [
    {"side": "sell", "order_type": "post_only", "quantity": "1", "price": "110"},
    {"side": "sell", "order_type": "stop_loss", "quantity": "1", "stop_price": "90"},
]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"symbol": "X-Y"}, Reason.UNKNOWN_SYMBOL, "symbol"),
        ({"list_type": "otoco"}, Reason.INVALID_LIST, "orders"),
        ({"list_type": "bracket"}, Reason.INVALID_LIST, "list_type"),
        ({"client_list_id": "a b"}, Reason.INVALID_CLIENT_LIST_ID, "client_list_id"),
        ({"orders": [LEGS[0], LEGS[0]]}, Reason.INVALID_LIST, "orders[1].order_type"),
        ({"orders": [LEGS[0] | {"price": "1.001"}, LEGS[1]]}, Reason.OFF_TICK, "orders[0].price"),
        (
            {"orders": [LEGS[0], LEGS[1] | {"price": "1"}]},
            Reason.PRICE_FORBIDDEN,
            "orders[1].price",
        ),
        (
            {"orders": [LEGS[0] | {"client_order_id": "a b"}, LEGS[1]]},
            Reason.INVALID_CLIENT_ORDER_ID,
            "orders[0].client_order_id",
        ),
        ({"orders": [LEGS[0] | {"symbol": "X"}, LEGS[1]]}, Reason.UNKNOWN_FIELD, "symbol"),
        (
            {"orders": [LEGS[0], LEGS[1] | {"trailing_offset": "5"}]},
            Reason.STOP_PRICE_FORBIDDEN,
            "orders[1].stop_price",
        ),
    ],
)
def test_list_is_checked_order_by_order(body: dict[str, object], code: Reason, field: str) -> None:
    whole = {"list_type": "oco", "symbol": "BTC-USDT", "orders": LEGS}
    assert len(read_list(whole)) == len(read_list(whole | {"orders": LEGS[::-1]})) == 2
    with pytest.raises(Refusal) as caught:
        read_list(whole | body)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_order_of_a_list_trails() -> None:
    trail = {"trailing_offset": "250", "trailing_offset_type": "basis_points"}
    leg = {"side": "sell", "order_type": "stop_loss", "quantity": "1", **trail}
    body = {"list_type": "oco", "symbol": "BTC-USDT", "orders": [LEGS[0], leg]}
    assert read_list(body)[1].trailing_offset == "250"


def read_list(body: Mapping[str, object]) -> list[ListOrder]:
    return read_order_list(parse_body(OrderListRequest, json.dumps(body).encode()), INSTRUMENTS)
