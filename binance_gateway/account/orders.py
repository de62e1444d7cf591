"""Orders in Binance's shapes, made of the engine's reports and of the archive's records."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from archive.records import OrderRecord
from binance_gateway.words.enums import (
    ENDS_BY_REASON,
    EXPIRY_REASONS,
    NAMES_OF_TYPES,
    PENDING,
    SIDE_NAMES,
    STATUSES,
    ResponseType,
    name_prevention,
    name_time_in_force,
)
from binance_gateway.words.numbers import pad, pad_or_zero
from binance_gateway.words.strategies import from_native
from binance_gateway.words.symbols import Symbol
from binance_gateway.words.times import TimeUnit
from protocol.enums import ListState, Side, Status, TrailingOffsetType
from protocol.events import ExecutionReport, Fill, PreventedByTaker, Reply
from protocol.timestamps import parse_timestamp

Order: TypeAlias = ExecutionReport | OrderRecord
Shape: TypeAlias = dict[str, Any]


class Past(NamedTuple):
    """What no report tells of an order: since when it trails, and its last prevented match."""

    trailing_since: int | None = None
    match_id: int | None = None


NO_LIST = NO_TRADE_GROUP = -1
NO_MOMENT = -1
NO_MATCHES: Mapping[int, int] = MappingProxyType({})
NO_PAST = Past()
_OPEN, _CANCELED, _EXPIRED = Status.OPEN, Status.CANCELED, Status.EXPIRED
_PENDING, _BUY = ListState.PENDING, Side.BUY
_ACK, _FULL = ResponseType.ACK, ResponseType.FULL
# a name of a class takes long to find


def find_status(order: Order) -> str:
    """Return the status of an order."""
    status = order.status
    if status == _OPEN and is_pending(order):
        return PENDING
    if status == _CANCELED and order.reason is not None:
        return ENDS_BY_REASON.get(order.reason, STATUSES[status])
    return STATUSES[status]


def is_pending(order: Order) -> bool:
    """Whether the order waits for another one of its list."""
    return order.list.state == _PENDING if order.list else False


def find_list_id(order: Order) -> int:
    """Return the id of the order's list; -1 if it is in none."""
    return order.list.list_id if order.list else NO_LIST


def find_client_list_id(order: Order) -> str:
    """Return the account's name for the order's list, nothing if it is in none."""
    return order.list.client_list_id if order.list else ""


def find_number(order: Order) -> int:
    """Return the order's id here; what was never accepted has none, and is -1."""
    return order.number or -1


def find_stop_price(order: Order) -> str | None:
    """Return the stop price that the order was sent with: of one that trails, where it begins."""
    return order.activation_price or None if order.trailing_offset else order.stop_price


def find_trailing_delta(order: Order) -> int | None:
    """Return by how many basis points the order trails; None: not at all, or by a distance."""
    if not order.trailing_offset or order.trailing_offset_type != TrailingOffsetType.BASIS_POINTS:
        return None
    return int(order.trailing_offset)


def make_ack(order: ExecutionReport, symbol: Symbol, unit: TimeUnit) -> Shape:
    """Return the shortest answer to a new order."""
    return {
        "symbol": symbol.name,
        "orderId": find_number(order),
        "orderListId": find_list_id(order),
        "clientOrderId": order.client_order_id or "",
        "transactTime": unit.of(parse_timestamp(order.timestamp)),
    }


def make_answer(
    kind: ResponseType,
    order: ExecutionReport,
    symbol: Symbol,
    unit: TimeUnit,
    reply: Reply,
) -> Shape:
    """Return the answer to a new order, in the shape that was asked for."""
    answer = make_ack(order, symbol, unit)
    if kind is _ACK:
        return answer
    answer |= _describe(order)
    answer["workingTime"] = answer["transactTime"] if _is_working(order) else NO_MOMENT
    if kind is _FULL:
        answer["fills"] = [_describe_fill(fill, symbol, order.side) for fill in reply.fills]
    if matches := reply.prevented_matches:
        answer["preventedMatchId"] = matches[-1].prevented_match_id
        if kind is _FULL:
            answer["preventedMatches"] = [_describe_match(match, symbol) for match in matches]
    answer["selfTradePreventionMode"] = name_prevention(order.self_trade_prevention)
    if order.trailing_offset:
        answer |= _describe_trailing(order, answer["transactTime"])
    return _add_conditional(answer, order)


