"""Calls about the exchange itself."""

from collections.abc import Iterable

from binance_gateway.calls.call import Call, RouteTable
from binance_gateway.calls.parameters import (
    ANY_SYMBOL,
    SYMBOL_STATUS,
    SYMBOLS,
    Parameter,
    read_boolean,
    read_permissions,
)
from binance_gateway.services import Services
from binance_gateway.words import errors
from binance_gateway.words.enums import NO_PREVENTION, PREVENTIONS, SymbolStatus, Type
from binance_gateway.words.filters import describe_exchange_filters
from binance_gateway.words.numbers import PLACES
from binance_gateway.words.symbols import Symbol

calls = RouteTable()

_SPOT = "SPOT"


@calls.add("GET ping", "ping", 1)
async def ping(_services: Services, _call: Call) -> object:
    """Nothing: the service is there."""
    return {}


@calls.add("GET time", "time", 1)
async def tell_time(services: Services, call: Call) -> object:
    """What the clock says."""
    return {"serverTime": call.moment(services.market.clock.now())}


@calls.add(
    "GET exchangeInfo", "exchangeInfo", 20, ANY_SYMBOL, SYMBOLS,
    Parameter("permissions", read_permissions), SYMBOL_STATUS,
    Parameter("showPermissionSets", read_boolean, default=True),
)  # fmt: skip
async def describe_exchange(services: Services, call: Call) -> object:
    """Limits, and the symbols with their filters and with what they allow."""
    chosen = choose_symbols(services, call)
    permissions = call["permissions"]
    if permissions is not None and _SPOT not in permissions:
        chosen = []
    halted = await services.halts.read() or frozenset()
    limits = services.limits
    described = [
        _describe_symbol(services, symbol, halted, shows_sets=call["showPermissionSets"])
        for symbol in chosen
    ]
    status = call["symbolStatus"]
    return {
        "timezone": "UTC",
        "serverTime": call.moment(services.market.clock.now()),
        "rateLimits": limits.describe([limits.weight, *limits.orders, limits.requests]),
        "exchangeFilters": describe_exchange_filters(services.settings.max_open_orders),
        "symbols": [each for each in described if status is None or each["status"] == status],
    }


def choose_symbols(services: Services, call: Call) -> list[Symbol]:
    """Return the symbols that a call names, all if it names none; raise BinanceError."""
    one, some = call["symbol"], call["symbols"]
    named = [one] if one is not None else list(some or ())
    if one is not None and some is not None:
        raise errors.INVALID_COMBINATION()
    if named and call["symbolStatus"] is not None and "permissions" in call.values:
        raise errors.INVALID_COMBINATION()
    return [services.symbols.find(name) for name in named] or list(services.symbols)


def find_symbol_status(symbol: Symbol, halted: Iterable[str]) -> SymbolStatus:
    """Return whether a symbol trades."""
    is_halted = symbol.instrument.symbol in halted
    return SymbolStatus.HALT if is_halted else SymbolStatus.TRADING


def _describe_symbol(
    services: Services, symbol: Symbol, halted: Iterable[str], *, shows_sets: bool
) -> dict[str, object]:
    return {
        "symbol": symbol.name,
        "status": find_symbol_status(symbol, halted),
        "baseAsset": symbol.base,
        "baseAssetPrecision": PLACES,
        "quoteAsset": symbol.quote,
        "quotePrecision": PLACES,
        "quoteAssetPrecision": PLACES,
        "baseCommissionPrecision": PLACES,
        "quoteCommissionPrecision": PLACES,
        "orderTypes": list(Type),
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": services.filters[symbol.name].describe(),
        "permissions": [_SPOT],
        "permissionSets": [[_SPOT]] if shows_sets else [],
        "defaultSelfTradePreventionMode": NO_PREVENTION,
        "allowedSelfTradePreventionModes": list(PREVENTIONS),
    }
