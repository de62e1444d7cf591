"""Trailing stops: their reports, what an amend and an end do to them, replay and snapshot."""

from typing import Any

import pytest

from engine.exchange.levels import Level
from engine.exchange.own_entries import make_configuration
from protocol import channels
from protocol.limits import TradingLimits
from tests.support.exchange import Exchange, Json, read_events, read_replies
from tests.unit.engine.test_special_orders import (
    ALICE,
    ASK,
    BOB,
    CAROL,
    REPORTS,
    SECOND,
    audit,
    gtd,
    refused,
    replay,
    tell,
)

POINTS: Json = {"trailing_offset": "250", "trailing_offset_type": "basis_points"}
STEPS: Json = {"trailing_offset": "2", "trailing_offset_type": "price"}
STOP: Json = {"order_type": "stop_loss", **ALICE, **POINTS}


def stop(exchange: Exchange, side: str = "sell", **fields: Any) -> Json:
    [report] = exchange.order(side, "1", **STOP | fields)
    return report


def trade(exchange: Exchange, *prices: str) -> list[Json]:
    """Trade at one price after the other; return alice's reports."""
    reports: list[Json] = []
    for price in prices:
        exchange.order("sell", "1", price, **BOB)
        reports += exchange.order("buy", "1", price, **CAROL)
    return [report for report in reports if report["account"] == "alice"]


def send(exchange: Exchange, command: str, order: Json, **fields: Any) -> list[Json]:
    """Send a command about one of alice's orders; return the reports."""
    entry = {"command": command, "order_id": order["order_id"], **ALICE, **fields}
    return read_events(exchange.send(entry), REPORTS)


def test_example_of_the_rules() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    order = stop(exchange)
    assert (order["stop_price"], order["triggered"]) == ("97.50", False)
    assert (order["trailing_offset"], order["trailing_offset_type"]) == ("250", "basis_points")
    assert "activation_price" not in order
    assert trade(exchange, "104") == []
    fired, ended = trade(exchange, "101.4")
    assert (fired["triggered"], fired["stop_price"]) == (True, "101.40")
    assert (ended["status"], ended["reason"]) == ("expired", "market_remainder")
    replay(exchange)
    assert audit(exchange).total == 0


def test_buy_follows_the_lowest_price_by_a_distance() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    assert stop(exchange, "buy", **STEPS)["stop_price"] == "102.00"
    assert trade(exchange, "99", "100.99") == []
    fired, _ = trade(exchange, "101")
    assert fired["stop_price"] == "101.00"
    replay(exchange)


def test_it_begins_at_its_activation_price() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    fields = {"order_type": "take_profit", "activation_price": "105"}
    order = stop(exchange, **fields)
    assert (order["stop_price"], order["activation_price"]) == (None, "105.00")
    assert trade(exchange, "104", "90") == []
    [begun] = trade(exchange, "106")
    assert (begun["status"], begun["stop_price"]) == ("open", "103.35")
    fired, _ = trade(exchange, "103")
    assert fired["stop_price"] == "103.35"
    replay(exchange)
    assert audit(exchange).total == 0


def test_it_begins_in_the_middle_of_a_command() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    stop(exchange, **STEPS, order_type="take_profit", activation_price="101")
    for price in ("101", "103", "104"):
        exchange.order("sell", "1", price, **BOB)
    reports = exchange.order("buy", "3", "104", **CAROL)
    assert [report["stop_price"] for report in reports if report["account"] == "alice"] == ["99.00"]
    [canceled] = read_events(exchange.send({"command": "cancel_all", **ALICE}), REPORTS)
    assert (canceled["status"], canceled["stop_price"]) == ("canceled", "102.00")
    replay(exchange)
    assert audit(exchange).total == 0


def test_before_the_first_trade_there_is_no_stop_price() -> None:
    exchange = Exchange()
    assert stop(exchange)["stop_price"] is None
    assert trade(exchange, "100") == []
    fired, _ = trade(exchange, "97.5")
    assert fired["stop_price"] == "97.50"
    replay(exchange)


def test_amend_of_quantity_or_price_loses_nothing_that_was_followed() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    order = stop(exchange, order_type="stop_limit", price="90")
    trade(exchange, "110", "108")
    for fields in ({"quantity": "3"}, {"price": "91"}, {"quantity": "2"}):
        [report] = send(exchange, "amend", order, **fields)
        assert (report["status"], report["stop_price"]) == ("open", "107.25")
    assert (report["price"], report["quantity"]) == ("91.00", "2.00000")
    [fired] = trade(exchange, "107")
    assert (fired["triggered"], fired["stop_price"], fired["price"]) == (True, "107.25", "91.00")
    replay(exchange)
    assert audit(exchange).total == 0