def make_cancel(
    order: ExecutionReport, symbol: Symbol, unit: TimeUnit, past: Past = NO_PAST
) -> Shape:
    """Return the answer to a cancel, of which the report bears its own name."""
    answer: Shape = {
        "symbol": symbol.name,
        "origClientOrderId": order.client_order_id or "",
        "orderId": find_number(order),
        "orderListId": find_list_id(order),
        "clientOrderId": order.cancel_id or "",
        "transactTime": unit.of(parse_timestamp(order.timestamp)),
    }
    answer |= _describe(order)
    answer["selfTradePreventionMode"] = name_prevention(order.self_trade_prevention)
    since = past.trailing_since
    answer |= _describe_trailing(order, None if since is None else unit.of(since))
    if past.match_id is not None:
        answer["preventedMatchId"] = past.match_id
    return _add_conditional(answer, order)


def make_amended(
    order: ExecutionReport, since: int | None, symbol: Symbol, unit: TimeUnit
) -> Shape:
    """Return the answer to an amend; some of its names are like nowhere else.

    `since` is when the order began to work, None if that is not known.
    """
    moment = unit.of(parse_timestamp(order.timestamp))
    described = _describe(order)
    works_since = moment if since is None else unit.of(since)
    return {
        "transactTime": moment,
        "executionId": order.execution_number or -1,
        "amendedOrder": {
            "symbol": symbol.name,
            "orderId": find_number(order),
            "orderListId": find_list_id(order),
            "origClientOrderId": order.previous_client_order_id or order.client_order_id,
            "clientOrderId": order.client_order_id or "",
            "price": described["price"],
            "qty": described["origQty"],
            "executedQty": described["executedQty"],
            "preventedQty": pad_or_zero(order.prevented_quantity),
            "quoteOrderQty": described["origQuoteOrderQty"],
            "cumulativeQuoteQty": described["cummulativeQuoteQty"],
            "status": described["status"],
            "timeInForce": described["timeInForce"],
            "type": described["type"],
            "side": described["side"],
            "workingTime": works_since if _is_working(order) else NO_MOMENT,
            "selfTradePreventionMode": name_prevention(order.self_trade_prevention),
        },
    }


def make_query(
    order: OrderRecord, symbol: Symbol, unit: TimeUnit, matches: Mapping[int, int] = NO_MATCHES
) -> Shape:
    """Return an order as questions are answered; `matches` has its last prevented match, if any."""
    opened, updated = parse_timestamp(order.opened_at), parse_timestamp(order.updated_at)
    since, trailing_since = find_working_since(order), find_trailing_since(order)
    answer = {
        "symbol": symbol.name,
        "orderId": find_number(order),
        "orderListId": find_list_id(order),
        "clientOrderId": order.client_order_id or "",
    }
    answer |= _describe(order)
    answer |= {
        "stopPrice": pad_or_zero(find_stop_price(order)),
        "icebergQty": pad_or_zero(order.display_quantity),
        "time": unit.of(opened),
        "updateTime": unit.of(updated),
        "isWorking": _is_working(order),
        "workingTime": NO_MOMENT if since is None else unit.of(since),
        "selfTradePreventionMode": name_prevention(order.self_trade_prevention),
    }
    answer |= _describe_trailing(order, None if trailing_since is None else unit.of(trailing_since))
    if (match_id := matches.get(find_number(order))) is not None:
        answer["preventedMatchId"] = match_id
    return _add_outcome(answer, order) | from_native(order.strategy)


def find_working_since(order: OrderRecord) -> int | None:
    """Return since when an order is on the book or trades; None: it waits, or has ended waiting.

    What the archive did not note, as it was older, is taken for when the order came in or, if that
    has waited, for its last change.
    """
    if order.working_since is not None:
        return parse_timestamp(order.working_since)
    if not _is_working(order):
        return None
    return parse_timestamp(order.updated_at if order.triggered else order.opened_at)


