"""Market data by REST: shapes, windows, limits and faults."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.binance_process import Binance
from tests.support.trader import Trader
from tests.support.waiting import ask_until

MINI = {
    "symbol", "openPrice", "highPrice", "lowPrice", "lastPrice", "volume", "quoteVolume",
    "openTime", "closeTime", "firstId", "lastId", "count",
}  # fmt: skip
FULL = {"priceChange", "priceChangePercent", "weightedAvgPrice"}
OF_A_DAY = {"prevClosePrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty"}
FAR = 4_102_444_800_000
"""The year 2100."""


@pytest.fixture(scope="module")
def trades(binance: Binance, trader_of_module: Trader) -> list[Any]:
    """Some trades of ETH, as `historicalTrades` has them: two of one taker at one price."""
    trader = trader_of_module
    for quantity, price in (("0.1", "2000.00"), ("0.2", "2000.00"), ("0.3", "2000.50")):
        trader.order("sell", quantity, price, "ETH-USDT")
    trader.order("buy", "0.5", "2001.00", "ETH-USDT")
    trader.order("buy", "0.2", "1999.00", "ETH-USDT")
    trader.order("sell", "0.1", "1999.00", "ETH-USDT")

    def ask() -> list[Any]:
        found: list[Any] = binance.get("historicalTrades", symbol="ETHUSDT", fromId=0)
        return found

    return ask_until(ask, lambda found: len(found) >= 4)


def test_trades_have_exact_decimals_and_ids_from_one(trades: list[Any]) -> None:
    assert [each["id"] for each in trades] == [1, 2, 3, 4]
    assert trades[0] == {
        "id": 1,
        "price": "2000.00000000",
        "qty": "0.10000000",
        "quoteQty": "200.00000000",
        "time": trades[0]["time"],
        "isBuyerMaker": False,
        "isBestMatch": True,
    }


def test_trades_are_the_newest_oldest_first(binance: Binance, trades: list[Any]) -> None:
    assert binance.get("trades", symbol="ETHUSDT", limit=2) == trades[-2:]
    assert binance.get("historicalTrades", symbol="ETHUSDT", limit=2) == trades[-2:]
    found = binance.get("historicalTrades", symbol="ETHUSDT", fromId=2, limit=2)
    assert found == trades[1:3]


def test_aggregates_join_trades_of_a_taker_at_a_price(binance: Binance, trades: list[Any]) -> None:
    whole = binance.get("aggTrades", symbol="ETHUSDT")
    assert [(each["a"], each["f"], each["l"], each["q"]) for each in whole] == [
        (1, 1, 2, "0.30000000"),
        (3, 3, 3, "0.20000000"),
        (4, 4, 4, "0.10000000"),
    ]
    assert whole[0]["p"] == "2000.00000000"

    def ask(**parameters: object) -> list[int]:
        return [each["a"] for each in binance.get("aggTrades", symbol="ETHUSDT", **parameters)]

    assert ask(fromId=2) == [3, 4]
    assert ask(fromId=3, limit=1) == [3]
    assert ask(limit=2) == [3, 4]
    assert ask(startTime=trades[3]["time"], limit=1) in ([1], [3], [4])
    assert ask(startTime=0, endTime=FAR) == [1, 3, 4]
    assert ask(endTime=trades[0]["time"] - 1) == []
    fault = binance.fail("aggTrades", symbol="ETHUSDT", fromId=1, startTime=1)
    assert fault[:2] == (400, -1128)


@pytest.mark.parametrize("interval", ["1s", "1m", "3m", "30m", "2h", "6h", "8h", "12h", "1d", "3d",
                                      "1w", "1M"])  # fmt: skip
def test_klines_of_every_interval_hold_every_trade(
    binance: Binance, trades: list[Any], interval: str
) -> None:
    rows = binance.get("klines", symbol="ETHUSDT", interval=interval, startTime=0)
    assert sum(row[8] for row in rows) == len(trades)
    assert sum(Decimal(row[5]) for row in rows) == Decimal("0.6")
    assert sum(Decimal(row[9]) for row in rows) == Decimal("0.5")
    assert rows[0][1] == "2000.00000000"
    assert all(row[6] > row[0] and row[11] == "0" and len(row) == 12 for row in rows)
    assert binance.get("uiKlines", symbol="ETHUSDT", interval=interval)[-1][0] == rows[-1][0]


def test_a_time_zone_moves_where_days_begin(binance: Binance, trades: list[Any]) -> None:
    (row,) = binance.get("klines", symbol="ETHUSDT", interval="1d", timeZone="+08:00", limit=1)
    assert row[0] % 86_400_000 == 57_600_000
    assert trades[0]["time"] - row[0] < 2 * 86_400_000


def choose_time_zone(moment: int) -> str:
    """Return a time zone in which it is noon or a little later: no day begins soon."""
    hour = moment // 3_600_000 % 24
    return f"{12 - hour:+03d}:00"


def test_tickers_of_a_day_and_of_windows_agree(binance: Binance, trades: list[Any]) -> None:
    time_zone = choose_time_zone(trades[0]["time"])
    day = binance.get("ticker/24hr", symbol="ETHUSDT")
    assert day["lastPrice"] == "1999.00000000"
    assert day["priceChange"] == "-1.00000000"
    assert day["priceChangePercent"] == "-0.050"
    assert (day["firstId"], day["lastId"], day["count"]) == (1, 4, len(trades))
    assert (day["lastQty"], day["prevClosePrice"]) == ("0.10000000", "0.00000000")
    assert day["closeTime"] - day["openTime"] == 86_400_000
    for path, parameters in (("ticker", {"windowSize": "7d"}), ("ticker", {}),
                             ("ticker/tradingDay", {"timeZone": time_zone})):  # fmt: skip
        before = binance.get("time")["serverTime"]
        window = binance.get(path, symbol="ETHUSDT", **parameters)
        assert path != "ticker" or window["closeTime"] >= before
        same = ("lastPrice", "volume", "quoteVolume", "weightedAvgPrice", "openPrice")
        assert [window[name] for name in same] == [day[name] for name in same], path
        assert window.keys() == MINI | FULL, path
        small = binance.get(path, symbol="ETHUSDT", type="MINI", **parameters)
        assert small.keys() == MINI, path
    (mini,) = binance.get("ticker/24hr", symbols=["ETHUSDT"], type="MINI")
    assert mini.keys() == MINI
    assert day.keys() == MINI | FULL | OF_A_DAY


def test_prices_are_of_one_symbol_or_of_many(binance: Binance, trades: list[Any]) -> None:
    assert trades
    one = binance.get("ticker/price", symbol="ETHUSDT")
    assert one == {"symbol": "ETHUSDT", "price": "1999.00000000"}
    assert one in binance.get("ticker/price")
    assert binance.get("ticker/price", symbols=["ETHUSDT"]) == [one]
    best = binance.get("ticker/bookTicker", symbol="ETHUSDT")
    assert best["askPrice"] == "2000.50000000"
    assert binance.get("avgPrice", symbol="ETHUSDT")["mins"] == 5


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        ("depth", {}, 400, -1102),
        ("depth", {"symbol": "NONE"}, 400, -1121),
        ("depth", {"symbol": "ethusdt"}, 400, -1100),
        ("depth", {"symbol": "ETHUSDT", "limit": 0}, 400, -1130),
        ("depth", {"symbol": "ETHUSDT", "limit": "x"}, 400, -1100),
        ("depth", {"symbol": "ETHUSDT", "symbolStatus": "HALT"}, 400, -1220),
        ("depth", {"symbol": "ETHUSDT", "symbolStatus": "OPEN"}, 400, -1122),
        ("depth", {"symbol": "ETHUSDT", "other": "1"}, 400, -1101),
        ("klines", {"symbol": "ETHUSDT", "interval": "7m"}, 400, -1120),
        ("klines", {"symbol": "ETHUSDT", "interval": "1m", "timeZone": "15"}, 400, -1130),
        ("aggTrades", {"symbol": "ETHUSDT", "startTime": 5, "endTime": 4}, 400, -1128),
        ("ticker", {}, 400, -1102),
        ("ticker", {"symbol": "ETHUSDT", "windowSize": "8d"}, 400, -1130),
        ("ticker/24hr", {"symbol": "ETHUSDT", "symbols": ["ETHUSDT"]}, 400, -1128),
        ("ticker/24hr", {"symbols": ["ETHUSDT", "ETHUSDT"]}, 400, -1151),
        ("ticker/24hr", {"symbol": "ETHUSDT", "type": "TINY"}, 400, -1139),
        ("referencePrice", {"symbol": "ETHUSDT"}, 400, -2043),
        ("referencePrice/calculation", {"symbol": "ETHUSDT"}, 400, -2043),
        ("nothing", {}, 404, -1020),
    ],
)  # fmt: skip
def test_faults(
    binance: Binance, path: str, parameters: dict[str, object], status: int, code: int
) -> None:
    assert binance.fail(path, **parameters)[:2] == (status, code)


def test_what_there_is_not_is_told_as_empty(binance: Binance) -> None:
    assert binance.get("historicalBlockTrades", symbol="BTCUSDT") == []
    assert binance.get("executionRules") == {"symbolRules": []}
