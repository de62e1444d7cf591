"""Candles: folded exactly, at any interval, without holes."""

from decimal import Decimal
from pathlib import Path

import pytest

from archive.candles import TradeValues, choose_resolution, fold_trades, parse_interval
from archive.records import CandleRecord
from protocol.timestamps import format_timestamp
from tests.support.archive_database import run_database, run_queries, sqlite_url, write_entries
from tests.support.archive_journal import limit, list_entries
from tests.support.exchange import Exchange

MINUTE = 60_000_000
BEGIN = 1_700_000_040_000_000  # the beginning of a minute
DAY = 86_400_000_000


def make_trades(*trades: tuple[int, str, str]) -> list[TradeValues]:
    return [
        TradeValues(
            "BTC-USDT", price, quantity, BEGIN + seconds * 1_000_000, trade_id, trade_id % 2 == 1
        )
        for trade_id, (seconds, price, quantity) in enumerate(trades, 1)
    ]


def list_candles(
    folder: Path, trades: list[tuple[int, str, str]], interval: int, start: int, end: int
) -> list[CandleRecord]:
    """What the archive answers after trades at the given seconds behind BEGIN, a commit each."""
    exchange = Exchange()
    for seconds, price, quantity in trades:
        exchange.now = BEGIN + seconds * 1_000_000
        exchange.send(limit("sell", quantity, price), limit("buy", quantity, price))
    with run_database(sqlite_url(folder)) as database:
        for entry in list_entries(exchange.batches):
            write_entries(database, [entry])
    with run_queries(sqlite_url(folder)) as archive:
        return archive.list_candles("BTC-USDT", interval, start, end)


def test_candle_has_first_highest_lowest_last_and_sums() -> None:
    trades = make_trades((0, "10.5", "1.0"), (1, "12.0", "0.5"), (2, "9.0", "0.1"), (3, "11", "2"))
    (candle,) = fold_trades(trades)["BTC-USDT", 60]
    values = (candle.open, candle.high, candle.low, candle.close, candle.trades)
    assert values == (Decimal("10.5"), Decimal(12), Decimal(9), Decimal(11), 4)
    assert (candle.volume, candle.quote_volume) == (Decimal("3.6"), Decimal("39.4"))
    bought = (candle.taker_buy_volume, candle.taker_buy_quote_volume)
    assert bought == (Decimal("1.1"), Decimal("11.4"))
    assert (candle.first_trade_id, candle.last_trade_id) == (1, 4)


def test_sums_of_any_length_stay_exact() -> None:
    price, quantity = "999999999999999.000000000000000001", "999999999999999.000000000000000001"
    (candle,) = fold_trades(make_trades(*[(0, price, quantity)] * 3))["BTC-USDT", 3600]
    whole = 999999999999999000000000000000001
    assert f"{candle.quote_volume:f}".replace(".", "") == str(3 * whole * whole)


def test_trade_at_the_border_belongs_to_the_later_candle() -> None:
    folded = fold_trades(make_trades((59, "1", "1"), (60, "2", "1")))
    assert [candle.start - BEGIN for candle in folded["BTC-USDT", 60]] == [0, MINUTE]


def test_holes_are_flat_candles_at_the_close_before(tmp_path: Path) -> None:
    trades = [(10, "100", "0.1"), (200, "102", "0.2")]
    candles = list_candles(tmp_path, trades, 60, BEGIN, BEGIN + 4 * MINUTE)
    told = [(candle.open, candle.close, candle.volume, candle.trades) for candle in candles]
    flat = ("100.00", "100.00", "0.00000", 0)
    assert told == [
        ("100.00", "100.00", "0.10000", 1),
        flat,
        flat,
        ("102.00", "102.00", "0.20000", 1),
    ]
    assert candles[1].start == format_timestamp(BEGIN + MINUTE)


def test_hole_at_the_beginning_knows_the_close_from_long_before(tmp_path: Path) -> None:
    trades = [(10, "100", "0.1"), (100_000, "102", "0.2")]
    start = BEGIN + 50_000 * 1_000_000
    candles = list_candles(tmp_path, trades, 15, start, start + MINUTE)
    assert [candle.close for candle in candles] == ["100.00"] * 4
    assert [(candle.volume, candle.quote_volume) for candle in candles] == [
        ("0.00000", "0.0000000")
    ] * 4


def test_nothing_before_the_first_trade_and_nothing_after_the_last_commit(tmp_path: Path) -> None:
    candles = list_candles(tmp_path, [(10, "100", "0.1")], 60, BEGIN - DAY, BEGIN + DAY)
    assert [candle.start for candle in candles] == [format_timestamp(BEGIN)]


@pytest.mark.parametrize("interval", [1, 7, 60, 90, 300, 3600, 86_400])
def test_any_interval_has_every_trade_once(tmp_path: Path, interval: int) -> None:
    trades = [(seconds, "100", "0.1") for seconds in range(0, 9000, 450)]
    begin = BEGIN - DAY
    candles = list_candles(tmp_path, trades, interval, begin, BEGIN + DAY)
    assert sum(candle.trades for candle in candles) == len(trades)
    assert sum(Decimal(candle.volume) for candle in candles) == Decimal(2)


def test_coarsest_base_that_divides_the_interval_is_read() -> None:
    assert [choose_resolution(seconds) for seconds in (1, 90, 60, 300, 3600, 86_400)] == [
        1, 1, 60, 60, 3600, 3600,
    ]  # fmt: skip


def test_interval_is_a_number_and_a_unit() -> None:
    texts = ("1s", "15s", "1m", "4h", "1d", "1w")
    assert [parse_interval(text) for text in texts] == [1, 15, 60, 14_400, 86_400, 604_800]


@pytest.mark.parametrize("text", ["", "1", "m", "0m", "-1m", "1M", "1.5h", "1m ", "9999999s"])
def test_other_intervals_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an interval"):
        parse_interval(text)
