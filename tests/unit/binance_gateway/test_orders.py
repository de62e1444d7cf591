"""Orders in the shapes of answers."""

from typing import Any

import pytest
from msgspec.structs import replace

from archive.records import OrderRecord
from binance_gateway.account.new_orders import check_order, make_entry
from binance_gateway.account.order_lists import make_list_entry
from binance_gateway.account.orders import Past, make_amended, make_answer, make_cancel, make_query
from binance_gateway.calls.order_parameters import NEW_ORDER
from binance_gateway.words.enums import ResponseType, Type
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.filters import Filters
from binance_gateway.words.symbols import Symbols
from binance_gateway.words.times import TimeUnit
from protocol.enums import ListState, ListType, Side, TimeInForce, TrailingOffsetType
from protocol.events import Reply, ReportedList
from protocol.timestamps import format_timestamp
from tests.unit.binance_gateway.markets import EXAMPLE
from tests.unit.binance_gateway.test_report_events import PLACED, STAMP, TRAILING
from tests.unit.market_data.markets import make_instruments

SYMBOL = Symbols(make_instruments()).find("BTCUSDT")
UNIT = TimeUnit.MILLISECOND
LISTED = ReportedList(64, ListType.OTOCO, "bracket", ["3", "4", "5"], ListState.ACTIVE)
REPLY = Reply("", 10, PLACED.status, None, None, False, PLACED, [])
SPECIAL = replace(
    PLACED, time_in_force=TimeInForce.DAY, display_quantity="0.00500", quote_quantity="1200.00",
    prevented_quantity="0.00100",
)  # fmt: skip


def test_what_few_orders_have_is_told() -> None:
    kind = ResponseType.RESULT
    for shape in (
        make_answer(kind, SPECIAL, SYMBOL, UNIT, REPLY), make_cancel(SPECIAL, SYMBOL, UNIT),
    ):  # fmt: skip
        assert shape["timeInForce"] == "GTC"
        assert shape["icebergQty"] == "0.00500000"
        assert shape["origQuoteOrderQty"] == "1200.00000000"
        assert shape["preventedQuantity"] == "0.00100000"
    amended = make_amended(SPECIAL, None, SYMBOL, UNIT)["amendedOrder"]
    assert (amended["preventedQty"], amended["quoteOrderQty"]) == ("0.00100000", "1200.00000000")


def test_what_an_order_has_not_is_left_out() -> None:
    shape = make_answer(ResponseType.RESULT, PLACED, SYMBOL, UNIT, REPLY)
    assert not {"icebergQty", "preventedQuantity", "stopPrice"} & shape.keys()
    assert (shape["timeInForce"], shape["origQuoteOrderQty"]) == ("GTC", "0.00000000")
    ioc = replace(PLACED, time_in_force=TimeInForce.IOC)
    assert make_cancel(ioc, SYMBOL, UNIT)["timeInForce"] == "IOC"


def trailing_values(delta: int, **more: Any) -> dict[str, Any]:
    """Return the values of a trailing stop as a call has them; amounts in 10^-8."""
    return dict.fromkeys(each.name for each in NEW_ORDER) | {
        "symbol": "BTCUSDT", "side": Side.SELL, "type": Type.STOP_LOSS, "quantity": 1_000_000,
        "trailingDelta": delta, **more,
    }  # fmt: skip


@pytest.mark.parametrize("kind", [Type.STOP_LOSS, Type.TAKE_PROFIT])
@pytest.mark.parametrize("side", list(Side))
def test_trailing_delta_is_in_the_bounds_of_its_filter(kind: Type, side: Side) -> None:
    filters = Filters(SYMBOL)
    for delta in (10, 2_000):
        check_order(trailing_values(delta, type=kind, side=side), filters)
    for delta in (0, 9, 2_001):
        with pytest.raises(BinanceError, match="TRAILING_DELTA"):
            check_order(trailing_values(delta, type=kind, side=side), filters)
    bounds = {"Min": 10, "Max": 2_000}
    assert filters.describe()[-1] == {"filterType": "TRAILING_DELTA"} | {
        f"{bound.lower()}Trailing{place}Delta": value
        for place in ("Above", "Below")
        for bound, value in bounds.items()
    }


