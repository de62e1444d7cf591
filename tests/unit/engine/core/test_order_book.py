"""The friendly single-symbol book."""

import pytest

from engine.core import (
    MAX_ORDER_ID,
    EventKind,
    OrderBook,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
)


@pytest.fixture
def book() -> OrderBook:
    """Two bids and an ask, ids 1 to 3."""
    book = OrderBook()
    book.limit(Side.BUY, 5, 99, account=1)
    book.limit(Side.BUY, 4, 98, account=1)
    book.limit(Side.SELL, 3, 101, account=2)
    return book


def test_book_shows_levels_and_last_price(book: OrderBook) -> None:
    assert (book.bids, book.asks) == ([(99, 5), (98, 4)], [(101, 3)])
    assert (book.best_bid, book.best_ask, book.last_trade_price) == ((99, 5), (101, 3), None)
    assert repr(book) == "OrderBook(best_bid=(99, 5), best_ask=(101, 3))"
    assert [order.order_id for order in book.orders] == [1, 2, 3]


def test_market_order_trades_and_its_rest_expires(book: OrderBook) -> None:
    accepted, trade, expired, level = book.market(Side.BUY, 5, account=3)
    assert (accepted.kind, accepted.order_id) == (EventKind.ACCEPTED, 4)
    assert (trade.other_id, trade.price, trade.quantity) == (3, 101, 3)
    assert (expired.reason, expired.quantity) == (Reason.MARKET_REMAINDER, 2)
    assert (level.price, level.quantity) == (101, 0)
    assert book.best_ask is None
    assert book.last_trade_price == 101


def test_cancel_amend_and_cancel_all(book: OrderBook) -> None:
    assert book.amend(1, quantity=2, account=1)[0].kind == EventKind.AMENDED
    assert book.cancel(1, account=1)[0].quantity == 2
    assert book.cancel(2, account=9)[0].reason == Reason.UNKNOWN_ORDER
    assert book.cancel_all(account=1)[0].order_id == 2
    assert book.best_bid is None


def test_any_type_and_any_id_can_be_submitted(book: OrderBook) -> None:
    events = book.submit(OrderType.STOP_LIMIT, Side.BUY, 1, 105, 102, account=3, order_id=77)
    assert events[0].order_id == 77
    assert book.orders[-1].waiting


def test_a_given_id_is_not_handed_out_again() -> None:
    book = OrderBook()
    book.limit(Side.BUY, 1, 5, order_id=3)
    assert [book.limit(Side.BUY, 1, 5)[0].order_id for _ in range(2)] == [4, 5]


@pytest.mark.parametrize("order_id", [10**30, MAX_ORDER_ID, MAX_ORDER_ID - 1, 0, -5])
def test_an_extreme_id_does_not_spoil_those_that_are_handed_out(order_id: int) -> None:
    book = OrderBook()
    book.limit(Side.BUY, 1, 5, order_id=order_id)
    assert [book.limit(Side.BUY, 1, 5)[0].order_id for _ in range(2)] == [1, 2]


def test_an_id_of_a_wrong_type_changes_nothing() -> None:
    book = OrderBook()
    with pytest.raises(TypeError):
        book.limit(Side.BUY, 1, 5, order_id=1.5)  # type: ignore[arg-type]
    assert book.limit(Side.BUY, 1, 5)[0].order_id == 1


def test_self_trade_prevention_holds_for_the_whole_book() -> None:
    book = OrderBook(self_trade_prevention=SelfTradePrevention.CANCEL_TAKER)
    book.limit(Side.BUY, 1, 5, account=1)
    assert book.market(Side.SELL, 1, account=1)[1].reason == Reason.SELF_TRADE_PREVENTION
