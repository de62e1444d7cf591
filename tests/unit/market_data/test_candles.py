from market_data.market.candle_series import CandleSeries
from market_data.market.candles import CANDLES_KEPT, Candle

SECOND = 1_000_000


def make_series(*trades: tuple[int, int]) -> CandleSeries:
    """Seconds; each trade is its time in seconds and its price, a lot each."""
    series = CandleSeries(1)
    for second, price in trades:
        series.take(second * SECOND, price, 1)
    return series


def closes(candles: list[Candle]) -> list[tuple[int, int, int]]:
    return [(each.start // SECOND, each.close, each.trades) for each in candles]


def test_trades_of_an_interval_become_one_candle() -> None:
    series = CandleSeries(1)
    for trade_id, (price, quantity) in enumerate(((100, 2), (130, 1), (90, 4), (110, 3)), 7):
        series.take(5 * SECOND + price, price, quantity, trade_id, is_taker_buy=trade_id > 8)
    sums = (10, 200 + 130 + 360 + 330, 4, 4 + 3, 360 + 330, 7, 10)
    assert series.list_filled(0, 6 * SECOND) == [Candle(5 * SECOND, 100, 130, 90, 110, *sums)]


def test_an_interval_without_trades_repeats_the_close_with_volume_0() -> None:
    series = make_series((5, 100), (8, 90))
    assert closes(series.list_filled(0, 11 * SECOND)) == [
        (5, 100, 1), (6, 100, 0), (7, 100, 0), (8, 90, 1), (9, 90, 0), (10, 90, 0),
    ]  # fmt: skip


def test_a_part_begins_with_the_close_before_it() -> None:
    series = make_series((5, 100), (8, 90))
    assert closes(series.list_filled(6 * SECOND, 8 * SECOND)) == [(6, 100, 0), (7, 100, 0)]
    assert closes(series.list_filled(20 * SECOND, 21 * SECOND)) == [(20, 90, 0)]


def test_before_the_first_trade_there_is_no_candle() -> None:
    assert make_series().list_filled(0, 9 * SECOND) == []
    assert closes(make_series((5, 100)).list_filled(0, 5 * SECOND)) == []


def test_the_oldest_goes_and_its_close_is_remembered() -> None:
    series = make_series(*((second, second) for second in range(1, CANDLES_KEPT + 3)))
    assert len(series.list_traded(0, 10**12)) == CANDLES_KEPT
    assert (series.since, series.close_before) == (3 * SECOND, 2)
    assert closes(series.list_filled(0, 4 * SECOND)) == [(3, 3, 1)]


def test_what_is_not_known_is_not_filled_but_its_last_price_is_repeated() -> None:
    series = CandleSeries(1)
    series.begin(5 * SECOND + 7, 100)
    series.take(7 * SECOND, 90, 1)
    assert closes(series.list_filled(0, 8 * SECOND)) == [(5, 100, 0), (6, 100, 0), (7, 90, 1)]


def test_older_candles_in_front_join_the_candle_that_was_cut() -> None:
    series = CandleSeries(1)
    series.begin(5 * SECOND + 7, 70)
    series.take(5 * SECOND + 8, 90, 1)
    series.changed_from = None
    older = [Candle(3 * SECOND, 60, 60, 60, 60, 1, 60, 1),
             Candle(5 * SECOND, 80, 80, 70, 70, 2, 150, 2)]  # fmt: skip
    series.prepend(older, 2 * SECOND, 50)
    assert series.list_filled(0, 6 * SECOND) == [
        Candle.flat(2 * SECOND, 50),
        older[0],
        Candle.flat(4 * SECOND, 60),
        Candle(5 * SECOND, 80, 90, 70, 90, 3, 240, 3),
    ]
    assert series.changed_from == 5 * SECOND


def test_the_oldest_change_is_noted() -> None:
    series = make_series((5, 100), (8, 90))
    assert series.changed_from == 5 * SECOND
    series.changed_from = None
    series.take(8 * SECOND, 91, 1)
    series.take(9 * SECOND, 92, 1)
    assert series.changed_from == 8 * SECOND