def test_stop_price_beside_a_trailing_delta_is_where_it_begins() -> None:
    entry = make_entry(trailing_values(250, stopPrice=6_000_000_000_000), SYMBOL)
    assert (entry.trailing_offset, entry.trailing_offset_type) == ("250", "basis_points")
    assert (entry.stop_price, entry.activation_price) == (None, "60000")
    at_once = make_entry(trailing_values(250), SYMBOL)
    assert (at_once.stop_price, at_once.activation_price) == (None, None)


def test_leg_with_a_trailing_delta_trails_in_its_list() -> None:
    loss = trailing_values(250)
    check_order(loss, Filters(SYMBOL), "pendingBelow")
    profit = trailing_values(0) | {
        "type": Type.LIMIT_MAKER, "price": 6_100_000_000_000, "trailingDelta": None,
    }  # fmt: skip
    working = profit | {"side": Side.BUY, "price": 6_000_000_000_000}
    entry = make_list_entry(ListType.OTOCO, None, [working, profit, loss], SYMBOL)
    assert [order.get("trailing_offset") for order in entry.orders] == [None, None, "250"]
    assert entry.orders[2]["trailing_offset_type"] == "basis_points"
    assert not entry.orders[2].keys() & {"stop_price", "activation_price", "reject_if_triggered"}


def test_answer_about_a_trailing_stop_says_since_when_it_follows() -> None:
    waiting = make_answer(ResponseType.RESULT, TRAILING, SYMBOL, UNIT, REPLY)
    assert (waiting["trailingDelta"], waiting["trailingTime"]) == (250, -1)
    assert waiting["stopPrice"] == "61000.00000000"
    follows = replace(TRAILING, stop_price="59475.00")
    told = make_answer(ResponseType.RESULT, follows, SYMBOL, UNIT, REPLY)
    assert (told["trailingTime"], told["stopPrice"]) == (EXAMPLE // 1_000, "61000.00000000")
    assert make_cancel(TRAILING, SYMBOL, UNIT)["trailingTime"] == -1
    assert "trailingTime" not in make_cancel(follows, SYMBOL, UNIT)
    known = make_cancel(follows, SYMBOL, UNIT, Past(EXAMPLE + 3_000, 7))
    assert (known["trailingTime"], known["preventedMatchId"]) == (EXAMPLE // 1_000 + 3, 7)


def test_offset_in_a_price_is_no_trailing_delta() -> None:
    by_price = replace(TRAILING, trailing_offset_type=TrailingOffsetType.PRICE)
    told = make_answer(ResponseType.RESULT, by_price, SYMBOL, UNIT, REPLY)
    assert "trailingDelta" not in told
    assert told["trailingTime"] == -1


@pytest.mark.parametrize(
    ("known", "seconds"),
    [
        ({"stop_price": None}, None),
        ({"stop_price": None, "activation_price": None}, None),
        ({"activation_price": None}, 0),
        ({"activation_price": None, "list": LISTED}, 2),
        ({}, 2),
        ({"working_since": format_timestamp(EXAMPLE + 1_000_000), "triggered": True}, 1),
        ({"trailing_since": format_timestamp(EXAMPLE + 1_000_000)}, 1),
        ({"trailing_since": format_timestamp(EXAMPLE + 1_000_000), "stop_price": None}, None),
    ],
)
def test_query_takes_the_moment_from_what_the_archive_has(
    known: dict[str, Any], seconds: int | None
) -> None:
    fields: dict[str, Any] = dict.fromkeys(OrderRecord.__struct_fields__) | {
        "order_id": "5", "number": 1041, "order_type": "stop_loss", "side": "sell",
        "status": "open", "triggered": False, "filled_quantity": "0", "filled_notional": "0",
        "opened_at": STAMP, "updated_at": format_timestamp(EXAMPLE + 2_000_000),
        "stop_price": "59475.00", "trailing_offset": "250", "trailing_offset_type": "basis_points",
        "activation_price": "61000.00",
    }  # fmt: skip
    told = make_query(OrderRecord(**(fields | known)), SYMBOL, UNIT)
    expected = -1 if seconds is None else EXAMPLE // 1_000 + seconds * 1_000
    assert (told["trailingDelta"], told["trailingTime"]) == (250, expected)
