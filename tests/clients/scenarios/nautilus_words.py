"""nautilus_trader's own enums have every word of exchangeInfo."""

import msgspec
from nautilus_trader.adapters.binance.common.enums import (
    BinanceExchangeFilterType,
    BinanceOrderType,
    BinanceRateLimitInterval,
    BinanceRateLimitType,
    BinanceSymbolFilterType,
)
from nautilus_trader.adapters.binance.spot.enums import BinanceSpotPermissions
from nautilus_trader.adapters.binance.spot.schemas.market import BinanceSpotExchangeInfo

from tests.clients.scenarios.recipes import Names, run_recipes
from tests.clients.scenarios.words import list_words, read_text

ENUMS = {
    "orderTypes": (BinanceOrderType,),
    "filterType": (BinanceSymbolFilterType, BinanceExchangeFilterType),
    "rateLimitType": (BinanceRateLimitType,),
    "interval": (BinanceRateLimitInterval,),
    "permissions": (BinanceSpotPermissions,),
}


def decode(_mine: Names, _other: Names) -> None:
    """Decode the whole answer, and each word by itself."""
    info = msgspec.json.decode(read_text().encode(), type=BinanceSpotExchangeInfo)
    assert len(info.symbols) > 1
    for name, enums in ENUMS.items():
        known = {word.value for enum in enums for word in enum}
        assert list_words(name), name
        assert list_words(name) <= known, name


if __name__ == "__main__":
    run_recipes(decode)
