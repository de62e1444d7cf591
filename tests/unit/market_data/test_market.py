import pytest
from msgspec import structs

from market_data.market.broken_event import BrokenEvent
from market_data.market.delta_ring import DELTAS_KEPT, DeltaRing
from market_data.market.market import TRADES_KEPT, Market
from protocol.events import PublicEvent
from tests.unit.market_data.markets import BTC, ETH, bbo, delta, make_instruments, trade


def make_market() -> Market:
    return Market(make_instruments())


@pytest.mark.parametrize(
    "event",
    [
        trade(2),
        trade(0),
        structs.replace(trade(1), price="<b>1</b>"),
        structs.replace(trade(1), quantity="0.000001"),
        delta(2, bids=[("1.00", "1.00000")]),
        bbo(1, "DOGE-USDT"),
        structs.replace(bbo(1), bid="NaN"),
        structs.replace(bbo(1), bid=None),
    ],
)
def test_an_impossible_event_is_refused(event: PublicEvent) -> None:
    with pytest.raises(BrokenEvent):
        make_market().apply(event)


def test_symbols_do_not_touch_each_other() -> None:
    market = make_market()
    market.apply(trade(1))
    market.apply(delta(1, bids=[("1.00", "1.00000")], symbol=ETH))
    assert market[BTC].last_trade_id == 1
    assert market[BTC].book.last_update_id == 0
    assert market[ETH].last_trade_id == 0
    assert market[ETH].book.last_update_id == 1


def test_trades_come_newest_first_page_by_page() -> None:
    market = make_market()
    for trade_id in range(1, 8):
        market.apply(trade(trade_id))

    def ids(before: int | None, limit: int) -> list[int]:
        return [each.trade_id for each in market[BTC].trades_before(before, limit)]

    assert ids(None, 3) == [7, 6, 5]
    assert ids(5, 3) == [4, 3, 2]
    assert ids(2, 3) == [1]
    assert ids(1, 3) == []
    assert ids(900, 2) == [7, 6]


def test_the_ring_of_trades_is_bounded() -> None:
    market = make_market()
    for trade_id in range(1, TRADES_KEPT + 11):
        market.apply(trade(trade_id))
    assert len(market[BTC].trades) == TRADES_KEPT
    assert [each.trade_id for each in market[BTC].trades_before(12, 5)] == [11]
    assert market[BTC].trades_before(11, 5) == []


def test_clear_forgets_everything() -> None:
    market = make_market()
    market.is_complete = True
    market.apply(trade(1))
    market.clear()
    assert not market.is_complete
    assert market[BTC].last_trade_id == 0


def test_missed_deltas_become_one_with_the_newest_quantity_of_each_level() -> None:
    ring = DeltaRing(BTC)
    ring.append(delta(1, bids=[("1.00", "1.00000")]))
    ring.append(delta(2, bids=[("1.00", "2.00000"), ("2.00", "1.00000")]))
    ring.append(delta(4, bids=[("2.00", "0")], asks=[("3.00", "1.00000")]))
    merged = ring.merge_from(2)
    assert merged == delta(
        2, bids=[("1.00", "2.00000"), ("2.00", "0")], asks=[("3.00", "1.00000")], last=5
    )


def test_a_ring_that_starts_too_late_or_has_nothing_new_gives_nothing() -> None:
    ring = DeltaRing(BTC)
    for update_id in range(1, DELTAS_KEPT + 2):
        ring.append(delta(update_id, bids=[("1.00", "1.00000")]))
    assert ring.merge_from(1) is None
    assert ring.merge_from(2) is not None
    assert ring.merge_from(DELTAS_KEPT + 2) is None
