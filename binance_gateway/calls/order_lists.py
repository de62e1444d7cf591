"""Calls that enter, end and tell of order lists."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from archive.records import OrderRecord
from binance_gateway.account.client_order_ids import make_client_order_id
from binance_gateway.account.new_orders import answer_order, check_order
from binance_gateway.account.order_lists import describe_canceled, describe_list, make_list_entry
from binance_gateway.account.orders import (
    NO_LIST,
    Shape,
    find_list_id,
)
from binance_gateway.calls.account import read_window
from binance_gateway.calls.call import Call, RouteTable, Security
from binance_gateway.calls.list_parameters import (
    LIST_COMMON,
    LIST_NAME,
    leg,
    quantity,
    side,
    take_order,
)
from binance_gateway.calls.parameters import (
    AMOUNT,
    END_TIME,
    FROM_ID,
    NEW_CLIENT_ORDER_ID,
    ORIG_CLIENT_ORDER_ID,
    SIDE,
    START_TIME,
    SYMBOL,
    Parameter,
    limit,
    mandatory,
    read_client_order_id,
    read_word,
)
from binance_gateway.calls.trading import recall_past, send_new
from binance_gateway.services import Services
from binance_gateway.words import errors, refusals
from binance_gateway.words.enums import TimeInForce, Type
from binance_gateway.words.list_rules import check_bought, check_legs, check_working
from binance_gateway.words.numbers import read_integer
from binance_gateway.words.symbols import Symbol
from protocol.commands import QueueEntry
from protocol.enums import CommandType, ListType, Reason, Side
from protocol.events import Reply
from protocol.timestamps import parse_timestamp

calls = RouteTable()

_WORKING = (*leg("working"), side("workingSide"), quantity("workingQuantity"))
_PENDING_LEGS = (*leg("pendingAbove"), *leg("pendingBelow"), side("pendingSide"))
_BOUGHT_NEEDS = ("workingType", "workingSide", "workingPrice", "workingQuantity")
_BUYING = tuple(replace(each, is_mandatory=False) for each in _WORKING)
"""What lacks of an order that buys has an error of its own."""
_NOT_OF_BOUGHT = Parameter("pendingQuantity", AMOUNT)
_LIST_ID = Parameter("orderListId", read_integer)


@calls.add(
    "POST orderList/oco", "orderList.place.oco", 1, *LIST_COMMON, SIDE, quantity("quantity"),
    *leg("above"), *leg("below"), security=Security.TRADE, is_free_if_done=True,
)  # fmt: skip
async def place_oco(services: Services, call: Call) -> object:
    """Enter two orders, of which one ends when the other trades."""
    legs = {
        prefix: take_order(call.values, prefix, call["side"], call["quantity"])
        for prefix in ("above", "below")
    }
    check_legs(legs["above"], legs["below"])
    return await _place(services, call, ListType.OCO, legs)


@calls.add(
    "POST order/oco", "orderList.place", 1, *LIST_COMMON, SIDE, quantity("quantity"),
    mandatory("price", AMOUNT), mandatory("stopPrice", AMOUNT), Parameter("stopLimitPrice", AMOUNT),
    Parameter("stopLimitTimeInForce", read_word(TimeInForce)),
    Parameter("trailingDelta", read_integer),
    Parameter("limitClientOrderId", read_client_order_id),
    Parameter("stopClientOrderId", read_client_order_id),
    Parameter("limitIcebergQty", AMOUNT), Parameter("stopIcebergQty", AMOUNT),
    Parameter("limitStrategyId", read_integer), Parameter("limitStrategyType", read_integer),
    Parameter("stopStrategyId", read_integer), Parameter("stopStrategyType", read_integer),
    security=Security.TRADE, is_free_if_done=True,
)  # fmt: skip
async def place_old_oco(services: Services, call: Call) -> object:
    """Enter a limit order that makes and a stop, as older clients name them."""
    has_limit = call["stopLimitPrice"] is not None
    if has_limit and call["stopLimitTimeInForce"] is None:
        raise errors.MISSING_PARAMETER("stopLimitTimeInForce")
    shared = {
        "side": call["side"], "quantity": call["quantity"], "quoteOrderQty": None,
        "pegPriceType": None, "pegOffsetType": None, "pegOffsetValue": None,
        "selfTradePreventionMode": call["selfTradePreventionMode"],
    }  # fmt: skip
    profit = shared | {
        "type": Type.LIMIT_MAKER, "price": call["price"], "stopPrice": None,
        "timeInForce": None, "trailingDelta": None, "icebergQty": call["limitIcebergQty"],
        "newClientOrderId": call["limitClientOrderId"],
        "strategyId": call["limitStrategyId"], "strategyType": call["limitStrategyType"],
    }  # fmt: skip
    loss = shared | {
        "type": Type.STOP_LOSS_LIMIT if has_limit else Type.STOP_LOSS,
        "price": call["stopLimitPrice"], "stopPrice": call["stopPrice"],
        "timeInForce": call["stopLimitTimeInForce"], "trailingDelta": call["trailingDelta"],
        "icebergQty": call["stopIcebergQty"], "newClientOrderId": call["stopClientOrderId"],
        "strategyId": call["stopStrategyId"], "strategyType": call["stopStrategyType"],
    }  # fmt: skip
    legs = [("limit", profit), ("stop", loss)]
    ordered = legs if call["side"] is Side.SELL else legs[::-1]
    return await _place(services, call, ListType.OCO, dict(ordered))


@calls.add(
    "POST orderList/oto", "orderList.place.oto", 1, *LIST_COMMON, *_WORKING, *leg("pending"),
    side("pendingSide"), quantity("pendingQuantity"), security=Security.TRADE,
    is_free_if_done=True,
)  # fmt: skip
async def place_oto(services: Services, call: Call) -> object:
    """Enter an order, and another one that comes in when the first is filled."""
    working = _take_working(call)
    pending = take_order(call.values, "pending", call["pendingSide"], call["pendingQuantity"])
    return await _place(services, call, ListType.OTO, {"working": working, "pending": pending})


@calls.add(
    "POST orderList/otoco", "orderList.place.otoco", 1, *LIST_COMMON, *_WORKING, *_PENDING_LEGS,
    quantity("pendingQuantity"), security=Security.TRADE, is_free_if_done=True,
)  # fmt: skip
async def place_otoco(services: Services, call: Call) -> object:
    """Enter an order, and the two legs of an OCO that come in when it is filled."""
    working = _take_working(call)
    legs = _take_legs(call, call["pendingQuantity"])
    return await _place(services, call, ListType.OTOCO, {"working": working} | legs)


@calls.add(
    "POST orderList/opo", "orderList.place.opo", 1, *LIST_COMMON, *_BUYING, *leg("pending"),
    side("pendingSide"), _NOT_OF_BOUGHT, security=Security.TRADE, is_free_if_done=True,
)  # fmt: skip
async def place_opo(services: Services, call: Call) -> object:
    """Enter an order that buys, and another one that sells what it has bought."""
    working = _take_bought(call)
    pending = take_order(call.values, "pending", call["pendingSide"], working["quantity"])
    return await _place(services, call, ListType.OPO, {"working": working, "pending": pending})


@calls.add(
    "POST orderList/opoco", "orderList.place.opoco", 1, *LIST_COMMON, *_BUYING, *_PENDING_LEGS,
    _NOT_OF_BOUGHT, security=Security.TRADE, is_free_if_done=True,
)  # fmt: skip
async def place_opoco(services: Services, call: Call) -> object:
    """Enter an order that buys, and the two legs of an OCO that sell what it has bought."""
    working = _take_bought(call)
    legs = _take_legs(call, working["quantity"])
    return await _place(services, call, ListType.OPOCO, {"working": working} | legs)


@calls.add(
    "DELETE orderList", "orderList.cancel", 1, SYMBOL, _LIST_ID, LIST_NAME, NEW_CLIENT_ORDER_ID,
    security=Security.TRADE, is_free_if_done=True,
)  # fmt: skip
async def cancel_list(services: Services, call: Call) -> object:
    """Cancel every open order of a list."""
    symbol = services.symbols.find(call["symbol"])
    if call["orderListId"] is None and call["listClientOrderId"] is None:
        raise errors.MISSING_EITHER("orderListId", "listClientOrderId")
    cancel = QueueEntry(
        command=CommandType.CANCEL_LIST,
        list_id=call["orderListId"],
        client_list_id=call["listClientOrderId"],
        cancel_id=call["newClientOrderId"] or make_client_order_id(),
    )
    call.check_age()
    reply = await services.commands.of(symbol.instrument.symbol).change(call.account, cancel)
    if not reply.orders:
        raise refusals.translate(reply.reason or Reason.INTERNAL_ERROR)
    past = await recall_past(services, call, reply.orders)
    return describe_canceled(reply.orders, symbol, call.unit, past)


@calls.add(
    "GET orderList", "orderList.status", 4, _LIST_ID, ORIG_CLIENT_ORDER_ID,
    security=Security.USER_DATA,
)  # fmt: skip
async def find_list(services: Services, call: Call) -> object:
    """One list, by its id or the account's name for it."""
    number, name = call["orderListId"], call["origClientOrderId"]
    if number is None and name is None:
        raise errors.MISSING_EITHER("orderListId", "origClientOrderId")
    orders = await services.questions.find_list(call.account, number, name)
    return _describe(services, call, orders)


