"""Reads requests: what is not acceptable becomes a Refusal that names the field and the rule."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from order_gateway.schemas import AmendRequest, OrderRequest, ResponseMode
from protocol.commands import (
    DEFAULT_ACCOUNT,
    check_account,
    check_client_order_id,
    check_order_values,
)
from protocol.enums import OrderType, Reason, SelfTradePrevention, Side
from protocol.instrument import DECIMAL_RULE, Instrument, is_decimal
from protocol.refusal import Refusal

MAX_BODY_BYTES = 64 * 1024
ACCOUNT_HEADER = "X-Account"

_MAX_SHOWN = 64
"""Characters of a client's own text in an answer."""
_DECIMAL_FIELDS = {"quantity", "price", "stop_price"}
_WORDS = {
    "side": (Reason.INVALID_SIDE, Side),
    "order_type": (Reason.INVALID_ORDER_TYPE, OrderType),
    "self_trade_prevention": (Reason.INVALID_SELF_TRADE_PREVENTION, SelfTradePrevention),
}

Body = TypeVar("Body", bound=BaseModel)


def read_account(request: Request) -> str:
    """The account of the header X-Account."""
    text = _find_header(request, b"x-account")
    if text is None:
        return DEFAULT_ACCOUNT
    try:
        return check_account(text)
    except Refusal as refusal:
        raise Refusal(refusal.code, ACCOUNT_HEADER, refusal.detail) from None


def read_response_mode(request: Request, default: ResponseMode) -> ResponseMode:
    """The query's `response`."""
    query: bytes = request.scope["query_string"]
    if not query:
        return default
    mode = default
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name != "response":
            raise Refusal(
                Reason.UNKNOWN_FIELD, _shorten(name), "the only query parameter is response"
            )
        mode = _parse_response_mode(value)
    return mode


async def read_body(request: Request) -> bytes:
    """The body; one that is too large is refused without being read to its end."""
    if _find_media_type(request) != "application/json":
        raise Refusal(
            Reason.UNSUPPORTED_MEDIA_TYPE,
            "Content-Type",
            "the body must be JSON, with the header Content-Type: application/json",
        )
    length = _find_header(request, b"content-length")
    if length is not None and int(length) > MAX_BODY_BYTES:
        raise _too_large()
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
    return body


def read_order(body: bytes, instruments: Mapping[str, Instrument]) -> OrderRequest:
    """The order in `body`, checked against the rules of its instrument."""
    order = _parse_body(OrderRequest, body)
    instrument = instruments.get(order.symbol)
    if instrument is None:
        raise Refusal(
            Reason.UNKNOWN_SYMBOL, "symbol", f"symbol must be one of {', '.join(instruments)}"
        )
    if order.client_order_id is not None:
        check_client_order_id(order.client_order_id)
    check_order_values(instrument, order.order_type, order.quantity, order.price, order.stop_price)
    return order


def read_amendment(body: bytes) -> AmendRequest:
    """The amendment in `body`; only the engine knows the order, and so the grid of its values."""
    amendment = _parse_body(AmendRequest, body)
    values = amendment.model_dump(exclude_none=True)
    if not values:
        raise Refusal(
            Reason.NOTHING_TO_AMEND, None, "one of quantity, price, stop_price is required"
        )
    for field, value in values.items():
        if not is_decimal(value):
            raise Refusal(Reason.INVALID_DECIMAL, field, f"{field} must be {DECIMAL_RULE}")
    return amendment


def _parse_body(model: type[Body], body: bytes) -> Body:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False)[0]) from None


def _explain(error: ErrorDetails) -> Refusal:
    """The refusal for what pydantic found first."""
    if error["type"] == "json_invalid":
        return Refusal(Reason.INVALID_JSON, None, f"the body is not JSON: {_describe_json(error)}")
    if not error["loc"]:
        return Refusal(Reason.INVALID_TYPE, None, "the body must be a JSON object")
    field = _shorten(str(error["loc"][0]))
    if error["type"] == "extra_forbidden":
        return Refusal(Reason.UNKNOWN_FIELD, field, f"there is no field {field}")
    if error["type"] == "missing":
        code = Reason.QUANTITY_REQUIRED if field == "quantity" else Reason.MISSING_FIELD
        return Refusal(code, field, f"{field} is required")
    return _explain_value(field, error["input"])


def _explain_value(field: str, value: Any) -> Refusal:
    if field in _DECIMAL_FIELDS:
        return Refusal(Reason.INVALID_TYPE, field, _describe_number(field, value))
    if not isinstance(value, str) or field not in _WORDS:
        return Refusal(Reason.INVALID_TYPE, field, f"{field} must be a string")
    code, words = _WORDS[field]
    return Refusal(code, field, f"{field} must be one of {', '.join(words)}")


def _describe_json(error: ErrorDetails) -> str:
    return _shorten(str(error.get("ctx", {}).get("error", error["msg"])))


def _describe_number(field: str, value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{field} must be {DECIMAL_RULE}; send it in quotes, a JSON number is not exact"
    return f"{field} must be {DECIMAL_RULE}"


def _parse_response_mode(value: str) -> ResponseMode:
    try:
        return ResponseMode(value)
    except ValueError:
        raise Refusal(
            Reason.INVALID_REQUEST, "response", f"response must be one of {', '.join(ResponseMode)}"
        ) from None


def _find_header(request: Request, name: bytes) -> str | None:
    for key, value in request.scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def _find_media_type(request: Request) -> str:
    # A browser sends JSON to another site only after asking it: who does not say JSON is refused,
    # so that no page elsewhere can trade here.
    return (_find_header(request, b"content-type") or "").partition(";")[0].strip().lower()


def _too_large() -> Refusal:
    return Refusal(Reason.BODY_TOO_LARGE, None, f"the body must be at most {MAX_BODY_BYTES} bytes")


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
