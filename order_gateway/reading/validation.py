"""Reads bodies; what is not valid becomes a Refusal that names the field and the rule."""

import codecs
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from order_gateway.admission.request_context import RequestContext, shorten
from order_gateway.reading.duplicate_keys import may_have_duplicates, refuse_duplicate_keys
from order_gateway.reading.order_body import OrderBody, decode_order
from order_gateway.reading.request_schemas import (
    MAX_BATCH_ORDERS,
    AmendRequest,
    CancelAfterRequest,
    OrderRequest,
)
from protocol.commands import check_client_order_id, check_order_values, check_seconds
from protocol.decimals import DECIMAL_RULE, is_decimal
from protocol.enums import CancelScope, OrderType, Reason, SelfTradePrevention, Side
from protocol.instrument import Instrument
from protocol.refusal import Refusal

_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECIMAL_FIELDS = {"quantity", "price", "stop_price", "amount", "maker", "taker"}
_WORDS = {
    "side": (Reason.INVALID_SIDE, Side),
    "order_type": (Reason.INVALID_ORDER_TYPE, OrderType),
    "self_trade_prevention": (Reason.INVALID_SELF_TRADE_PREVENTION, SelfTradePrevention),
    "scope": (Reason.INVALID_SCOPE, CancelScope),
}

_TYPE_HINT = "it is called order_type here"
_TIME_HINT = "limit is good till canceled, ioc, fok and post_only are values of order_type here"
_QUANTITY_HINT = "it is called quantity here"
_HINTS = {
    "type": _TYPE_HINT,
    "orderType": _TYPE_HINT,
    "time_in_force": _TIME_HINT,
    "timeInForce": _TIME_HINT,
    "tif": _TIME_HINT,
    "post_only": _TIME_HINT,
    "amount": _QUANTITY_HINT,
    "qty": _QUANTITY_HINT,
    "size": _QUANTITY_HINT,
    "stopPrice": "it is called stop_price here",
    "clientOrderId": "it is called client_order_id here",
    "newClientOrderId": "it is called client_order_id here",
}
"""What other exchanges call a field of an order."""

Body = TypeVar("Body", bound=BaseModel)


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    """A batch whose items are still undecoded, so that a bad item fails alone."""

    orders: list[msgspec.Raw]


class _BatchShape(BaseModel):
    """The same shape as a model, which explains what is wrong with a body."""

    model_config = ConfigDict(strict=True, extra="forbid")

    orders: list[Any]


_batch_decoder = msgspec.json.Decoder(_Batch)


def check_media_type(request: RequestContext) -> None:
    """Raise Refusal for a body that is not declared as JSON.

    A browser sends JSON to another site only after a preflight request. Every other media type is
    refused, so that no page elsewhere can trade here.
    """
    text = request.headers.get(b"content-type", b"")
    if text == b"application/json":
        return
    if text.partition(b";")[0].strip().lower() != b"application/json":
        raise Refusal(
            Reason.UNSUPPORTED_MEDIA_TYPE,
            "Content-Type",
            "the body must be JSON, with the header Content-Type: application/json",
        )


def read_order(body: bytes | msgspec.Raw, instruments: Mapping[str, Instrument]) -> OrderBody:
    """Return the order in `body`, checked against the rules of its instrument; raise Refusal."""
    order = _read_order_body(bytes(body))
    instrument = find_instrument(order.symbol, instruments)
    if order.client_order_id is not None:
        check_client_order_id(order.client_order_id)
    check_order_values(instrument, order.order_type, order.quantity, order.price, order.stop_price)
    return order