@calls.add(
    "GET allOrderList", "allOrderLists", 20, FROM_ID, START_TIME, END_TIME, limit(500, 1_000),
    security=Security.USER_DATA,
)  # fmt: skip
async def list_lists(services: Services, call: Call) -> object:
    """The lists of an account, newest first: from one on, or within a window of time."""
    window, first = read_window(call), call["fromId"]
    if first is not None and (window.start is not None or window.end is not None):
        raise errors.INVALID_COMBINATION()
    lists = await services.questions.list_lists(call.account, first, window)
    return [_describe(services, call, orders) for orders in lists]


@calls.add("GET openOrderList", "openOrderLists.status", 6, security=Security.USER_DATA)
async def list_open_lists(services: Services, call: Call) -> object:
    """The lists of which an order is open, newest first."""
    present = await services.commands.find_present(call.account)
    orders = await services.questions.list_open(call.account, None, present)
    numbers = sorted({find_list_id(order) for order in orders} - {NO_LIST}, reverse=True)
    lists = [await services.questions.find_list(call.account, each, None) for each in numbers]
    return [_describe(services, call, orders) for orders in lists]


def _describe(services: Services, call: Call, orders: Sequence[OrderRecord]) -> Shape:
    symbol = services.symbols.find_native(orders[0].symbol or "")
    if symbol is None:
        raise errors.NO_SUCH_LIST()
    moment = max(parse_timestamp(order.updated_at) for order in orders)
    return describe_list(orders, symbol, call.moment(moment))


