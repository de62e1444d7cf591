"""Parts of the OpenAPI document that several routes share."""

from typing import Any

from order_gateway.document.answer_schemas import (
    ChangeAccepted,
    OrderFullResult,
    OrderResult,
    OutcomeUnknown,
)
from order_gateway.document.route_descriptions import describe_path
from protocol.commands import IDENTIFIER_PATTERN
from protocol.enums import Reason
from protocol.instrument import SYMBOL_PATTERN

REPLAYED_HEADER = "Idempotency-Replayed"

ORDER_ID = describe_path("order_id", r"^\d{1,16}$", "4503599627370495")
NUMBER = describe_path("number", r"^\d{1,16}$", "64")
LIST_ID = describe_path("list_id", r"^\d{1,16}$", "64")
CLIENT_LIST_ID = describe_path("client_list_id", IDENTIFIER_PATTERN, "my-list-1")
CLIENT_ORDER_ID = describe_path("client_order_id", IDENTIFIER_PATTERN, "my-order-1")
SYMBOL = describe_path("symbol", SYMBOL_PATTERN, "BTC-USDT")

BODY_PROBLEMS = (
    Reason.BODY_TOO_LARGE,
    Reason.UNSUPPORTED_MEDIA_TYPE,
    Reason.INVALID_JSON,
    Reason.INVALID_TYPE,
    Reason.MISSING_FIELD,
)
VALUE_PROBLEMS = (
    Reason.INVALID_DECIMAL,
    Reason.OFF_TICK,
    Reason.OFF_LOT,
    Reason.PRICE_FORBIDDEN,
    Reason.STOP_PRICE_FORBIDDEN,
    Reason.PRICE_OUT_OF_RANGE,
    Reason.QUANTITY_OUT_OF_RANGE,
    Reason.NOTIONAL_OUT_OF_RANGE,
)
ORDER_PROBLEMS = (
    Reason.UNKNOWN_SYMBOL,
    Reason.INVALID_SIDE,
    Reason.INVALID_ORDER_TYPE,
    Reason.INVALID_SELF_TRADE_PREVENTION,
    Reason.INVALID_TIME_IN_FORCE,
    Reason.INVALID_EXPIRES_AT,
    Reason.INVALID_DISPLAY_QUANTITY,
    Reason.INVALID_QUOTE_QUANTITY,
    Reason.REJECT_IF_TRIGGERED_FORBIDDEN,
    Reason.INVALID_TRAILING_OFFSET,
    Reason.ACTIVATION_PRICE_FORBIDDEN,
    Reason.INVALID_CLIENT_ORDER_ID,
    Reason.PRICE_REQUIRED,
    Reason.STOP_PRICE_REQUIRED,
    Reason.QUANTITY_REQUIRED,
    Reason.CLIENT_ORDER_ID_REUSED,
    Reason.ORDER_ID_COLLISION,
    *VALUE_PROBLEMS,
)
QUEUE_PROBLEMS = (Reason.QUEUE_UNAVAILABLE, Reason.OVERLOADED)
CHANGE_PROBLEMS = (Reason.IDEMPOTENCY_KEY_REUSED, *QUEUE_PROBLEMS)

REPLAYED: dict[str, Any] = {
    "headers": {REPLAYED_HEADER: {"schema": {"type": "string", "const": "true"}}},
}
RESULT: dict[str, Any] = REPLAYED | {"model": OrderFullResult | OrderResult}
PENDING: dict[str, Any] = {
    "model": ChangeAccepted | OutcomeUnknown,
    "description": "In the queue, or the queue's confirmation was lost",
}