def test_amend_of_the_stop_price_is_refused() -> None:
    exchange = Exchange()
    order = stop(exchange)
    entry = {"command": "amend", "order_id": order["order_id"], "stop_price": "99", **ALICE, **ASK}
    [reply] = read_replies(exchange.send(entry), "worker")
    assert (reply["reason"], reply["field"]) == ("stop_price_forbidden", "stop_price")
    assert "follows the market" in reply["detail"]


def test_replace_begins_anew() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    order = stop(exchange)
    trade(exchange, "110", "108")
    entry = {
        "command": "replace", "symbol": "BTC-USDT", "side": "sell", "quantity": "1",
        "replaced": {"order_id": order["order_id"]}, "client_order_id": "again", **STOP, **STEPS,
    }  # fmt: skip
    canceled, new = read_events(exchange.send(entry), REPORTS)
    assert (canceled["status"], canceled["stop_price"]) == ("canceled", "107.25")
    assert (new["status"], new["stop_price"]) == ("open", "106.00")
    replay(exchange)


def test_it_ends_with_its_time() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    stop(exchange, order_type="stop_limit", price="90", **gtd(exchange, 10))
    trade(exchange, "110")
    exchange.now += 10 * SECOND
    [report] = exchange.order("sell", "1", "90", **BOB)[:1]
    assert tell([report]) == [("alice", "expired", "time_reached")]
    assert report["stop_price"] == "107.25"
    replay(exchange)
    assert audit(exchange).total == 0


def test_halt_moves_nothing_and_ends_nothing() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    order = stop(exchange)
    exchange.send({"command": "halt", "symbol": "BTC-USDT"})
    assert trade(exchange, "200") == []
    exchange.send({"command": "resume", "symbol": "BTC-USDT"})
    [canceled] = send(exchange, "cancel", order)
    assert canceled["stop_price"] == "97.50"
    replay(exchange)


def test_immediate_order_after_the_trigger() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    stop(exchange, order_type="stop_limit", price="90", time_in_force="ioc", **STEPS)
    fired, ended = trade(exchange, "98")
    assert (fired["stop_price"], ended["reason"]) == ("98.00", "ioc_remainder")
    replay(exchange)


@pytest.mark.parametrize("fields", [{}, {"order_type": "take_profit", "activation_price": "101"}])
def test_reject_if_triggered_takes_what_has_reached_nothing(fields: Json) -> None:
    exchange = Exchange()
    trade(exchange, "100")
    assert stop(exchange, **fields, reject_if_triggered=True)["status"] == "open"
    replay(exchange)


def test_reject_if_triggered_refuses_an_activation_price_that_is_reached() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    fields = {**STOP, "side": "sell", "price": None, "reject_if_triggered": True}
    reason, field = refused(exchange, **fields, activation_price="100")
    assert (reason, field) == ("would_trigger", "activation_price")


def test_repeat_is_the_same_order_though_its_stop_price_has_moved() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    stop(exchange, client_order_id="mine")
    trade(exchange, "110")
    entry = {"symbol": "BTC-USDT", "side": "sell", "quantity": "1", "client_order_id": "mine"}
    [reply] = read_replies(exchange.send(entry | STOP | ASK), "worker")
    assert (reply["duplicate"], reply["reason"]) == (True, None)
    [other] = read_replies(exchange.send(entry | STOP | ASK | STEPS), "worker")
    assert other["reason"] == "client_order_id_reused"
    replay(exchange)


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"order_type": "limit"}, "invalid_trailing_offset", "trailing_offset"),
        ({"stop_price": "99"}, "stop_price_forbidden", "stop_price"),
        ({"trailing_offset": "0"}, "invalid_trailing_offset", "trailing_offset"),
        ({"trailing_offset": "10000"}, "invalid_trailing_offset", "trailing_offset"),
        ({"trailing_offset": "2.5"}, "invalid_trailing_offset", "trailing_offset"),
        ({"trailing_offset": 5}, "invalid_trailing_offset", "trailing_offset"),
        ({**STEPS, "trailing_offset": "0.001"}, "price_out_of_range", "trailing_offset"),
        ({**STEPS, "trailing_offset": "1.001"}, "off_tick", "trailing_offset"),
        ({**STEPS, "trailing_offset": 5}, "invalid_decimal", "trailing_offset"),
        ({"trailing_offset_type": "percent"}, "invalid_trailing_offset", "trailing_offset_type"),
        ({"trailing_offset_type": None}, "invalid_trailing_offset", "trailing_offset_type"),
        ({"activation_price": "1.001"}, "off_tick", "activation_price"),
        ({"activation_price": 5}, "invalid_decimal", "activation_price"),
    ],
)
def test_wrong_forms_are_refused(fields: Json, reason: str, field: str) -> None:
    order: Json = {"price": None, "side": "sell", "order_type": "stop_loss", **POINTS, **fields}
    if order["order_type"] == "limit":
        order["price"] = "100"
    assert refused(Exchange(), **order) == (reason, field)


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"activation_price": "100"}, "activation_price_forbidden", "activation_price"),
        ({"trailing_offset_type": "price"}, "invalid_trailing_offset", "trailing_offset"),
    ],
)
def test_offset_is_missing(fields: Json, reason: str, field: str) -> None:
    order = {"price": None, "order_type": "stop_loss", "stop_price": "90", **fields}
    assert refused(Exchange(), **order) == (reason, field)


