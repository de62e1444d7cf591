"""What can be asked of the market data service: the methods of both its clients."""

from goquant.client.prices import BestPrices, CandlePage, OrderBookState, Ticker, TradePage
from goquant.client.requests import Request, quote_name, read
from goquant.client.transports import Pages

_PAGE = 1000


def read_orderbook(symbol: str, *, depth: int | None = None) -> Request[OrderBookState]:
    """Return the best `depth` levels of each side; 100 if it is left out."""
    return read(OrderBookState, f"/v1/orderbook/{quote_name(symbol)}", {"depth": depth})


def read_bbo(symbol: str) -> Request[BestPrices]:
    """Return the best bid and offer."""
    return read(BestPrices, f"/v1/bbo/{quote_name(symbol)}")


def read_ticker(symbol: str) -> Request[Ticker]:
    """Return the last 24 hours."""
    return read(Ticker, f"/v1/ticker/{quote_name(symbol)}")


def list_trades(
    symbol: str, *, limit: int | None = None, before: int | None = None
) -> Request[TradePage]:
    """Return a page of trades, newest first: 100, or `limit`, with ids smaller than `before`."""
    query = {"limit": limit, "before": before}
    return read(TradePage, f"/v1/trades/{quote_name(symbol)}", query)


def iterate_trades(symbol: str, *, before: int | None = None) -> Pages[TradePage]:
    """Give every trade with an id smaller than `before`, newest first, back to the first one."""
    has_more = True
    while has_more:
        page = yield list_trades(symbol, limit=_PAGE, before=before)
        before = page.next_before
        has_more = before is not None


def list_candles(
    symbol: str,
    *,
    interval: str = "1m",
    start: str | int | None = None,
    end: str | int | None = None,
    limit: int | None = None,
) -> Request[CandlePage]:
    """Return the newest 100 or `limit` candles that begin from `start` on and before `end`.

    Both are timestamps, or whole seconds since 1970. Oldest first; the last one may be open.
    """
    query = {"interval": interval, "start": start, "end": end, "limit": limit}
    return read(CandlePage, f"/v1/candles/{quote_name(symbol)}", query)


def iterate_candles(
    symbol: str,
    *,
    interval: str = "1m",
    start: str | int | None = None,
    end: str | int | None = None,
) -> Pages[CandlePage]:
    """Give every candle that begins from `start` on and before `end`, newest first.

    A page that ends early because the archive did not answer has a `since`: the next page is asked
    for, which either goes on or is refused.
    """
    has_more = True
    while has_more:
        page = yield list_candles(symbol, interval=interval, start=start, end=end, limit=_PAGE)
        is_cut = bool(page.candles) and page.since is not None
        has_more = len(page.candles) == _PAGE or is_cut
        end = page.candles[0].start if has_more else None
