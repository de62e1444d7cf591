"""Calls about prices over a time, and about what Binance has and this exchange has not."""

import re
from collections.abc import Mapping

from binance_gateway.calls.call import Call, RouteTable
from binance_gateway.calls.listings import (
    asking_history,
    choose_form,
    find_listing,
    find_listings,
    weigh_each,
    weigh_symbols,
)
from binance_gateway.calls.market_data import TIME_ZONE
from binance_gateway.calls.parameters import (
    ANY_SYMBOL,
    SYMBOL,
    SYMBOL_STATUS,
    SYMBOLS,
    TICKER_TYPE,
    Parameter,
)
from binance_gateway.market.board import Listing
from binance_gateway.market.figures import DAY, MINUTE, Figures
from binance_gateway.market.intervals import KLINE_INTERVALS
from binance_gateway.market.kline_history import KlineHistory
from binance_gateway.market.texts import format_change, format_percent
from binance_gateway.services import Services
from binance_gateway.words import errors
from binance_gateway.words.enums import TickerType
from binance_gateway.words.numbers import ZERO

calls = RouteTable()

_SPANS = {"m": (MINUTE, 59), "h": (60 * MINUTE, 23), "d": (DAY, 7)}
_WINDOW = re.compile(r"([1-9]\d?)([mhd])", re.ASCII).fullmatch
_SOME = (ANY_SYMBOL, SYMBOLS, SYMBOL_STATUS)
_FIRST_24HR_WEIGHTS = {20: 2, 100: 40}


def read_window_size(name: str, text: str) -> int:
    """Return the microseconds of `5m`, `4h` or `7d`."""
    found = _WINDOW(text)
    if found is None:
        raise errors.INVALID_VALUE(name)
    span, most = _SPANS[found[2]]
    if int(found[1]) > most:
        raise errors.INVALID_VALUE(name)
    return int(found[1]) * span


def _weigh_rules(sent: Mapping[str, str]) -> int:
    if "symbol" in sent:
        return 2
    return min(40, 2 * (sent["symbols"].count('"') // 2)) if "symbols" in sent else 40


@calls.add("GET ticker/24hr", "ticker.24hr", weigh_symbols(2, 80, _FIRST_24HR_WEIGHTS), *_SOME,
           TICKER_TYPE)  # fmt: skip
async def read_day_tickers(services: Services, call: Call) -> object:
    """Read the figures of the last 24 hours."""
    now = services.market.clock.now()
    span = call.moment(now - DAY), call.moment(now)
    found: list[object] = []
    for listing in await find_listings(services, call):
        figures = listing.read_day()
        described = _describe(figures, listing, span, call)
        if call["type"] is TickerType.FULL:
            described |= _describe_rest_of_day(figures, listing)
        found.append(described)
    return choose_form(call, found)


@calls.add("GET ticker/tradingDay", "ticker.tradingDay", weigh_each(4, 200), *_SOME, TIME_ZONE,
           TICKER_TYPE)  # fmt: skip
async def read_trading_days(services: Services, call: Call) -> object:
    """Read the figures of the day of a time zone."""
    day, shift = KLINE_INTERVALS["1d"], call["timeZone"]
    now = services.market.clock.now()
    start = day.align(now, shift)
    span = call.moment(start), call.moment(day.move(start, 1, shift)) - 1
    return await _read_windows(services, call, start, span)


@calls.add("GET ticker", "ticker", weigh_each(4, 200), *_SOME,
           Parameter("windowSize", read_window_size, default=DAY), TICKER_TYPE)  # fmt: skip
async def read_window_tickers(services: Services, call: Call) -> object:
    """Read the figures of a rolling window."""
    now = services.market.clock.now()
    start = (now - call["windowSize"]) // MINUTE * MINUTE
    return await _read_windows(services, call, start, (call.moment(start), call.moment(now)))


@calls.add("GET ticker/price", "ticker.price", weigh_symbols(2, 4), *_SOME)
async def read_prices(services: Services, call: Call) -> object:
    """Read the last prices."""
    return choose_form(
        call,
        [
            {"symbol": each.name, "price": each.texts.price(each.view.prices.last_price)}
            for each in await find_listings(services, call)
        ],
    )


@calls.add("GET ticker/bookTicker", "ticker.book", weigh_symbols(2, 4), *_SOME)
async def read_best_prices(services: Services, call: Call) -> object:
    """Read the best prices."""
    found = await find_listings(services, call)
    return choose_form(call, [{"symbol": each.name} | _describe_best(each) for each in found])


@calls.add("GET executionRules", "executionRules", _weigh_rules, *_SOME)
async def read_execution_rules(services: Services, call: Call) -> object:
    """Read rules that no symbol has."""
    if sum(call[each.name] is not None for each in _SOME) > 1:
        raise errors.INVALID_COMBINATION()
    await find_listings(services, call)
    return {"symbolRules": []}


@calls.add("GET referencePrice", "referencePrice", 2, SYMBOL)
@calls.add("GET referencePrice/calculation", "referencePrice.calculation", 2, SYMBOL, SYMBOL_STATUS)
async def read_reference_price(services: Services, call: Call) -> object:
    """Tell that there is none."""
    find_listing(services, call)
    raise errors.NO_REFERENCE_PRICE()


async def _read_windows(
    services: Services, call: Call, start: int, span: tuple[int, int]
) -> object:
    found: list[object] = []
    for listing in await find_listings(services, call, is_mandatory=True):
        with asking_history():
            history = KlineHistory(listing, services.archive)
            figures = await history.read_window(start, services.market.clock.now())
        found.append(_describe(figures, listing, span, call))
    return choose_form(call, found)


def _describe(
    figures: Figures, listing: Listing, span: tuple[int, int], call: Call
) -> dict[str, object]:
    texts = listing.texts
    described: dict[str, object] = {
        "symbol": listing.name,
        "openPrice": texts.price(figures.open),
        "highPrice": texts.price(figures.high),
        "lowPrice": texts.price(figures.low),
        "lastPrice": texts.price(figures.last),
        "volume": texts.quantity(figures.volume),
        "quoteVolume": texts.notional(figures.notional),
        "openTime": span[0],
        "closeTime": span[1],
        "firstId": figures.first_id,
        "lastId": figures.last_id,
        "count": figures.trades,
    }
    if call["type"] is TickerType.MINI:
        return described
    return described | {
        "priceChange": format_change(figures.change, texts),
        "priceChangePercent": format_percent(figures.change, figures.open),
        "weightedAvgPrice": texts.average(figures.notional, figures.volume),
    }


def _describe_rest_of_day(figures: Figures, listing: Listing) -> dict[str, object]:
    trades = listing.view.trades
    return {
        "prevClosePrice": listing.texts.price(figures.before),
        "lastQty": listing.texts.pad_quantity(trades[-1].quantity) if trades else ZERO,
        **_describe_best(listing),
    }


def _describe_best(listing: Listing) -> dict[str, object]:
    bbo, texts = listing.view.bbo, listing.texts
    if bbo is None:
        return dict.fromkeys(("bidPrice", "bidQty", "askPrice", "askQty"), ZERO)
    return {
        "bidPrice": texts.pad_price(bbo.bid),
        "bidQty": texts.pad_quantity(bbo.bid_quantity),
        "askPrice": texts.pad_price(bbo.ask),
        "askQty": texts.pad_quantity(bbo.ask_quantity),
    }
