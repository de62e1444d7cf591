"""Which klines are asked for, and how they are folded and written."""

from binance_gateway.market.intervals import KLINE_INTERVALS
from binance_gateway.market.kline_history import MAX_CANDLES
from binance_gateway.market.klines import (
    KlineRange,
    choose_range,
    describe_row,
    fold_klines,
    shorten,
)
from market_data.market.candles import Candle
from tests.unit.binance_gateway.markets import make_texts

MINUTE = 60_000_000
THREE = KLINE_INTERVALS["3m"]
NOW = 1_000 * MINUTE + 17


def choose(start: int | None, end: int | None, limit: int = 3) -> tuple[int, int]:
    """In minutes."""
    first, stop = choose_range(
        THREE,
        0,
        NOW,
        None if start is None else start * MINUTE,
        None if end is None else end * MINUTE,
        limit,
    )
    return first // MINUTE, stop // MINUTE


def test_without_bounds_the_newest_are_meant_and_the_last_is_the_running_one() -> None:
    assert choose(None, None) == (993, 1002)


def test_start_means_the_oldest_from_it_on() -> None:
    assert choose(900, None) == (900, 909)
    assert choose(901, None) == (903, 912)
    assert choose(998, None) == (999, 1002)


def test_end_means_the_newest_up_to_it() -> None:
    assert choose(None, 901) == (894, 903)
    assert choose(None, 5_000) == (993, 1002)


def test_both_mean_the_oldest_inside_and_both_are_included() -> None:
    assert choose(900, 903) == (900, 906)
    assert choose(900, 990) == (900, 909)


def test_what_would_need_too_many_candles_is_shortened_to_whole_klines() -> None:
    months, shift = KLINE_INTERVALS["1M"], MINUTE
    end = months.align(NOW + 10**15, shift)
    asked = KlineRange(months.move(end, -1_000, shift), end)
    longest = MAX_CANDLES * MINUTE
    oldest = shorten(asked, months, shift, longest, keeps_first=True)
    assert oldest == (asked.first, months.move(asked.first, 1, shift))
    newest = shorten(asked, months, shift, longest, keeps_first=False)
    assert newest == (months.move(end, -1, shift), end)
    assert shorten(newest, months, shift, longest, keeps_first=True) == newest


def test_candles_become_klines_and_holes_are_flat() -> None:
    finer = [
        Candle(0, 10, 12, 9, 11, 5, 55, 2, 3, 33, 1, 2),
        Candle(2 * MINUTE, 11, 20, 11, 15, 1, 15, 1, 0, 0, 3, 3),
        Candle(9 * MINUTE, 7, 7, 7, 7, 2, 14, 1, 2, 14, 4, 4),
    ]
    asked = KlineRange(0, 12 * MINUTE)
    assert list(fold_klines(finer, THREE, 0, asked, None)) == [
        Candle(0, 10, 20, 9, 15, 6, 70, 3, 3, 33, 1, 3),
        Candle.flat(3 * MINUTE, 15),
        Candle.flat(6 * MINUTE, 15),
        Candle(9 * MINUTE, 7, 7, 7, 7, 2, 14, 1, 2, 14, 4, 4),
    ]


def test_before_the_first_trade_there_is_no_kline_but_after_a_close_there_is() -> None:
    finer = [Candle(6 * MINUTE, 7, 7, 7, 7, 2, 14, 1)]
    asked = KlineRange(0, 9 * MINUTE)
    starts = [each.start // MINUTE for each in fold_klines(finer, THREE, 0, asked, None)]
    assert starts == [6]
    closes = [each.close for each in fold_klines(finer, THREE, 0, asked, 5)]
    assert closes == [5, 5, 7]


def test_a_row_has_twelve_values_in_binances_order() -> None:
    candle = Candle(
        1_769_000_040_000_000, 6_000_000, 6_001_000, 5_999_990, 6_000_100,
        125_000, 750_031_000_000, 17, 70_000, 420_019_000_000, 71, 87,
    )  # fmt: skip
    end = candle.start + MINUTE
    assert describe_row(candle, end, make_texts(), 1_000) == [
        1769000040000, "60000.00000000", "60010.00000000", "59999.90000000", "60001.00000000",
        "1.25000000", 1769000099999, "75003.10000000", 17, "0.70000000", "42001.90000000", "0",
    ]  # fmt: skip
    assert describe_row(candle, end, make_texts(), 1)[6] == 1769000099999999