@pytest.mark.parametrize("level", [Level.LEDGER, Level.ORDERS])
def test_before_the_level_the_fields_do_not_count(level: Level) -> None:
    exchange = Exchange(level=level)
    trade(exchange, "100")
    fields = {"order_type": "stop_loss", "stop_price": "90", **ALICE, **POINTS}
    [report] = exchange.order("sell", "1", **fields)
    assert (report["status"], report["stop_price"]) == ("open", "90.00")
    assert "trailing_offset" not in report
    exchange.send(make_configuration(TradingLimits()))
    assert stop(exchange)["stop_price"] == "97.50"
    replay(exchange)


def test_dead_mans_switch_can_leave_them() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    stop(exchange)
    timer = {"command": "cancel_after", "seconds": 5, "scope": "except_stops", **ALICE}
    exchange.send(timer)
    exchange.now += 6 * SECOND
    batch = exchange.send({"command": "expire_timers", "elapsed": exchange.elapsed})
    assert read_events(batch, channels.EXECUTION_REPORTS) == []


# Orders of a list

SELL: Json = {"side": "sell", "quantity": "1"}
PROFIT: Json = SELL | {"order_type": "post_only", "price": "110"}
LOSS: Json = SELL | {"order_type": "stop_loss", **POINTS}
ENTRY: Json = {"side": "buy", "order_type": "limit", "quantity": "1", "price": "100"}


def enter(exchange: Exchange, list_type: str, *orders: Json) -> list[Json]:
    """Enter an order list of alice's; return the reports on her orders."""
    entry = {"command": "new_list", "list_type": list_type, "symbol": "BTC-USDT", **ALICE}
    reports = read_events(exchange.send(entry | {"orders": [*orders]}), REPORTS)
    return [report for report in reports if report.get("account") == "alice"]


def states(reports: list[Json]) -> list[tuple[str, str | None, str | None]]:
    """Status, reason and stop price of each report."""
    return [(each["status"], each["reason"], each["stop_price"]) for each in reports]


def test_leg_that_trails_fires_and_ends_the_other_one() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    reports = enter(exchange, "oco", PROFIT, LOSS)
    assert states(reports) == [("open", None, None), ("open", None, "97.50")]
    assert (reports[1]["trailing_offset"], reports[1]["triggered"]) == ("250", False)
    assert trade(exchange, "104") == []
    assert states(trade(exchange, "101.4")) == [
        ("expired", "oco_trigger", None),
        ("open", None, "101.40"),
        ("expired", "market_remainder", "101.40"),
    ]
    replay(exchange)
    assert audit(exchange).total == 0


def test_leg_that_trades_ends_the_one_that_trails() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    enter(exchange, "oco", LOSS, PROFIT)
    trade(exchange, "104")
    reports = exchange.order("buy", "1", "110", **CAROL)
    assert states(reports[2:]) == [("filled", None, None), ("expired", "oco_trigger", "101.40")]
    replay(exchange)
    assert audit(exchange).total == 0


def test_pending_leg_begins_to_trail_when_it_comes_in() -> None:
    exchange = Exchange()
    trade(exchange, "105")
    reports = enter(exchange, "otoco", ENTRY, PROFIT, LOSS)
    assert states(reports) == [("open", None, None)] * 3
    assert (reports[2]["list"]["state"], reports[2]["trailing_offset"]) == ("pending", "250")
    reports = exchange.order("sell", "1", "100", **BOB)[2:]
    assert states(reports) == [
        ("filled", None, None), ("open", None, None), ("open", None, "97.50"),
    ]  # fmt: skip
    assert reports[2]["list"]["state"] == "active"
    trade(exchange, "106")
    [canceled, other] = send(exchange, "cancel", reports[2])
    assert states([canceled, other]) == [
        ("canceled", "cancel_requested", "103.35"),
        ("canceled", "cancel_requested", None),
    ]
    replay(exchange)
    assert audit(exchange).total == 0


