"""The filters of a symbol, as the specification's example has them."""

from binance_gateway.words.filters import Filters, describe_exchange_filters
from binance_gateway.words.symbols import Symbols
from protocol.instrument import parse_instruments
from tests.unit.market_data.markets import make_instruments

EXAMPLE = [
    {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "maxPrice": "9000000000.00000000",
     "tickSize": "0.01000000"},
    {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "10000000.00000000",
     "stepSize": "0.00001000"},
    {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": "10000000.00000000",
     "stepSize": "0.00000000"},
    {"filterType": "NOTIONAL", "minNotional": "0.00000000", "applyMinToMarket": False,
     "maxNotional": "9000000000.00000000", "applyMaxToMarket": False, "avgPriceMins": 0},
]  # fmt: skip


def test_filters_are_those_of_the_example_and_of_special_orders() -> None:
    symbol = next(iter(Symbols(make_instruments())))
    found = Filters(symbol).describe()
    assert found[:4] == EXAMPLE
    assert [each["filterType"] for each in found[4:]] == ["ICEBERG_PARTS", "TRAILING_DELTA"]
    assert describe_exchange_filters(200) == [
        {"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": 200}
    ]


def test_filters_of_an_instrument_with_limits_of_its_own() -> None:
    text = """
        [[instrument]]
        symbol = "BTC-USDT"
        base_asset = "BTC"
        quote_asset = "USDT"
        tick_size = "0.01"
        lot_size = "0.00001"
        min_quantity = "0.001"
        max_quantity = "50"
        min_notional = "5"
        max_notional = "1000000"
        price_band = "0.1"
    """
    (symbol,) = Symbols(parse_instruments(text))
    by_name = {each["filterType"]: each for each in Filters(symbol).describe()}
    assert by_name["PERCENT_PRICE_BY_SIDE"] == {
        "filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "1.1000",
        "bidMultiplierDown": "0.9000", "askMultiplierUp": "1.1000", "askMultiplierDown": "0.9000",
        "avgPriceMins": 0,
    }  # fmt: skip
    lots, amounts = by_name["LOT_SIZE"], by_name["NOTIONAL"]
    assert (lots["minQty"], lots["maxQty"]) == ("0.00100000", "50.00000000")
    assert (amounts["minNotional"], amounts["maxNotional"]) == ("5.00000000", "1000000.00000000")
