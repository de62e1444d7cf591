"""Consecutive trades of one taker order at one price are one aggregate."""

from binance_gateway.market.aggregates import Aggregate, aggregate
from binance_gateway.market.diffs import Diff, DiffWindow
from protocol.decimals import Increment
from protocol.enums import Side
from protocol.timestamps import format_timestamp
from tests.unit.binance_gateway.markets import EXAMPLE, make_delta, make_trade

LOT = Increment("0.00001")


def test_an_aggregate_ends_with_the_price_the_taker_or_the_commit() -> None:
    trades = [
        make_trade(88, "59999.90", "0.00500"),
        make_trade(89, "59999.90", "0.00600"),
        make_trade(90, "60000.00", "0.00100"),
        make_trade(91, "60000.00", "0.00100", taker="8", side=Side.SELL),
        make_trade(92, "60000.00", "0.00100", EXAMPLE + 1, taker="8", side=Side.SELL),
    ]
    stamp, later = format_timestamp(EXAMPLE), format_timestamp(EXAMPLE + 1)
    assert list(aggregate(trades, LOT)) == [
        Aggregate(88, 89, "59999.90", 1100, stamp, False),
        Aggregate(90, 90, "60000.00", 100, stamp, False),
        Aggregate(91, 91, "60000.00", 100, stamp, True),
        Aggregate(92, 92, "60000.00", 100, later, True),
    ]


def test_a_window_tells_each_level_once_with_its_last_quantity() -> None:
    window = DiffWindow()
    assert window.take() is None
    window.add(make_delta(5, 6, bids=[("10.00", "1.00000"), ("9.00", "2.00000")]))
    window.add(make_delta(7, 8, bids=[("10.00", "0")], asks=[("11.00", "3.00000")]))
    expected = Diff(5, 8, [("10.00", "0"), ("9.00", "2.00000")], [("11.00", "3.00000")])
    assert window.take() == expected
    assert window.take() is None


def test_windows_of_two_speeds_each_continue_where_the_last_ended() -> None:
    short, long = DiffWindow(), DiffWindow()
    for first in (1, 3, 5):
        short.add(make_delta(first, first + 1, bids=[(f"{first}.00", "1.00000")]))
        diff = short.take()
        assert diff is not None
        assert (diff.first_update_id, diff.last_update_id) == (first, first + 1)
        long.add(diff)
    diff = long.take()
    assert diff is not None
    assert (diff.first_update_id, diff.last_update_id, len(diff.bids)) == (1, 6, 3)
