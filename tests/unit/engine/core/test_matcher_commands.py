"""Commands in, the full list of events out."""

import copy
from collections.abc import Sequence

import pytest

from engine.core import (
    COMMAND_RECORD,
    EVENT_RECORD,
    MAX_PRICE,
    MAX_QUANTITY,
    Command,
    Event,
    EventKind,
    Matcher,
    OrderType,
    Reason,
    Side,
)
from tests.support.core_implementations import matcher_class

BUY, SELL = Side.BUY, Side.SELL
LIMIT = OrderType.LIMIT
HUGE = 2**80


def test_limit_order_accepted_and_level_reported(matcher: Matcher) -> None:
    assert matcher.new(1, 7, 1, BUY, LIMIT, 5, 100) == [
        (EventKind.ACCEPTED, 0, 1, BUY, 7, 0, 100, 5, 5, 0, 0),
        (EventKind.LEVEL, 0, 1, BUY, 0, 0, 100, 5, 0, 0, 1),
    ]


def test_trade_names_taker_maker_and_both_remainders(matcher: Matcher) -> None:
    matcher.new(0, 1, 1, SELL, LIMIT, 5, 100)
    assert matcher.new(0, 2, 2, BUY, LIMIT, 3, 102) == [
        (EventKind.ACCEPTED, 0, 0, BUY, 2, 0, 102, 3, 3, 0, 0),
        (EventKind.TRADE, 0, 0, BUY, 2, 1, 100, 3, 0, 2, 1),
        (EventKind.LEVEL, 0, 0, SELL, 0, 0, 100, 2, 0, 0, 2),
    ]
    assert matcher.last_trade_price(0) == 100
    assert (matcher.trade_id(0), matcher.update_id(0), matcher.open_orders()) == (1, 2, 1)


def test_events_are_plain_tuples_of_ints(matcher: Matcher) -> None:
    rows = matcher.new(0, 1, 1, SELL, OrderType.STOP_LIMIT, 5, 100, 90)
    assert all(type(row) is tuple and len(row) == len(Event._fields) for row in rows)
    assert all(type(value) is int for row in rows for value in row)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"symbol": 2}, Reason.INVALID_SYMBOL),
        ({"symbol": -1}, Reason.INVALID_SYMBOL),
        ({"symbol": HUGE}, Reason.INVALID_SYMBOL),
        ({"symbol": 2**32}, Reason.INVALID_SYMBOL),
        ({"order_id": 0}, Reason.INVALID_ORDER_ID),
        ({"order_id": 2**53}, Reason.INVALID_ORDER_ID),
        ({"order_id": HUGE}, Reason.INVALID_ORDER_ID),
        ({"account": -1}, Reason.INVALID_ACCOUNT),
        ({"account": HUGE}, Reason.INVALID_ACCOUNT),
        ({"side": 2}, Reason.INVALID_SIDE),
        ({"side": 256}, Reason.INVALID_SIDE),
        ({"side": -HUGE}, Reason.INVALID_SIDE),
        ({"order_type": 9}, Reason.INVALID_ORDER_TYPE),
        ({"order_type": 256}, Reason.INVALID_ORDER_TYPE),
        ({"self_trade_prevention": 5}, Reason.INVALID_SELF_TRADE_PREVENTION),
        ({"self_trade_prevention": -1}, Reason.INVALID_SELF_TRADE_PREVENTION),
        ({"quantity": 0}, Reason.INVALID_QUANTITY),
        ({"quantity": MAX_QUANTITY + 1}, Reason.INVALID_QUANTITY),
        ({"quantity": HUGE}, Reason.INVALID_QUANTITY),
        ({"price": 0}, Reason.INVALID_PRICE),
        ({"price": MAX_PRICE + 1}, Reason.INVALID_PRICE),
        ({"price": -HUGE}, Reason.INVALID_PRICE),
        ({"stop_price": 1}, Reason.INVALID_STOP_PRICE),
        ({"stop_price": HUGE}, Reason.INVALID_STOP_PRICE),
    ],
)
def test_bad_argument_is_rejected_and_changes_nothing(
    matcher: Matcher, change: dict[str, int], reason: Reason
) -> None:
    before = matcher.save()
    form = {"symbol": 0, "order_id": 1, "account": 1, "side": 0, "order_type": 0, "quantity": 5}
    (row,) = matcher.new(**{**form, "price": 100, **change})
    event = Event._make(row)
    assert (event.kind, event.reason) == (EventKind.REJECTED, reason)
    assert event.symbol == (-1 if reason == Reason.INVALID_SYMBOL else 0)
    assert matcher.save() == before


