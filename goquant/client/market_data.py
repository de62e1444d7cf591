"""Typed clients of the market data service: `MarketDataClient` for asyncio, and one without it.

    async with MarketDataClient("http://localhost:8001") as market:
        print(await market.read_bbo("BTC-USDT"))
        async for candle in market.iterate_candles("BTC-USDT", interval="1h"):
            print(candle.start, candle.close)

    with SyncMarketDataClient("http://localhost:8001") as market:
        print(market.read_ticker("BTC-USDT").last)

An answer that is an error raises MarketDataError, whose `code` says what was wrong.
"""

from collections.abc import Sequence

import httpx

from goquant.client import market_data_requests as requests
from goquant.client.caller import Caller
from goquant.client.errors import MARKET_DATA
from goquant.client.prices import Candle, CandlePage, PublicTrade, TradePage
from goquant.client.transports import (
    AsyncClient,
    SyncClient,
    awaited,
    awaited_pages,
    blocking,
    blocking_pages,
)

TIMEOUT_SECONDS = 10.0


def _split_trades(page: TradePage) -> Sequence[PublicTrade]:
    return page.trades


def _split_candles(page: CandlePage) -> Sequence[Candle]:
    """Return them newest first, as pages come."""
    return page.candles[::-1]


class MarketDataClient(AsyncClient):
    """The market data service at `url`, for questions. Use as an asynchronous context.

    A request whose connection breaks is sent again, three times in all; then MarketDataUnreachable
    is raised. One that is told to come back later (503, if the service has lost the engine) does so
    for `wait` seconds in all, two if that is left out.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        wait: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(Caller(MARKET_DATA, url, wait=wait), timeout, transport)

    read_orderbook = awaited(requests.read_orderbook)
    read_bbo = awaited(requests.read_bbo)
    read_ticker = awaited(requests.read_ticker)
    list_trades = awaited(requests.list_trades)
    list_candles = awaited(requests.list_candles)
    iterate_trades = awaited_pages(requests.iterate_trades, _split_trades)
    iterate_candles = awaited_pages(requests.iterate_candles, _split_candles)


class SyncMarketDataClient(SyncClient):
    """The same without asyncio: each method returns its answer. Use as a context."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        wait: float | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(Caller(MARKET_DATA, url, wait=wait), timeout, transport)

    read_orderbook = blocking(requests.read_orderbook)
    read_bbo = blocking(requests.read_bbo)
    read_ticker = blocking(requests.read_ticker)
    list_trades = blocking(requests.list_trades)
    list_candles = blocking(requests.list_candles)
    iterate_trades = blocking_pages(requests.iterate_trades, _split_trades)
    iterate_candles = blocking_pages(requests.iterate_candles, _split_candles)
