"""Saving and loading what few orders have, and the bytes that are refused."""

from struct import Struct
from typing import Any, Final

import pytest

from engine.core import ListKind, Matcher, OrderType, Side, TrailingUnit
from engine.core.saved import (
    EXTRA_RECORD,
    LIST_RECORD,
    ORDER_RECORD,
    TRAILING_RECORD,
    seal,
    unseal,
)

BUY, SELL = Side.BUY, Side.SELL
ICEBERG, TIMED, PROFIT, LOSS, WORKING, PENDING, FIRST, SECOND, LATER = range(1, 10)
FORMS: Final[dict[str, tuple[Struct, tuple[str, ...]]]] = {
    "orders": (
        ORDER_RECORD,
        (
            *("order_id", "account", "price", "stop_price", "remaining", "filled", "arrival"),
            *("symbol", "side", "order_type", "prevention", "waiting"),
        ),
    ),
    "extras": (EXTRA_RECORD, ("place", "time_in_force", "display", "hidden")),
    "lists": (LIST_RECORD, ("place", "is_unheld", "is_keeping", "partner", "link", "received")),
    "trailing": (TRAILING_RECORD, ("place", "unit", "offset", "extreme")),
}
Row = dict[str, Any]


class Bytes:
    """A state's bytes, to change: the rows of each part by their fields."""

    def __init__(self, data: bytes) -> None:
        self.saved = unseal(data)
        self.parts: dict[str, list[Row]] = {
            part: [dict(zip(names, row, strict=True)) for row in form.iter_unpack(records)]
            for part, (form, names) in FORMS.items()
            for records in [getattr(self.saved, part)]
        }

    def place(self, order_id: int) -> int:
        return [row["order_id"] for row in self.parts["orders"]].index(order_id)

    def row(self, part: str, order_id: int) -> Row:
        """The record of an order in one of the parts."""
        place = self.place(order_id)
        if part == "orders":
            return self.parts[part][place]
        return next(row for row in self.parts[part] if row["place"] == place)

    def seal(self) -> bytes:
        changed: dict[str, Any] = {
            part: memoryview(b"".join(form.pack(*row.values()) for row in self.parts[part]))
            for part, (form, _) in FORMS.items()
        }
        return seal(self.saved._replace(**changed))


def trade(matcher: Matcher, price: int, order_id: int) -> None:
    matcher.new(0, order_id, 9, BUY, OrderType.LIMIT, 1, price)
    matcher.new(0, order_id + 1, 9, SELL, OrderType.LIMIT, 1, price)


def new_list(matcher: Matcher, kind: ListKind, *legs: tuple[int, int, int, int, int]) -> None:
    """Enter a list of legs: order id, side, type, price, stop price."""
    few = (0, 0, 0, 0, 0)
    orders = [(i, side, type_, 4, price, stop, *few) for i, side, type_, price, stop in legs]
    matcher.new_list(0, 1, kind, orders)


@pytest.fixture
def saved(matcher: Matcher) -> Bytes:
    """One of each kind: an iceberg, a timed stop, an OCO, an OTO, three trailing stops."""
    trade(matcher, 1000, 101)
    matcher.new(0, ICEBERG, 1, SELL, OrderType.LIMIT, 10, 1100, display_quantity=3)
    matcher.new(0, TIMED, 1, SELL, OrderType.STOP_LIMIT, 5, 800, 900, time_in_force=1)
    new_list(
        matcher, ListKind.OCO,
        (PROFIT, SELL, OrderType.POST_ONLY, 1200, 0), (LOSS, SELL, OrderType.STOP_LOSS, 0, 890),
    )  # fmt: skip
    new_list(
        matcher, ListKind.OTO,
        (WORKING, BUY, OrderType.LIMIT, 910, 0), (PENDING, SELL, OrderType.LIMIT, 1300, 0),
    )  # fmt: skip
    trail = {"trailing_offset": 1000, "trailing_unit": TrailingUnit.BASIS_POINTS}
    matcher.new(0, FIRST, 1, SELL, OrderType.STOP_LOSS, 5, **trail)
    trade(matcher, 1040, 103)
    trade(matcher, 1010, 105)
    matcher.new(0, SECOND, 1, SELL, OrderType.STOP_LOSS, 5, **trail)
    matcher.new(0, LATER, 1, SELL, OrderType.TAKE_PROFIT, 5, stop_price=1090, **trail)
    return Bytes(matcher.save())


