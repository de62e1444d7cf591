"""Calls that clients make at their start and that have nothing to tell here."""

from binance_gateway.calls.call import Call, RouteTable, Security
from binance_gateway.calls.parameters import ANY_SYMBOL
from binance_gateway.services import Services
from binance_gateway.words import errors
from binance_gateway.words.numbers import to_text, to_units

calls = RouteTable()


@calls.add("GET /sapi/v1/asset/tradeFee", None, 1, ANY_SYMBOL, security=Security.USER_DATA)
async def list_fees(services: Services, call: Call) -> object:
    """What the account pays, by symbol."""
    name = call["symbol"]
    symbols = [services.symbols.find(name)] if name else list(services.symbols)
    answer = []
    for symbol in symbols:
        rates = await services.questions.read_rates(call.account, symbol)
        maker, taker = (to_text(to_units(rate)) for rate in rates)
        answer.append({"symbol": symbol.name, "makerCommission": maker, "takerCommission": taker})
    return answer


@calls.add("GET /sapi/v1/margin/allPairs", None, 1, reads_parameters=False)
@calls.add("GET /sapi/v1/margin/isolated/allPairs", None, 1, reads_parameters=False)
@calls.add("GET /sapi/v1/capital/config/getall", None, 1, security=Security.USER_DATA)
@calls.add(
    "GET /sapi/v1/spot/delist-schedule", None, 1, security=Security.KEY, reads_parameters=False
)
async def list_nothing(_services: Services, _call: Call) -> object:
    """Nothing: there is no such thing."""
    return []


@calls.add("GET /sapi/v1/system/status", None, 1, reads_parameters=False)
async def tell_status(_services: Services, _call: Call) -> object:
    """That all is well."""
    return {"status": 0, "msg": "normal"}


@calls.add("POST sor/order", "sor.order.place", 1, reads_parameters=False)
@calls.add("POST sor/order/test", "sor.order.test", 1, reads_parameters=False)
async def refuse_routing(_services: Services, _call: Call) -> object:
    """Refused: no order is routed elsewhere."""
    raise errors.NO_ORDER_ROUTING()
