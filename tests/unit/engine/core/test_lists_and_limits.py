"""Order lists at the limits of a matcher and of its ledger, and orders that trail in heaps."""

from random import Random

import pytest

from engine.core import (
    COMMAND_RECORD,
    EVENT_RECORD,
    MAX_PRICE,
    Command,
    EventKind,
    EventRow,
    ListKind,
    Matcher,
    OrderType,
    Reason,
    Side,
    Terms,
)

BUY, SELL, LIMIT = Side.BUY, Side.SELL, OrderType.LIMIT
FEW = (0,) * 5
"""Self-trade prevention, time in force, displayed quantity, trailing offset and unit."""
MUCH = 10**9


def leg(
    order_id: int, side: Side, order_type: OrderType, price: int, stop_price: int = 0
) -> tuple[int, ...]:
    return (order_id, side, order_type, MUCH, price, stop_price, *FEW)


PROFIT = leg(1, SELL, OrderType.POST_ONLY, 100)
LOSS = leg(2, SELL, OrderType.STOP_LIMIT, 50, 60)
WORKING, PENDING = leg(3, BUY, LIMIT, 40), leg(4, SELL, LIMIT, 90)


def told(rows: list[EventRow] | tuple[EventRow, ...]) -> list[tuple[int, int]]:
    """Kind and reason of events."""
    return [(row[0], row[1]) for row in rows]


@pytest.fixture
def rich(matcher: Matcher) -> Matcher:
    """Two books, of which the first is settled, and an account that lacks nothing."""
    matcher.open_ledger(2, is_checked=True)
    matcher.set_terms(0, Terms(0, 1, 1, 1))
    for asset in (0, 1):
        assert matcher.credit(matcher.open_account() if asset == 0 else 1, asset, 2**62)
    return matcher


@pytest.mark.parametrize(
    ("kind", "count"), [(0, 2), (6, 2), (ListKind.OTOCO, 2), (ListKind.OCO, 3)]
)
def test_list_of_another_shape_is_no_command(matcher: Matcher, kind: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"no list of kind {kind} with {count} orders"):
        matcher.new_list(0, 1, kind, [WORKING, PENDING, LOSS][:count])
    assert matcher.open_orders() == 0


def test_list_that_has_no_room_enters_none_of_its_orders(core: type[Matcher]) -> None:
    matcher = core(1, max_orders=2)
    matcher.new(0, 9, 1, BUY, LIMIT, 1, 10)
    rows = matcher.new_list(0, 1, ListKind.OCO, [PROFIT, LOSS])
    assert told(list(rows)) == [(EventKind.REJECTED, Reason.TOO_MANY_OPEN_ORDERS)]
    assert matcher.open_orders() == 1


def test_list_of_more_than_an_amount_can_be_is_refused(rich: Matcher) -> None:
    dear = leg(1, SELL, OrderType.POST_ONLY, MAX_PRICE)
    rows = rich.new_list(0, 1, ListKind.OCO, [dear, LOSS])
    assert told(list(rows)) == [(EventKind.REJECTED, Reason.NOTIONAL_OUT_OF_RANGE)]


def test_leg_amended_to_more_than_an_amount_can_be_is_refused(rich: Matcher) -> None:
    rich.new_list(0, 1, ListKind.OCO, [PROFIT, LOSS])
    rows = rich.amend(1, 1, price=MAX_PRICE)
    assert told(list(rows)) == [(EventKind.COMMAND_REJECTED, Reason.NOTIONAL_OUT_OF_RANGE)]
    assert rich.balance(1, 0) == (2**62 - MUCH, MUCH)


def test_leg_of_a_symbol_without_terms_is_amended_whatever_it_costs(rich: Matcher) -> None:
    rich.new_list(1, 1, ListKind.OCO, [PROFIT, LOSS])
    rows = rich.amend(1, 1, price=MAX_PRICE)
    assert told(list(rows))[0] == (EventKind.AMENDED, 0)
    assert rich.balance(1, 0) == (2**62, 0)


def test_order_that_sells_what_is_bought_is_amended_without_a_hold(rich: Matcher) -> None:
    rich.new_list(0, 1, ListKind.OPO, [WORKING, PENDING])
    before = rich.balance(1, 0), rich.balance(1, 1)
    assert told(list(rich.amend(4, 1, price=95))) == [(EventKind.AMENDED, 0)]
    assert (rich.balance(1, 0), rich.balance(1, 1)) == before
    assert [order.price for order in rich.orders(0)] == [40, 95]


def test_own_fees_are_told_by_account_and_symbol(rich: Matcher) -> None:
    rich.set_fees(1, 1, 5, 6)
    rich.set_fees(1, -1, 3, 4)
    rich.set_fees(0, 0, 1, 2)
    assert sorted(rich.own_fees()) == [(0, 0, 1, 2), (1, -1, 3, 4), (1, 1, 5, 6)]


def test_batch_with_a_ledger_does_what_its_commands_do_one_by_one(
    core: type[Matcher], rich: Matcher
) -> None:
    alone = core.load(rich.save())
    rich.take_changed()
    sides = [BUY, SELL] * 20
    orders = [(i % 2, 100 + i, 1, side, LIMIT, 5, 50) for i, side in enumerate(sides)]
    packed = b"".join(
        COMMAND_RECORD.pack(Command.NEW, side, kind, 0, symbol, order_id, account, *amounts, 0)
        for symbol, order_id, account, side, kind, *amounts in orders
    )
    rows = [row for order in orders for row in alone.new(*order)]
    assert list(EVENT_RECORD.iter_unpack(rich.apply(packed))) == rows
    assert rich.save() == alone.save()
    assert rich.take_changed() == alone.take_changed()


def test_trailing_stops_leave_in_any_order(core: type[Matcher]) -> None:
    random, ids = Random(7), list(range(10, 70))
    for _ in range(8):
        matcher = core(1)
        for order_id, side in ((1, BUY), (2, SELL)):
            matcher.new(0, order_id, 1, side, LIMIT, 1, 1_000)
        for order_id in ids:
            form = {"trailing_offset": random.randrange(1, 200), "trailing_unit": 0}
            matcher.new(0, order_id, 1, SELL, OrderType.STOP_LOSS, 1, **form)
        left = random.sample(ids, len(ids))
        while left:
            matcher.cancel(left.pop(), 1)
            assert [order.order_id for order in matcher.orders(0)] == sorted(left)
            assert core.load(matcher.save()).state_hash() == matcher.state_hash()
