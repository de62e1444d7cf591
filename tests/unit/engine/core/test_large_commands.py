"""Single commands with more events, levels and fired orders than any buffer begins with."""

from collections.abc import Sequence

import pytest

from engine.core import (
    COMMAND_RECORD,
    EVENT_RECORD,
    MAX_SYMBOLS,
    Command,
    EventKind,
    EventRow,
    Matcher,
    OrderType,
    Side,
)

ORDERS = 1_200


@pytest.fixture
def full(matcher: Matcher) -> Matcher:
    """Asks at 300 prices, four orders each, all of account 1."""
    for order_id in range(1, ORDERS + 1):
        matcher.new(0, order_id, 1, Side.SELL, OrderType.LIMIT, 1, 1_000 + order_id % 300)
    return matcher


def kinds(rows: Sequence[EventRow], kind: EventKind) -> list[EventRow]:
    return [row for row in rows if row[0] == kind]


def test_one_order_sweeps_a_thousand(full: Matcher) -> None:
    rows = full.new(0, 9_999, 2, Side.BUY, OrderType.MARKET, ORDERS)
    assert [row[10] for row in kinds(rows, EventKind.TRADE)] == list(range(1, ORDERS + 1))
    assert [row[6] for row in kinds(rows, EventKind.LEVEL)] == list(range(1_000, 1_300))
    assert full.open_orders() == 0


def test_batch_of_one_that_sweeps_a_thousand_has_all_its_events(full: Matcher) -> None:
    command = (Command.NEW, Side.BUY, OrderType.MARKET, 0, 0, 9_999, 2, ORDERS, 0, 0)
    single = full.load(full.save()).new(0, 9_999, 2, Side.BUY, OrderType.MARKET, ORDERS)
    packed = full.apply(COMMAND_RECORD.pack(*command))
    assert list(EVENT_RECORD.iter_unpack(packed)) == list(single)
    assert len(full.apply(b"")) == 0


def test_cancel_all_of_a_thousand_orders_reports_each_level_once(full: Matcher) -> None:
    rows = full.cancel_all(1)
    assert [row[4] for row in kinds(rows, EventKind.CANCELED)] == list(range(1, ORDERS + 1))
    levels = kinds(rows, EventKind.LEVEL)
    assert [row[6] for row in levels] == [*range(1_001, 1_300), 1_000]
    assert {row[7] for row in levels} == {0}


def test_one_trade_fires_hundreds(full: Matcher) -> None:
    for order_id in range(2_000, 2_300):
        full.new(1, order_id, 3, Side.BUY, OrderType.STOP_LOSS, 1, 0, 50 + order_id % 7)
    full.new(1, 3_000, 1, Side.SELL, OrderType.LIMIT, 500, 60)
    rows = full.new(1, 3_001, 2, Side.BUY, OrderType.LIMIT, 1, 60)
    assert [row[4] for row in kinds(rows, EventKind.TRIGGERED)] == list(range(2_000, 2_300))
    assert [row[7] for row in kinds(rows, EventKind.LEVEL)] == [199]


def test_symbols_are_limited(core: type[Matcher]) -> None:
    matcher = core(MAX_SYMBOLS)
    with pytest.raises(ValueError, match="at most 65536 symbols"):
        matcher.add_symbol()
