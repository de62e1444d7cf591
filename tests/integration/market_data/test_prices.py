"""Tickers and candles on the WebSocket, and where the service's own memory ends."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from protocol.timestamps import parse_timestamp
from tests.support.archive_database import sqlite_url
from tests.support.archive_service import run_follower, wait_until_archived
from tests.support.market_data import Json, MarketData, Reader, run_market_data
from tests.support.publisher import Publisher
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

BTC = "BTC-USDT"


def read_candles(reader: Reader, closed: int) -> list[Json]:
    """Candles until so many closed ones have come."""
    candles: list[Json] = []
    while sum(each["is_closed"] for each in candles) < closed:
        candles.append(reader.next_of("candle")["data"])
    return candles


def test_closed_candles_come_once_in_order_and_without_holes(
    redis_url: str, publisher: Publisher
) -> None:
    with run_market_data(redis_url) as service, service.read("candles_1s") as reader:
        publisher.trade("60000.00", "0.10000")
        publisher.trade("60010.00", "0.20000")
        candles = read_candles(reader, closed=3)
        publisher.trade("60020.00", "0.30000")
        while sum(each["trades"] for each in candles if each["is_closed"]) < 3:
            candles += read_candles(reader, closed=1)
    closed = [each for each in candles if each["is_closed"]]
    starts = [parse_timestamp(each["start"]) for each in closed]
    assert starts == [starts[0] + second * 1_000_000 for second in range(len(starts))]
    traded = [each for each in closed if each["trades"]]
    assert sum(each["trades"] for each in traded) == 3
    for before, after in pairwise(closed):
        if not after["trades"]:
            assert [after[name] for name in ("open", "high", "low", "close")] == [
                before["close"]
            ] * 4
            assert after["volume"] == "0.00000"


def test_a_trade_that_comes_late_is_told_by_its_candle_again(
    redis_url: str, publisher: Publisher
) -> None:
    with run_market_data(redis_url) as service, service.read("candles_1s") as reader:
        publisher.trade("60000.00", "0.10000")
        first = read_candles(reader, closed=1)[-1]
        stamp = first["start"].replace(".000000Z", ".999999Z")
        publisher.trade_at("50000.00", "0.20000", stamp)
        while (candle := reader.next_of("candle")["data"])["start"] != first["start"]:
            pass
    assert (candle["is_closed"], candle["low"], candle["trades"]) == (True, "50000.00", 2)


def test_a_new_reader_gets_the_ticker_and_the_open_candle(
    redis_url: str, publisher: Publisher
) -> None:
    publisher.trade()
    with run_market_data(redis_url) as service, service.read("ticker", "candles_1d") as reader:
        assert reader.next_of("ticker")["data"]["last"] == "60000.00"
        candle = reader.next_of("candle")["data"]
        assert (candle["interval"], candle["trades"], candle["is_closed"]) == ("1d", 1, False)
        publisher.trade("61000.00")
        while (ticker := reader.next_of("ticker")["data"])["last"] == "60000.00":
            pass  # the one from before may come again
        assert (ticker["last"], ticker["change"], ticker["change_percent"]) == (
            "61000.00", "1000.00", "1.67",
        )  # fmt: skip


@contextmanager
def run_archive(redis_url: str, url: str, publisher: Publisher) -> Iterator[None]:
    """An archive that has everything published so far."""
    with run_follower(redis_url, url), open_redis(redis_url) as client:
        wait_until_archived(client, publisher.sequence)
        yield


def list_days(service: MarketData) -> list[Any]:
    """What is known of all days: candles and trades."""
    candles = service.get("/v1/candles/BTC-USDT?interval=1d&limit=5")["candles"]
    trades: list[Json] = []
    before = ""
    while True:
        page = service.get(f"/v1/trades/BTC-USDT?limit=7{before}")
        trades += page["trades"]
        if page["next_before"] is None:
            return [candles, trades]
        before = f"&before={page['next_before']}"


def test_what_was_before_the_snapshot_comes_from_the_archive(
    redis_url: str, publisher: Publisher, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path)
    with ExitStack() as stack:
        for step in range(40):
            publisher.trade(f"{60000 + step}.00", "0.10000")
        stack.enter_context(run_archive(redis_url, url, publisher))
        with run_market_data(redis_url) as whole:
            expected = list_days(whole)
            ticker = whole.get("/v1/ticker/BTC-USDT")
        publisher.snapshot()
        with run_market_data(redis_url) as alone:
            known = alone.get("/v1/ticker/BTC-USDT")
            assert (known["trades"], known["since"] is None) == (0, False)
            assert alone.get("/v1/candles/BTC-USDT?interval=1d")["since"] is not None
            assert alone.get("/v1/trades/BTC-USDT")["code"] == "archive_unavailable"
        with run_market_data(redis_url, DATABASE_URL=url) as service:
            wait_until(lambda: service.get("/v1/ticker/BTC-USDT")["since"] is None, "it is read")
            assert service.get("/v1/ticker/BTC-USDT") == ticker
            assert list_days(service) == expected
            publisher.trade("50000.00", "1.00000")
            wait_until(lambda: service.get("/v1/ticker/BTC-USDT")["trades"] == 41, "it is in")
            day = service.get("/v1/candles/BTC-USDT?interval=1d")["candles"][-1]
            assert (day["open"], day["high"], day["low"], day["close"], day["volume"]) == (
                "60000.00", "60039.00", "50000.00", "50000.00", "5.00000",
            )  # fmt: skip
            assert service.get("/v1/candles/BTC-USDT?interval=1d&limit=9")["since"] is None
