"""Calls that tell what has happened to an account's orders besides trades."""

from archive.prevented_query import PreventedOf
from archive.records import PreventedMatchRecord
from binance_gateway.account.orders import NO_TRADE_GROUP, Shape, describe_lost
from binance_gateway.calls.call import Call, RouteTable, Security
from binance_gateway.calls.parameters import ORDER_ID, SYMBOL, Parameter, limit, mandatory
from binance_gateway.services import Services
from binance_gateway.words import errors
from binance_gateway.words.enums import name_prevention
from binance_gateway.words.numbers import pad, read_integer
from binance_gateway.words.symbols import Symbol
from protocol.timestamps import parse_timestamp

calls = RouteTable()

_MATCH_WEIGHT, _MATCHES_WEIGHT = 2, 20
_LIMIT = limit(500, 1_000)


@calls.add(
    "GET order/amendments", "order.amendments", 4, SYMBOL, mandatory("orderId", read_integer),
    Parameter("fromExecutionId", read_integer, default=0), _LIMIT, security=Security.USER_DATA,
)  # fmt: skip
async def list_amendments(services: Services, call: Call) -> object:
    """What amends changed of an order, oldest first."""
    symbol = services.symbols.find(call["symbol"])
    number = call["orderId"]
    await services.questions.find_order(call.account, symbol, number, None)
    amendments = await services.questions.list_amendments(
        call.account, number, call["fromExecutionId"], call["limit"]
    )
    return [
        {
            "symbol": symbol.name,
            "orderId": number,
            "executionId": each.execution_number,
            "origClientOrderId": each.previous_client_order_id,
            "newClientOrderId": each.client_order_id,
            "origQty": pad(each.previous_quantity),
            "newQty": pad(each.quantity),
            "time": call.moment(parse_timestamp(each.timestamp)),
        }
        for each in amendments
    ]


@calls.add(
    "GET myPreventedMatches", "myPreventedMatches",
    lambda sent: _MATCH_WEIGHT if "preventedMatchId" in sent else _MATCHES_WEIGHT,
    SYMBOL, Parameter("preventedMatchId", read_integer), ORDER_ID,
    Parameter("fromPreventedMatchId", read_integer), _LIMIT, security=Security.USER_DATA,
)  # fmt: skip
async def list_prevented_matches(services: Services, call: Call) -> object:
    """Matches of the account's orders with each other that were prevented, oldest first."""
    symbol = services.symbols.find(call["symbol"])
    match, order, first = (
        call["preventedMatchId"], call["orderId"], call["fromPreventedMatchId"],
    )  # fmt: skip
    if match is None and order is None:
        raise errors.MISSING_EITHER("preventedMatchId", "orderId")
    if match is not None and (order is not None or first is not None):
        raise errors.INVALID_COMBINATION()
    which = PreventedOf(call.account, symbol.instrument.symbol, match, order, first or 0)
    matches = await services.questions.list_prevented_matches(which, call["limit"])
    return [_describe_match(each, symbol, call) for each in matches]


def _describe_match(match: PreventedMatchRecord, symbol: Symbol, call: Call) -> Shape:
    return {
        "symbol": symbol.name,
        "preventedMatchId": match.prevented_match_id,
        "takerOrderId": match.taker_number,
        "makerSymbol": symbol.name,
        "makerOrderId": match.maker_number,
        "tradeGroupId": NO_TRADE_GROUP,
        "selfTradePreventionMode": name_prevention(match.self_trade_prevention),
        "price": pad(match.price),
        **describe_lost(match.taker_quantity, match.maker_quantity),
        "transactTime": call.moment(parse_timestamp(match.timestamp)),
    }
