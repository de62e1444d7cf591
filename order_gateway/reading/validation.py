"""Reads bodies; what is not valid becomes a Refusal that names the field and the rule."""

import codecs
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from edge.shorten import shorten
from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.duplicate_keys import may_have_duplicates, refuse_duplicate_keys
from order_gateway.reading.order_body import OrderBody, decode_order
from order_gateway.reading.request_schemas import (
    MAX_BATCH_ORDERS,
    AmendRequest,
    CancelAfterRequest,
    OrderListRequest,
    OrderRequest,
    TargetRequest,
)
from protocol.commands import (
    Target,
    check_client_order_id,
    check_order_values,
    check_seconds,
    parse_order_id,
)
from protocol.decimals import DECIMAL_RULE, is_decimal
from protocol.enums import (
    CancelRestriction,
    CancelScope,
    ListType,
    MarketName,
    OrderType,
    Phase,
    Reason,
    ReplaceMode,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TrailingOffsetType,
    Uniqueness,
)
from protocol.instrument import Instrument
from protocol.order_lists import (
    BOUGHT_TYPES,
    ListOrder,
    check_client_list_id,
    check_list_shape,
    name_field,
    read_list_orders,
)
from protocol.refusal import Refusal
from protocol.special_terms import read_special_terms

_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECIMAL_FIELDS = {
    *("quantity", "price", "stop_price", "amount", "maker", "taker"),
    *("display_quantity", "quote_quantity", "trailing_offset", "activation_price"),
    "start_price",
}
_WORDS = {
    "side": (Reason.INVALID_SIDE, Side),
    "order_type": (Reason.INVALID_ORDER_TYPE, OrderType),
    "self_trade_prevention": (Reason.INVALID_SELF_TRADE_PREVENTION, SelfTradePrevention),
    "scope": (Reason.INVALID_SCOPE, CancelScope),
    "time_in_force": (Reason.INVALID_TIME_IN_FORCE, TimeInForce),
    "list_type": (Reason.INVALID_LIST, ListType),
    "trailing_offset_type": (Reason.INVALID_TRAILING_OFFSET, TrailingOffsetType),
}

_OTHER_WORDS = {
    "unique": Uniqueness,
    "restriction": CancelRestriction,
    "mode": ReplaceMode,
    "phase": Phase,
    "name": MarketName,
}
_KINDS = {"int": "a whole number", "bool": "true or false", "model": "an object"}
"""By the first word of pydantic's types of errors."""
_SEED_RULE = "a whole number from 0 to 2^53 - 1"