def find_trailing_since(order: OrderRecord) -> int | None:
    """Return since when a trailing stop follows the market; None: it does not, or is none.

    What the archive did not note, as it was older, is taken for when the order came in, unless it
    had to wait for a price, or may have for another order; then for the latest it can have been:
    when it fired or, before that, its last change.
    """
    if not order.trailing_offset or order.stop_price is None:
        return None
    if order.trailing_since is not None:
        return parse_timestamp(order.trailing_since)
    if order.activation_price is None and order.list is None:
        return parse_timestamp(order.opened_at)
    return parse_timestamp(order.working_since or order.updated_at)


def _describe(order: Order) -> Shape:
    kind, time_in_force = NAMES_OF_TYPES[order.order_type or ""]
    return {
        "price": pad_or_zero(order.price),
        "origQty": pad_or_zero(order.quantity),
        "executedQty": pad(order.filled_quantity),
        "origQuoteOrderQty": pad_or_zero(order.quote_quantity),
        "cummulativeQuoteQty": pad(order.filled_notional),
        "status": find_status(order),
        "timeInForce": name_time_in_force(order.time_in_force, time_in_force),
        "type": kind,
        "side": SIDE_NAMES[order.side or ""],
    }


def _add_conditional(answer: Shape, order: Order) -> Shape:
    """Add what few orders have."""
    if (stop_price := find_stop_price(order)) is not None:
        answer["stopPrice"] = pad(stop_price)
    if order.display_quantity:
        answer["icebergQty"] = pad(order.display_quantity)
    return _add_outcome(answer, order)


def _add_outcome(answer: Shape, order: Order) -> Shape:
    """Add what was prevented of an order, and why it has expired."""
    if order.prevented_quantity:
        answer["preventedQuantity"] = pad(order.prevented_quantity)
    if (reason := find_expiry_reason(order)) is not None:
        answer["expiryReason"] = reason
    return answer


def _describe_trailing(order: Order, since: int | None) -> Shape:
    """Return what a trailing stop has, nothing for any other order.

    `since` is when it began, in the client's unit, None if that is not known.
    """
    if not order.trailing_offset:
        return {}
    delta = find_trailing_delta(order)
    told: Shape = {} if delta is None else {"trailingDelta": delta}
    if order.stop_price is None:
        told["trailingTime"] = NO_MOMENT
    elif since is not None:
        told["trailingTime"] = since
    return told


def find_expiry_reason(order: Order) -> str | None:
    """Return why the order has expired; None if it has not."""
    if order.status != _EXPIRED or order.reason is None:
        return None
    return EXPIRY_REASONS.get(order.reason, "EXCHANGE_CANCELED")


def _is_working(order: Order) -> bool:
    """Whether it is, or was, on the book or traded; false only while it waits."""
    return order.triggered is not False and not is_pending(order)


def describe_lost(taker_quantity: str | None, maker_quantity: str | None) -> Shape:
    """Return what a prevented match took from its two orders; nothing for one that lost nothing."""
    lost = {"takerPreventedQuantity": taker_quantity, "makerPreventedQuantity": maker_quantity}
    return {name: pad(quantity) for name, quantity in lost.items() if quantity is not None}


def _describe_match(match: PreventedByTaker, symbol: Symbol) -> Shape:
    return {
        "preventedMatchId": match.prevented_match_id,
        "makerSymbol": symbol.name,
        "makerOrderId": match.maker_number,
        "price": pad(match.price),
        **describe_lost(match.taker_quantity, match.maker_quantity),
    }


def _describe_fill(fill: Fill, symbol: Symbol, side: Side | None) -> Shape:
    received = symbol.base if side == _BUY else symbol.quote
    return {
        "price": pad(fill.price),
        "qty": pad(fill.quantity),
        "commission": pad_or_zero(fill.commission),
        "commissionAsset": fill.commission_asset or received,
        "tradeId": fill.trade_id,
    }