def test_pending_order_waits_for_its_activation_price() -> None:
    exchange = Exchange()
    pending = SELL | {"order_type": "take_profit", **STEPS, "activation_price": "103"}
    enter(exchange, "oto", ENTRY, pending)
    [_, _, _, released] = exchange.order("sell", "1", "100", **BOB)
    assert (released["stop_price"], released["activation_price"]) == (None, "103.00")
    assert states(trade(exchange, "103")) == [("open", None, "101.00")]
    replay(exchange)


def test_amend_of_the_other_leg_leaves_what_was_followed() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    profit, loss = enter(exchange, "oco", PROFIT, LOSS)
    trade(exchange, "104")
    assert states(send(exchange, "amend", profit, quantity="2")) == [
        ("open", None, None), ("open", None, "101.40"),
    ]  # fmt: skip
    entry = {"command": "amend", "order_id": loss["order_id"], "stop_price": "99", **ALICE, **ASK}
    [reply] = read_replies(exchange.send(entry), "worker")
    assert (reply["reason"], reply["field"]) == ("stop_price_forbidden", "stop_price")
    replay(exchange)


def test_list_that_trails_waits_out_a_halt_and_can_be_canceled() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    _, loss = enter(exchange, "oco", PROFIT, LOSS)
    exchange.send({"command": "halt", "symbol": "BTC-USDT"})
    assert [report["reason"] for report in enter(exchange, "oco", PROFIT, LOSS)] == [
        "instrument_halted"
    ]
    exchange.send({"command": "resume", "symbol": "BTC-USDT"})
    trade(exchange, "104")
    exchange.send({"command": "halt", "symbol": "BTC-USDT"})
    assert states(send(exchange, "cancel", loss))[0] == ("canceled", "cancel_requested", "101.40")
    replay(exchange)


def test_end_of_a_leg_that_trails_is_the_end_of_its_list() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    leg = SELL | {"order_type": "stop_limit", "price": "90", **POINTS, **gtd(exchange, 10)}
    enter(exchange, "oco", PROFIT, leg)
    exchange.now += 10 * SECOND
    assert states(read_events(exchange.send({"command": "barrier"}), REPORTS)) == [
        ("expired", "time_reached", "97.50"),
        ("expired", "list_ended", None),
    ]
    replay(exchange)


def test_dead_mans_switch_can_leave_a_list_that_trails() -> None:
    exchange = Exchange()
    trade(exchange, "100")
    enter(exchange, "oco", PROFIT, LOSS)
    exchange.send({"command": "cancel_after", "seconds": 5, "scope": "except_stops", **ALICE})
    exchange.send({"command": "cancel_after", "seconds": 5, **BOB})
    exchange.now += 6 * SECOND
    batch = exchange.send({"command": "expire_timers", "elapsed": exchange.elapsed})
    assert read_events(batch, REPORTS) == []
    [first, second] = read_events(exchange.send({"command": "cancel_all", **ALICE}), REPORTS)
    assert states([first, second]) == [
        ("canceled", "cancel_all", None), ("canceled", "cancel_all", "97.50"),
    ]  # fmt: skip
    replay(exchange)


@pytest.mark.parametrize(
    ("orders", "reason", "field"),
    [
        ((ENTRY | POINTS, LOSS), "invalid_trailing_offset", "orders[0].trailing_offset"),
        ((ENTRY, LOSS | {"stop_price": "90"}), "stop_price_forbidden", "orders[1].stop_price"),
        ((ENTRY, LOSS | {"trailing_offset": "0"}), "invalid_trailing_offset",
         "orders[1].trailing_offset"),
        ((PROFIT, LOSS | {"activation_price": "101"}), "price_relation", "orders[1]"),
        ((PROFIT, LOSS | {"activation_price": "100", "reject_if_triggered": True}),
         "would_trigger", "orders[1].activation_price"),
    ],
)  # fmt: skip
def test_list_that_cannot_trail_names_the_order_and_the_field(
    orders: tuple[Json, Json], reason: str, field: str
) -> None:
    exchange = Exchange()
    trade(exchange, "100")
    list_type = "oto" if orders[0]["side"] == "buy" else "oco"
    entry = {"command": "new_list", "list_type": list_type, "symbol": "BTC-USDT"}
    [reply] = read_replies(exchange.send(entry | {"orders": [*orders]} | ALICE | ASK), "worker")
    assert (reply["reason"], reply["field"]) == (reason, field)