def test_each_kind_comes_back(core: type[Matcher], saved: Bytes) -> None:
    data = saved.seal()
    loaded = core.load(data)
    assert loaded.save() == data
    assert loaded.open_orders() == 9
    extremes = [row["extreme"] for row in saved.parts["trailing"]]
    assert sorted(extremes) == [0, 1010, 1040]


@pytest.mark.parametrize(
    ("part", "order_id", "changes"),
    [
        ("extras", ICEBERG, {"time_in_force": 1}),  # it rests
        ("extras", TIMED, {"time_in_force": 3}),
        ("extras", ICEBERG, {"display": -1}),
        ("extras", ICEBERG, {"hidden": 10}),  # nothing is shown
        ("extras", ICEBERG, {"hidden": 1}),  # more is shown than it shows
        ("extras", TIMED, {"hidden": 1}),  # it waits
        ("extras", ICEBERG, {"display": 0, "hidden": 0}),  # nothing that few have
        ("orders", ICEBERG, {"remaining": 1000}),  # more than a hundred parts
        ("lists", PROFIT, {"partner": 0}),  # in no list
        ("lists", PROFIT, {"is_unheld": 2}),
        ("lists", PROFIT, {"is_keeping": 2}),
        ("lists", PROFIT, {"received": 1}),  # it buys for nobody
        ("orders", PROFIT, {"filled": 1}),  # then the other leg had ended
        ("lists", PROFIT, {"partner": 77}),  # there is no such order
        ("lists", PROFIT, {"partner": ICEBERG}),  # which knows nothing of it
        ("lists", LOSS, {"is_unheld": 0}),  # both hold
        ("lists", PROFIT, {"link": WORKING}),
        ("orders", LOSS, {"account": 2}),
        ("orders", LOSS, {"remaining": 3}),
        ("lists", PENDING, {"link": 77}),
        ("lists", PENDING, {"link": 0, "partner": PROFIT}),  # it waits for nobody
        ("lists", WORKING, {"link": PROFIT}),  # which does not wait for it
        ("orders", PENDING, {"account": 2}),
        ("trailing", FIRST, {"offset": 0}),
        ("trailing", FIRST, {"unit": 2}),
        ("trailing", FIRST, {"extreme": -1}),
        ("trailing", FIRST, {"extreme": 0}),  # there were trades
        ("trailing", SECOND, {"extreme": 1009}),  # the last trade was higher
        ("trailing", SECOND, {"extreme": 1041}),  # those before it would have followed
        ("orders", SECOND, {"arrival": 1}),  # out of turn
        ("trailing", LATER, {"extreme": 1090}),  # it has not begun
    ],
)
def test_what_an_order_cannot_have_is_refused(
    core: type[Matcher], saved: Bytes, part: str, order_id: int, changes: Row
) -> None:
    saved.row(part, order_id).update(changes)
    with pytest.raises(ValueError, match="saved matcher holds an order that cannot be"):
        core.load(saved.seal())


@pytest.mark.parametrize("part", ["extras", "lists", "trailing"])
def test_a_record_of_no_order_is_refused(core: type[Matcher], saved: Bytes, part: str) -> None:
    saved.parts[part].append(saved.parts[part][-1] | {"place": 9})
    with pytest.raises(ValueError, match="an order that cannot be"):
        core.load(saved.seal())


def test_an_order_that_trails_after_nothing_is_refused(core: type[Matcher], saved: Bytes) -> None:
    saved.parts["trailing"].remove(saved.row("trailing", SECOND))
    with pytest.raises(ValueError, match="an order that cannot be"):
        core.load(saved.seal())


def test_an_order_that_pending_ones_wait_for_cannot_trail(
    core: type[Matcher], saved: Bytes
) -> None:
    saved.row("lists", LOSS)["link"] = WORKING
    leg = saved.row("trailing", LATER) | {"place": saved.place(LOSS)}
    saved.parts["trailing"].append(leg)
    saved.parts["trailing"].sort(key=lambda row: row["place"])
    with pytest.raises(ValueError, match="an order that cannot be"):
        core.load(saved.seal())


def test_the_count_of_prevented_matches_comes_back(core: type[Matcher], matcher: Matcher) -> None:
    matcher.number_prevented()
    matcher.new(1, 1, 1, SELL, OrderType.LIMIT, 5, 100)
    matcher.new(1, 2, 1, BUY, OrderType.LIMIT, 5, 100, self_trade_prevention=1)
    loaded = core.load(matcher.save())
    assert [loaded.prevented_id(symbol) for symbol in (0, 1)] == [0, 1]
    assert loaded.save() == matcher.save()
