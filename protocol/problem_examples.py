"""An example of a problem document for each reason, for the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from protocol.enums import Reason
from protocol.problem import describe_problem
from protocol.reasons import MEANINGS
from protocol.refusal import Refusal

_FIELDS: Mapping[Reason, str] = {
    Reason.CLIENT_ORDER_ID_REUSED: "client_order_id",
    Reason.ORDER_ID_COLLISION: "order_id",
    Reason.UNKNOWN_ORDER: "order_id",
    Reason.ORDER_CLOSED: "order_id",
    Reason.INSTRUMENT_HALTED: "symbol",
    Reason.INSTRUMENT_CLOSED: "symbol",
    Reason.UNKNOWN_SYMBOL: "symbol",
    Reason.INVALID_SIDE: "side",
    Reason.INVALID_ORDER_TYPE: "order_type",
    Reason.INVALID_SELF_TRADE_PREVENTION: "self_trade_prevention",
    Reason.INVALID_TIME_IN_FORCE: "time_in_force",
    Reason.INVALID_EXPIRES_AT: "expires_at",
    Reason.INVALID_DISPLAY_QUANTITY: "display_quantity",
    Reason.INVALID_QUOTE_QUANTITY: "quote_quantity",
    Reason.REJECT_IF_TRIGGERED_FORBIDDEN: "reject_if_triggered",
    Reason.INVALID_TRAILING_OFFSET: "trailing_offset",
    Reason.ACTIVATION_PRICE_FORBIDDEN: "activation_price",
    Reason.WOULD_TRIGGER: "stop_price",
    Reason.INVALID_ORDER_ID: "order_id",
    Reason.INVALID_CLIENT_ORDER_ID: "client_order_id",
    Reason.INVALID_ACCOUNT: "X-Account",
    Reason.INVALID_DECIMAL: "price",
    Reason.PRICE_REQUIRED: "price",
    Reason.PRICE_FORBIDDEN: "price",
    Reason.STOP_PRICE_REQUIRED: "stop_price",
    Reason.STOP_PRICE_FORBIDDEN: "stop_price",
    Reason.QUANTITY_REQUIRED: "quantity",
    Reason.NOTIONAL_OUT_OF_RANGE: "quantity",
    Reason.INVALID_SECONDS: "seconds",
    Reason.INVALID_SCOPE: "scope",
    Reason.INVALID_DURATION: "advance",
    Reason.INSUFFICIENT_BALANCE: "quantity",
    Reason.TRANSFER_ID_REUSED: "id",
    Reason.UNKNOWN_ASSET: "asset",
    Reason.UNKNOWN_SHARD: "to",
    Reason.SAME_SHARD: "to",
    Reason.OFF_UNIT: "amount",
    Reason.AMOUNT_OUT_OF_RANGE: "amount",
    Reason.FEE_OUT_OF_RANGE: "maker",
    Reason.INVALID_TRANSFER_ID: "id",
    Reason.INVALID_REQUEST: "response",
    Reason.UNKNOWN_FIELD: "colour",
    Reason.MISSING_FIELD: "side",
    Reason.INVALID_TYPE: "price",
    Reason.BATCH_TOO_LARGE: "orders",
    Reason.UNSUPPORTED_MEDIA_TYPE: "Content-Type",
    Reason.INVALID_CURSOR: "after",
    Reason.TIMESTAMP_OUT_OF_WINDOW: "X-Timestamp",
    Reason.HOST_NOT_ALLOWED: "Host",
    Reason.ORIGIN_NOT_ALLOWED: "Origin",
    Reason.IDEMPOTENCY_KEY_REUSED: "Idempotency-Key",
}
_OFF_VALUES = (
    Refusal(Reason.OFF_TICK, "price", "price must be a multiple of 0.01", "60123.46", "0.01"),
    Refusal(
        Reason.OFF_LOT, "quantity", "quantity must be a multiple of 0.00001", "0.12346", "0.00001"
    ),
    Refusal(
        Reason.PRICE_OUT_OF_RANGE,
        "price",
        "price must be from 0.01 to 10000000000.00",
        "0.01",
        "0.01",
    ),
    Refusal(
        Reason.QUANTITY_OUT_OF_RANGE,
        "quantity",
        "quantity must be from 0.00001 to 10000000.00000",
        "0.00001",
        "0.00001",
    ),
    Refusal(
        Reason.PRICE_OUT_OF_BAND,
        "price",
        "price must be from 54000.00 to 66000.00: at most 0.1 of the last trade's 60000.00 away",
        "66000.00",
        "0.01",
    ),
)
_BY_CODE = {refusal.code: refusal for refusal in _OFF_VALUES}


def make_problem_example(code: Reason, *, is_in_path: bool = False) -> dict[str, Any]:
    """Return the example; its `field` is one of those that the reason may be about."""
    refusal = _BY_CODE.get(code) or Refusal(code, _FIELDS.get(code), MEANINGS[code])
    return describe_problem(
        code,
        refusal.detail,
        refusal.field,
        refusal.nearest,
        refusal.step,
        is_in_path=is_in_path,
    )