def _read_order_body(body: bytes) -> OrderBody:
    try:
        order = decode_order(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return OrderBody(**parse_body(OrderRequest, body, _HINTS).model_dump())
    if may_have_duplicates(body, order):
        refuse_duplicate_keys(body)
    return order


def find_instrument(symbol: str, instruments: Mapping[str, Instrument]) -> Instrument:
    """Return the instrument; raise Refusal for an unknown symbol."""
    instrument = instruments.get(symbol)
    if instrument is None:
        raise Refusal(
            Reason.UNKNOWN_SYMBOL, "symbol", f"symbol must be one of {', '.join(instruments)}"
        )
    return instrument


def split_batch(body: bytes) -> list[msgspec.Raw]:
    """Return the orders in a batch's body, still undecoded; raise Refusal."""
    try:
        orders = _batch_decoder.decode(body)
    except msgspec.ValidationError:
        parse_body(_BatchShape, body)
        detail = 'the body must be {"orders": […]}'
        raise Refusal(Reason.INVALID_TYPE, "orders", detail) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refuse_json(body, str(error)) from None
    if body.count(b'"orders"') > 1 or b"\\" in body:  # a key may be spelled with an escape
        refuse_duplicate_keys(body)
    count = len(orders.orders)
    if count > MAX_BATCH_ORDERS:
        detail = f"a batch has at most {MAX_BATCH_ORDERS} orders, this one has {count}"
        raise Refusal(Reason.BATCH_TOO_LARGE, "orders", detail)
    if not count:
        raise Refusal(Reason.MISSING_FIELD, "orders", "a batch has at least one order")
    return orders.orders


def read_amendment(body: bytes) -> AmendRequest:
    """Return the amendment in `body`; raise Refusal.

    Tick and lot are checked by the engine, which alone knows the order's instrument.
    """
    amendment = parse_body(AmendRequest, body, _HINTS)
    values = amendment.model_dump(exclude_none=True)
    if not values:
        raise Refusal(
            Reason.NOTHING_TO_AMEND, None, "one of quantity, price, stop_price is required"
        )
    for field, value in values.items():
        check_decimal(field, value)
    return amendment


def read_timer(body: bytes) -> CancelAfterRequest:
    """Return the dead man's switch in `body`; raise Refusal."""
    timer = parse_body(CancelAfterRequest, body)
    check_seconds(timer.seconds)
    return timer


def check_decimal(field: str, value: str) -> None:
    """Raise Refusal if `value` has not the form of a decimal."""
    if not is_decimal(value):
        raise Refusal(Reason.INVALID_DECIMAL, field, f"{field} must be {DECIMAL_RULE}")


def parse_body(model: type[Body], body: bytes, hints: Mapping[str, str] | None = None) -> Body:
    """Return the `model` in `body`; raise Refusal, with the hint to a field of another name."""
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        what = "an order" if model is OrderRequest else "the body"
        hints = hints or {}
        raise _explain(_choose(error.errors(include_url=False), hints), what, body, hints) from None
    refuse_duplicate_keys(body)
    return parsed


def _choose(errors: list[ErrorDetails], hints: Mapping[str, str]) -> ErrorDetails:
    """The first error; before it a field under another name, because that one is missing too."""
    renamed = (
        error for error in errors if error["type"] == "extra_forbidden" and error["loc"][0] in hints
    )
    return next(renamed, errors[0])


def _explain(error: ErrorDetails, what: str, body: bytes, hints: Mapping[str, str]) -> Refusal:
    """Return the refusal for the first error that pydantic found."""
    if error["type"] == "json_invalid":
        return _refuse_json(body, str(error.get("ctx", {}).get("error", error["msg"])))
    if not error["loc"]:
        return Refusal(Reason.INVALID_TYPE, None, f"{what} must be a JSON object")
    field = shorten(str(error["loc"][0]))
    if error["type"] == "extra_forbidden":
        hint = hints.get(field)
        detail = f"there is no field {field}" + (f": {hint}" if hint else "")
        return Refusal(Reason.UNKNOWN_FIELD, field, detail)
    if error["type"] == "missing":
        code = Reason.QUANTITY_REQUIRED if field == "quantity" else Reason.MISSING_FIELD
        return Refusal(code, field, f"{field} is required")
    return _explain_value(field, error["input"])


def _explain_value(field: str, value: Any) -> Refusal:
    if field in _DECIMAL_FIELDS:
        return Refusal(Reason.INVALID_TYPE, field, _describe_number(field, value))
    if field == "orders":
        return Refusal(Reason.INVALID_TYPE, field, "orders must be a list of orders")
    if field == "seconds":
        return Refusal(Reason.INVALID_TYPE, field, "seconds must be a whole number")
    if not isinstance(value, str) or field not in _WORDS:
        return Refusal(Reason.INVALID_TYPE, field, f"{field} must be a string")
    code, words = _WORDS[field]
    return Refusal(code, field, f"{field} must be one of {', '.join(words)}")


def _refuse_json(body: bytes, why: str) -> Refusal:
    if body.startswith(_BYTE_ORDER_MARKS):
        why = "it begins with a byte order mark; send plain UTF-8"
    return Refusal(Reason.INVALID_JSON, None, f"the body is not JSON: {shorten(why)}")


def _describe_number(field: str, value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{field} must be {DECIMAL_RULE}; send it in quotes, a JSON number is not exact"
    return f"{field} must be {DECIMAL_RULE}"
