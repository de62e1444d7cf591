"""binance-sdk-spot's models and enums have every word of exchangeInfo."""

from typing import Any

from binance_sdk_spot.rest_api.models import ExchangeInfoResponse, enums

from tests.clients.scenarios.recipes import Names, run_recipes
from tests.clients.scenarios.words import list_words, read_text

ENUMS = {
    "status": enums.ExchangeInfoSymbolStatusEnum,
    "orderTypes": enums.NewOrderTypeEnum,
    "permissions": enums.ExchangeInfoPermissionsEnum,
    "allowedSelfTradePreventionModes": enums.NewOrderSelfTradePreventionModeEnum,
    "defaultSelfTradePreventionMode": enums.NewOrderSelfTradePreventionModeEnum,
}


def decode(_mine: Names, _other: Names) -> None:
    """Decode the whole answer; each filter has a model of its own."""
    info = ExchangeInfoResponse.from_json(read_text())
    assert info is not None
    filters: list[Any] = [each for symbol in info.symbols or () for each in symbol.filters or ()]
    found = {
        each.actual_instance.filter_type for each in [*filters, *(info.exchange_filters or ())]
    }
    assert found == list_words("filterType")
    for name, enum in ENUMS.items():
        assert list_words(name), name
        assert list_words(name) <= {word.value for word in enum}, name


if __name__ == "__main__":
    run_recipes(decode)
