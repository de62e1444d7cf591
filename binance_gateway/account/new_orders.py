"""A new order: its rules checked, and the entry of the queue made of it."""

from collections.abc import Mapping
from typing import Any

from binance_gateway.account.client_order_ids import make_client_order_id
from binance_gateway.account.orders import Shape, make_answer
from binance_gateway.words import errors
from binance_gateway.words.enums import (
    NATIVE_TIMES_IN_FORCE,
    NATIVE_TYPES,
    NO_PREVENTION,
    PREVENTIONS,
    ResponseType,
    TimeInForce,
    Type,
)
from binance_gateway.words.filters import Filters
from binance_gateway.words.numbers import to_text
from binance_gateway.words.order_rules import WAITING, check_parameters
from binance_gateway.words.strategies import pick_strategy, to_native
from binance_gateway.words.symbols import Symbol
from binance_gateway.words.times import TimeUnit
from protocol.commands import QueueEntry
from protocol.enums import TrailingOffsetType, Uniqueness
from protocol.events import ExecutionReport, Reply

_DEFAULT_RESPONSES = {
    kind: ResponseType.FULL if kind in {Type.MARKET, Type.LIMIT} else ResponseType.ACK
    for kind in Type
}
_GTC, _ACK = TimeInForce.GTC, ResponseType.ACK
_UNIQUE = Uniqueness.OPEN


def check_order(values: Mapping[str, Any], filters: Filters, prefix: str = "") -> None:
    """Raise BinanceError if an order lacks something, has too much, or fails a filter.

    In a list the names of its parameters begin with `prefix`.
    """
    check_parameters(values, prefix)
    price, quantity, shown = values["price"], values["quantity"], values["icebergQty"]
    amount, stop_price = values["quoteOrderQty"], values["stopPrice"]
    if 0 in (quantity, amount):
        raise errors.INVALID_QUANTITY()
    if price is not None:
        filters.check_price(price)
    if stop_price is not None:
        filters.check_price(stop_price)
    if quantity is None:
        filters.check_amount(amount)
        return
    filters.check_quantity(quantity)
    if price is not None:
        filters.check_notional(price, quantity)
    if shown is not None:
        filters.check_iceberg(shown, quantity)
    if values["trailingDelta"] is not None:
        filters.check_trailing(values["trailingDelta"])


def make_entry(values: Mapping[str, Any], symbol: Symbol) -> QueueEntry:
    """Return the entry of an order that has been checked; its name is free once it has ended."""
    kind, time_in_force = values["type"], values["timeInForce"] or _GTC
    native = NATIVE_TYPES.get((kind, time_in_force))
    stop_price, delta = _to_text(values["stopPrice"]), values["trailingDelta"]
    trails = delta is not None
    is_later = native is None
    return QueueEntry(
        symbol=symbol.instrument.symbol,
        side=values["side"],
        order_type=NATIVE_TYPES[kind, _GTC] if is_later else native,
        time_in_force=NATIVE_TIMES_IN_FORCE[time_in_force] if is_later else None,
        quantity=_to_text(values["quantity"]),
        quote_quantity=_to_text(values["quoteOrderQty"]),
        display_quantity=_to_text(values["icebergQty"]),
        price=_to_text(values["price"]),
        stop_price=None if trails else stop_price,
        trailing_offset=str(delta) if trails else None,
        trailing_offset_type=TrailingOffsetType.BASIS_POINTS.value if trails else None,
        activation_price=stop_price if trails else None,
        client_order_id=values["newClientOrderId"] or make_client_order_id(),
        unique=_UNIQUE,
        self_trade_prevention=PREVENTIONS[values["selfTradePreventionMode"] or NO_PREVENTION],
        reject_if_triggered=is_waiting(values),
        strategy=to_native(pick_strategy(values)),
    )


def answer_order(
    values: Mapping[str, Any],
    order: ExecutionReport,
    symbol: Symbol,
    unit: TimeUnit,
    reply: Reply,
) -> Shape:
    """Return the answer to a new order, in the shape that its values ask for."""
    kind = values["newOrderRespType"] or _DEFAULT_RESPONSES[values["type"]]
    answer = make_answer(kind, order, symbol, unit, reply)
    return answer if kind is _ACK else answer | pick_strategy(values)


def is_waiting(values: Mapping[str, Any]) -> bool:
    """Whether the order waits for a price."""
    return values["type"] in WAITING


def _to_text(units: int | None) -> str | None:
    return None if units is None else to_text(units)