def _take_working(call: Call) -> dict[str, Any]:
    working = take_order(call.values, "working", call["workingSide"], call["workingQuantity"])
    check_working(working)
    return working


def _take_bought(call: Call) -> dict[str, Any]:
    for name in _BOUGHT_NEEDS:
        if call[name] is None:
            raise errors.WORKING_REQUIRED(name)
    if call["pendingQuantity"] is not None:
        raise errors.PENDING_NOT_REQUIRED("pendingQuantity")
    working = _take_working(call)
    check_bought(working, call["pendingSide"])
    return working


def _take_legs(call: Call, amount: int) -> dict[str, dict[str, Any]]:
    legs = {
        prefix: take_order(call.values, prefix, call["pendingSide"], amount)
        for prefix in ("pendingAbove", "pendingBelow")
    }
    check_legs(legs["pendingAbove"], legs["pendingBelow"])
    return legs


async def _place(
    services: Services, call: Call, list_type: ListType, orders: Mapping[str, Mapping[str, Any]]
) -> Shape:
    """Check the orders, by the prefix of their parameters, and enter the list."""
    symbol = services.symbols.find(call["symbol"])
    for prefix, order in orders.items():
        check_order(order, services.filters[symbol.name], prefix)
    entry = make_list_entry(list_type, call["listClientOrderId"], [*orders.values()], symbol)
    reply = await send_new(services, call, entry, symbol, [*orders.values()])
    return _answer(call, symbol, reply, [*orders.values()])


def _answer(call: Call, symbol: Symbol, reply: Reply, orders: Sequence[Mapping[str, Any]]) -> Shape:
    if not reply.orders:
        raise refusals.translate(reply.reason or Reason.INTERNAL_ERROR)
    kind = {"newOrderRespType": call["newOrderRespType"]}
    moment = call.moment(parse_timestamp(reply.orders[0].timestamp))
    # what has traded is of the first order: the others come in when it is filled
    silent = Reply("", reply.sequence, None, None, None, False, None, [])
    return describe_list(reply.orders, symbol, moment) | {
        "orderReports": [
            answer_order({**values, **kind}, order, symbol, call.unit, silent if place else reply)
            for place, (values, order) in enumerate(zip(orders, reply.orders, strict=True))
        ]
    }