@pytest.mark.parametrize("number", [0, -1, 2**53, HUGE])
def test_unknown_id_is_refused_whatever_it_is(matcher: Matcher, number: int) -> None:
    for rows in (matcher.cancel(number, 1), matcher.amend(number, 1, 5)):
        assert [row[:3] for row in rows] == [(EventKind.COMMAND_REJECTED, 40, -1)]


@pytest.mark.parametrize("symbol", [2, -2, HUGE, -HUGE])
def test_cancel_all_of_an_unknown_symbol_is_refused(matcher: Matcher, symbol: int) -> None:
    (row,) = matcher.cancel_all(1, symbol)
    assert row[:2] == (EventKind.COMMAND_REJECTED, Reason.INVALID_SYMBOL)


def test_cancel_all_of_one_symbol_leaves_the_other(matcher: Matcher) -> None:
    matcher.new(0, 1, 1, BUY, LIMIT, 5, 100)
    matcher.new(1, 2, 1, BUY, LIMIT, 5, 100)
    assert [row[4] for row in matcher.cancel_all(1, 1) if row[0] == EventKind.CANCELED] == [2]
    assert matcher.open_orders() == 1


def test_what_is_no_integer_is_a_type_error(matcher: Matcher) -> None:
    with pytest.raises(TypeError):
        matcher.new(0, 1, 1, BUY, LIMIT, 5.0, 100)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        matcher.cancel("1", 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        matcher.amend(404, 1, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query", ["bbo", "l2", "last_trade_price", "trade_id", "update_id", "orders"]
)
def test_symbol_that_is_no_integer_is_a_type_error(matcher: Matcher, query: str) -> None:
    for symbol in (0.5, 0.0, "0", None):
        with pytest.raises(TypeError):
            getattr(matcher, query)(symbol)
    with pytest.raises(IndexError):
        getattr(matcher, query)(HUGE)


def test_open_orders_are_limited(core: type[Matcher]) -> None:
    matcher = core(1, max_orders=2)
    matcher.new(0, 1, 1, BUY, LIMIT, 5, 100)
    matcher.new(0, 2, 1, BUY, OrderType.STOP_LOSS, 5, 0, 200)
    (row,) = matcher.new(0, 3, 1, BUY, LIMIT, 5, 100)
    assert row[:2] == (EventKind.REJECTED, Reason.TOO_MANY_OPEN_ORDERS)
    assert matcher.new(0, 4, 2, SELL, OrderType.IOC, 5, 100)[1][0] == EventKind.TRADE
    assert matcher.new(0, 5, 1, BUY, LIMIT, 5, 100)[0][0] == EventKind.ACCEPTED


def test_levels_hold_more_than_one_order_of_the_largest_quantity(matcher: Matcher) -> None:
    for order_id in range(1, 101):
        matcher.new(0, order_id, 1, BUY, LIMIT, MAX_QUANTITY, MAX_PRICE)
    assert matcher.bbo(0) == (MAX_PRICE, 100 * MAX_QUANTITY, 0, 0)
    events = matcher.new(0, 101, 2, SELL, LIMIT, MAX_QUANTITY, 1)
    assert events[-1][7] == 99 * MAX_QUANTITY


def test_batch_of_wrong_length_raises_before_anything_runs(matcher: Matcher) -> None:
    record = COMMAND_RECORD.pack(Command.NEW, 0, 0, 0, 0, 1, 1, 5, 100, 0)
    with pytest.raises(ValueError, match="48-byte records, not 49 bytes"):
        matcher.apply(record + b"x")
    assert matcher.open_orders() == 0
    assert matcher.apply(b"") == b""


def test_batch_takes_any_buffer(matcher: Matcher) -> None:
    record = COMMAND_RECORD.pack(Command.CANCEL, 0, 0, 0, 0, 9, 1, 0, 0, 0)
    expected = EVENT_RECORD.pack(
        EventKind.COMMAND_REJECTED, Reason.UNKNOWN_ORDER, -1, 0, 9, *[0] * 6
    )
    for buffer in (record, bytearray(record), memoryview(b"x" + record)[1:]):
        assert matcher.apply(buffer) == expected
    with pytest.raises(TypeError):
        matcher.apply("text")  # type: ignore[arg-type]


def test_unknown_command_kind_is_refused(matcher: Matcher) -> None:
    record = COMMAND_RECORD.pack(9, 0, 0, 0, 0, 7, 1, 0, 0, 0)
    (row,) = EVENT_RECORD.iter_unpack(matcher.apply(record))
    assert row[:5] == (EventKind.COMMAND_REJECTED, Reason.INVALID_COMMAND, -1, 0, 7)


def test_batch_without_any_symbol_rejects_its_orders(core: type[Matcher]) -> None:
    record = COMMAND_RECORD.pack(Command.NEW, 0, 0, 0, 0, 1, 1, 5, 100, 0)
    rows = list(EVENT_RECORD.iter_unpack(core(0).apply(record * 40)))
    assert {row[:2] for row in rows} == {(EventKind.REJECTED, Reason.INVALID_SYMBOL)}


def test_a_symbol_can_be_added_between_commands(matcher: Matcher) -> None:
    before = matcher.state_hash()
    assert matcher.add_symbol() == 2
    assert matcher.symbols == 3
    assert matcher.state_hash() == before
    assert matcher.new(2, 1, 1, BUY, LIMIT, 5, 100)[0][0] == EventKind.ACCEPTED


def test_queries_of_an_unknown_symbol_raise(matcher: Matcher) -> None:
    queries = (matcher.bbo, matcher.l2, matcher.orders, matcher.trade_id, matcher.update_id)
    for query in (*queries, matcher.last_trade_price):
        for symbol in (2, -1, HUGE):
            with pytest.raises(IndexError, match="there is no symbol"):
                query(symbol)


@pytest.mark.parametrize(
    "arguments",
    [
        {"symbols": -1},
        {"symbols": 65_537},
        {"capacity": 0},
        {"max_orders": 0},
        {"max_orders": HUGE},
    ],
)
def test_a_size_out_of_range_raises(core: type[Matcher], arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be from"):
        core(**arguments)


def test_l2_has_the_depth_that_is_asked_for(matcher: Matcher) -> None:
    for order_id in range(1, 7):
        matcher.new(0, order_id, 1, order_id % 2, LIMIT, 5, 100 + order_id * (order_id % 2 or -1))
    assert matcher.l2(0) == ([(98, 5), (96, 5), (94, 5)], [(101, 5), (103, 5), (105, 5)])
    assert matcher.l2(0, 2) == ([(98, 5), (96, 5)], [(101, 5), (103, 5)])
    assert matcher.l2(0, -1) == matcher.l2(0, HUGE) == matcher.l2(0)
    assert matcher.bbo(0) == (98, 5, 101, 5)
    assert matcher.bbo(1) == (0, 0, 0, 0)


@pytest.mark.parametrize("makers", [1, 9])
def test_events_of_a_command_are_a_sequence_like_a_list(matcher: Matcher, makers: int) -> None:
    for number in range(1, makers + 1):
        matcher.new(0, number, 1, Side.SELL, OrderType.LIMIT, 1, 100)
    events = matcher.new(0, 99, 2, Side.BUY, OrderType.MARKET, makers)
    rows = [tuple(row) for row in events]
    assert isinstance(events, Sequence)
    assert events == rows
    assert rows == events
    assert events != rows[:-1]
    assert (len(events), events[-1], events[1:3]) == (makers + 2, rows[-1], rows[1:3])
    assert rows[0] in events
    assert (events.index(rows[1]), events.count(rows[1])) == (1, 1)
    assert copy.copy(events) == rows
    matcher.new(0, 100, 2, Side.BUY, OrderType.LIMIT, 1, 1)
    assert events == rows  # what comes later is in other memory


def test_batch_that_ends_within_a_command_is_refused(matcher: Matcher) -> None:
    with pytest.raises(ValueError, match="a batch is a whole number of 48-byte records, not 47"):
        matcher.apply(bytes(47))


def test_events_of_a_call_are_read_as_those_of_a_batch_and_not_written() -> None:
    """Only the compiled core's can be read as bytes."""
    one, other = matcher_class("cython")(1), matcher_class("cython")(1)
    events = one.new(0, 7, 1, BUY, LIMIT, 5, 100)
    packed = other.apply(COMMAND_RECORD.pack(Command.NEW, BUY, LIMIT, 0, 0, 7, 1, 5, 100, 0))
    assert bytes(memoryview(events)) == packed  # type: ignore[arg-type]
    assert repr(events) == repr(list(events))
    with pytest.raises((BufferError, TypeError)):
        EVENT_RECORD.pack_into(events, 0, *events[0])  # type: ignore[arg-type]
