import pytest

from market_data.market.book_view import BookView
from market_data.market.broken_event import BrokenEvent
from protocol.events import L2Delta
from tests.unit.market_data.markets import BTC, delta, make_instruments


def make_book() -> BookView:
    return BookView(make_instruments()[BTC])


def test_levels_come_best_first_by_value_not_by_text() -> None:
    book = make_book()
    book.apply(
        delta(
            1,
            bids=[("999.00", "1.00000"), ("10000.00", "2.00000"), ("9000.00", "3.00000")],
            asks=[("20000.00", "1.00000"), ("11000.00", "2.00000")],
        )
    )
    assert [price for price, _ in book.bids.top()] == ["10000.00", "9000.00", "999.00"]
    assert [price for price, _ in book.asks.top()] == ["11000.00", "20000.00"]


def test_quantity_is_absolute_so_a_level_of_1_0_with_0_6_traded_shows_0_4() -> None:
    book = make_book()
    book.apply(delta(1, asks=[("60000.00", "1.00000")]))
    book.apply(delta(2, asks=[("60000.00", "0.40000")]))
    assert book.asks.top() == [("60000.00", "0.40000")]


def test_zero_removes_a_level_and_an_unknown_level_may_go() -> None:
    book = make_book()
    book.apply(delta(1, bids=[("60000.00", "1.00000")]))
    book.apply(delta(2, bids=[("60000.00", "0"), ("50000.00", "0.00000")]))
    assert book.bids.top() == []
    assert book.last_update_id == 3


def test_depth_limits_what_top_gives() -> None:
    book = make_book()
    book.apply(delta(1, asks=[(f"{60000 + step}.00", "1.00000") for step in range(20)]))
    assert len(book.asks.top(3)) == 3
    assert len(book.asks.top()) == len(book.asks) == 20


@pytest.mark.parametrize(
    "broken",
    [
        delta(3, bids=[("60000.00", "1.00000")]),
        delta(1, bids=[("60000.00", "1.00000")]),
        delta(2, bids=[("60000.00", "1.00000")], last=1),
        delta(2, bids=[("60000.005", "1.00000")]),
        delta(2, bids=[("60001.00", "1.00000"), ("NaN", "1.00000")]),
        delta(2, bids=[("60001.00", "1.00000")], asks=[("60002.00", "1e400")]),
        delta(2, bids=[("60001.00", "-1")]),
    ],
    ids=["gap", "repeat", "backwards", "off grid", "not a number", "overflow", "negative"],
)
def test_a_broken_delta_is_refused_and_changes_nothing(broken: L2Delta) -> None:
    book = make_book()
    book.apply(delta(1, bids=[("60000.00", "1.00000")]))
    with pytest.raises(BrokenEvent):
        book.apply(broken)
    assert book.bids.top() == [("60000.00", "1.00000")]
    assert book.asks.top() == []
    assert book.last_update_id == 1


def test_checksum_is_of_ten_levels_a_side() -> None:
    book = make_book()
    book.apply(delta(1, asks=[(f"{60000 + step}.00", "1.00000") for step in range(10)]))
    before = book.checksum()
    book.apply(delta(11, asks=[("70000.00", "1.00000")]))
    assert book.checksum() == before
    book.apply(delta(12, asks=[("60005.00", "2.00000")]))
    assert book.checksum() != before
