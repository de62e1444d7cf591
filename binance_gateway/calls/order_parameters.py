"""The parameters of a new order, which several calls take."""

from binance_gateway.calls.parameters import (
    AMOUNT,
    NEW_CLIENT_ORDER_ID,
    PREVENTION,
    SIDE,
    SYMBOL,
    Parameter,
    mandatory,
    read_word,
)
from binance_gateway.words.enums import (
    PegOffsetType,
    PegPriceType,
    ResponseType,
    TimeInForce,
    Type,
)
from binance_gateway.words.numbers import read_integer

NEW_ORDER = (
    SYMBOL,
    SIDE,
    mandatory("type", read_word(Type)),
    Parameter("timeInForce", read_word(TimeInForce)),
    Parameter("quantity", AMOUNT),
    Parameter("quoteOrderQty", AMOUNT),
    Parameter("price", AMOUNT),
    NEW_CLIENT_ORDER_ID,
    Parameter("strategyId", read_integer),
    Parameter("strategyType", read_integer),
    Parameter("stopPrice", AMOUNT),
    Parameter("trailingDelta", read_integer),
    Parameter("icebergQty", AMOUNT),
    Parameter("newOrderRespType", read_word(ResponseType)),
    PREVENTION,
    Parameter("pegPriceType", read_word(PegPriceType)),
    Parameter("pegOffsetValue", read_integer),
    Parameter("pegOffsetType", read_word(PegOffsetType)),
)
