"""What a program learns of the market: typed answers by REST, and typed values from the feed."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from goquant import FeedReader, MarketDataError, SyncMarketDataClient
from protocol.enums import Reason, Side
from tests.support.feed_stand_in import BTC
from tests.support.market_data import MarketData, run_market_data
from tests.support.publisher import Publisher

SECONDS = 30.0
CHANNELS = ("bbo", "ticker", "candles_1m")


@pytest.fixture
def service(redis_url: str, publisher: Publisher) -> Iterator[MarketData]:
    """A market with one level a side and three trades."""
    publisher.set_levels(
        bids=[("59999.00", "1.00000")],
        asks=[("60001.00", "2.00000")],
        trades=[("60000.00", "0.10000")] * 3,
    )
    with run_market_data(redis_url) as service:
        yield service


def test_every_question_has_a_typed_answer(service: MarketData) -> None:
    with SyncMarketDataClient(f"http://127.0.0.1:{service.port}", wait=SECONDS) as market:
        book = market.read_orderbook(BTC, depth=1)
        assert (book.bids, book.asks) == ([("59999.00", "1.00000")], [("60001.00", "2.00000")])
        bbo = market.read_bbo(BTC)
        assert (bbo.bid, bbo.ask_quantity) == ("59999.00", "2.00000")
        assert market.read_bbo("ETH-USDT").timestamp is None
        assert market.read_ticker(BTC).volume == "0.30000"
        assert market.read_ticker("ETH-USDT").last is None
        page = market.list_trades(BTC, limit=2)
        assert ([each.trade_id for each in page.trades], page.next_before) == ([3, 2], 2)
        trades = list(market.iterate_trades(BTC))
        assert [each.trade_id for each in trades] == [3, 2, 1]
        assert isinstance(trades[0].aggressor_side, Side)
        page_of_candles = market.list_candles(BTC, interval="1d", limit=1)
        assert page_of_candles.candles[0].close == "60000.00"
        candles = list(market.iterate_candles(BTC, interval="1d"))
        assert [each.trades for each in candles if each.trades] == [3]


def test_refusal_says_what_is_valid(service: MarketData) -> None:
    with SyncMarketDataClient(f"http://127.0.0.1:{service.port}", wait=SECONDS) as market:
        with pytest.raises(MarketDataError, match="BTC-USDT") as caught:
            market.read_ticker("DOGE-USDT")
        assert (caught.value.status, caught.value.code) == (404, Reason.UNKNOWN_SYMBOL)
        with pytest.raises(MarketDataError) as caught:
            market.list_candles(BTC, interval="2m")
        assert (caught.value.field, caught.value.nearest) == ("interval", "5m")


async def read_until(reader: FeedReader, is_done: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        async for _ in reader:
            if is_done():
                return


def test_reader_has_the_prices_it_asked_for(service: MarketData, publisher: Publisher) -> None:
    async def follow() -> None:
        async with FeedReader(service.url, [BTC], channels=CHANNELS) as reader:
            await read_until(reader, lambda: (BTC, "1m") in reader.candles and BTC in reader.books)
            await read_until(reader, lambda: reader.is_live and BTC in reader.tickers)
            assert reader.bbos[BTC].bid == "59999.00"
            publisher.set_levels(bids=[("60000.00", "1.00000")], trades=[("60001.00", "0.10000")])
            await read_until(reader, lambda: reader.bbos[BTC].bid == "60000.00")
            await read_until(reader, lambda: reader.tickers[BTC].last == "60001.00")
            await read_until(reader, lambda: reader.candles[BTC, "1m"].close == "60001.00")

    asyncio.run(follow())


def test_channel_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match=r"no such channels: candles_2m; there are bbo, ticker"):
        FeedReader("ws://localhost:8001/ws/market-data", [BTC], channels=["bbo", "candles_2m"])