_TYPE_HINT = "it is called order_type here"
_TIME_HINT = "it is called time_in_force here"
_POST_ONLY_HINT = "post_only is a value of order_type here"
_QUANTITY_HINT = "it is called quantity here"
_HINTS = {
    "type": _TYPE_HINT,
    "orderType": _TYPE_HINT,
    "timeInForce": _TIME_HINT,
    "tif": _TIME_HINT,
    "post_only": _POST_ONLY_HINT,
    "quoteOrderQty": "it is called quote_quantity here",
    "icebergQty": "it is called display_quantity here",
    "amount": _QUANTITY_HINT,
    "qty": _QUANTITY_HINT,
    "size": _QUANTITY_HINT,
    "stopPrice": "it is called stop_price here",
    "trailingDelta": "it is called trailing_offset here, of the type basis_points",
    "callbackRate": "it is called trailing_offset here, of the type basis_points",
    "activationPrice": "it is called activation_price here",
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
    return _check(_read_order_body(bytes(body)), instruments)


def _check(order: OrderBody, instruments: Mapping[str, Instrument]) -> OrderBody:
    instrument = find_instrument(order.symbol, instruments)
    if order.client_order_id is not None:
        check_client_order_id(order.client_order_id)
    lots, _, _ = check_order_values(
        instrument,
        order.order_type,
        order.quantity,
        order.price,
        order.stop_price,
        order.quote_quantity,
        order.trailing_offset,
    )
    read_special_terms(instrument, order.order_type, lots, order)
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


def check_order(order: OrderRequest, instruments: Mapping[str, Instrument]) -> OrderBody:
    """Return a new order that is part of a body; raise Refusal, as `read_order` does."""
    return _check(OrderBody(**order.model_dump()), instruments)


def read_order_list(
    asked: OrderListRequest, instruments: Mapping[str, Instrument]
) -> list[ListOrder]:
    """Return the orders of a list, each checked by itself; raise Refusal, with the order at fault.

    What they are to each other in the market the engine knows.
    """
    instrument = find_instrument(asked.symbol, instruments)
    if asked.client_list_id is not None:
        check_client_list_id(asked.client_list_id)
    said = [order.model_dump(exclude_none=True) for order in asked.orders]
    orders = read_list_orders(asked.list_type, said)
    check_list_shape(asked.list_type, orders)
    is_bought = asked.list_type in BOUGHT_TYPES
    for place, order in enumerate(orders):
        quantity = orders[0].quantity if is_bought else order.quantity
        try:
            _check_list_order(order, quantity, instrument)
        except Refusal as refusal:
            refusal.field = name_field(place, refusal.field)
            raise
    return orders


def _check_list_order(order: ListOrder, quantity: str | None, instrument: Instrument) -> None:
    if order.client_order_id is not None:
        check_client_order_id(order.client_order_id)
    form = order.order_type, quantity, order.price, order.stop_price
    offset = order.trailing_offset
    lots, _, _ = check_order_values(instrument, *form, trailing_offset=offset)
    read_special_terms(instrument, order.order_type, lots, order)


def read_target(target: TargetRequest) -> Target:
    """Return the order that a part of a body names, and how it is to be canceled; raise Refusal."""
    given = (target.order_id, target.number, target.client_order_id)
    if sum(name is not None for name in given) != 1:
        raise Refusal(
            Reason.MISSING_FIELD, "order_id", "give one of order_id, number, client_order_id"
        )
    if target.order_id is not None:
        parse_order_id(target.order_id)
    if target.client_order_id is not None:
        check_client_order_id(target.client_order_id)
    if target.cancel_id is not None:
        check_client_order_id(target.cancel_id, "cancel_id")
    return Target(**target.model_dump())


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
    terms = amendment.model_dump(include={"quantity", "price", "stop_price"}, exclude_none=True)
    if not terms:
        raise Refusal(
            Reason.NOTHING_TO_AMEND, None, "one of quantity, price, stop_price is required"
        )
    for field, value in terms.items():
        check_decimal(field, value)
    if amendment.client_order_id is not None:
        check_client_order_id(amendment.client_order_id)
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
    names = [name for name in error["loc"] if isinstance(name, str)]
    field = shorten(names[-1])
    if error["type"] == "extra_forbidden":
        hint = hints.get(field)
        detail = f"there is no field {field}" + (f": {hint}" if hint else "")
        return Refusal(Reason.UNKNOWN_FIELD, field, detail)
    if error["type"] == "missing":
        code = Reason.QUANTITY_REQUIRED if field == "quantity" else Reason.MISSING_FIELD
        return Refusal(code, field, f"{field} is required")
    kind = _SEED_RULE if field == "seed" else _KINDS.get(error["type"].partition("_")[0])
    if kind is not None:
        return Refusal(Reason.INVALID_TYPE, field, f"{field} must be {kind}")
    return _explain_value(field, error["input"])


def _explain_value(field: str, value: Any) -> Refusal:
    if field in _DECIMAL_FIELDS:
        return Refusal(Reason.INVALID_TYPE, field, _describe_number(field, value))
    if field in {"orders", "steps"}:
        return Refusal(Reason.INVALID_TYPE, field, f"{field} must be a list of {field}")
    if field in _OTHER_WORDS and isinstance(value, str):
        known = ", ".join(_OTHER_WORDS[field])
        return Refusal(Reason.INVALID_TYPE, field, f"{field} must be one of {known}")
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
