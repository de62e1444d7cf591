"""A cancel and a new order in one command."""

from typing import Any

import pytest

from protocol import channels
from protocol.enums import BalanceMode
from tests.support.exchange import Exchange, Json, read_events, read_replies
from tests.support.ledgers import make_ledger

ALICE: Json = {"account": "alice", "client_order_id": "mine"}
NEW: Json = {
    "command": "replace", "account": "alice", "client_order_id": "mine", "symbol": "BTC-USDT",
    "side": "buy", "order_type": "limit", "quantity": "2", "price": "59000",
    "replaced": {"number": 64}, "reply_to": "w", "request_id": "r",
}  # fmt: skip
ALLOW: Json = {"mode": "allow_failure"}


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.order("buy", "1", "60000", **ALICE)
    return exchange


def replace(exchange: Exchange, **fields: object) -> tuple[list[tuple[Any, Any]], Json]:
    """Send a replace; return what was reported, and the reply."""
    batch = exchange.send(NEW | fields)
    reports = read_events(batch, channels.EXECUTION_REPORTS)
    told = [
        (report.get("status", report["type"]), report["reason"])
        for report in reports
        if report["type"] in ("execution_report", "command_rejected")
    ]
    [reply] = read_replies(batch, "w")
    return told, reply


def test_new_order_may_bear_the_name_of_the_one_that_it_replaces(exchange: Exchange) -> None:
    told, reply = replace(exchange)
    assert told == [("canceled", "cancel_requested"), ("open", None)]
    assert (reply["status"], reply["cancel_reason"]) == ("open", None)
    assert (reply["canceled_order"]["number"], reply["order"]["number"]) == (64, 128)
    assert reply["canceled_order"]["client_order_id"] == reply["order"]["client_order_id"] == "mine"
    assert exchange.book() == ([("59000.00", "2.00000")], [])


def test_new_order_never_takes_the_place_of_another_one(exchange: Exchange) -> None:
    exchange.order("buy", "3", "50000", **ALICE | {"client_order_id": "open:3"})
    told, _ = replace(exchange)
    assert told == [("command_rejected", "order_id_collision")]
    assert exchange.book() == ([("60000.00", "1.00000"), ("50000.00", "3.00000")], [])


def test_a_level_that_both_touch_is_told_once(exchange: Exchange) -> None:
    before = exchange.state.matcher.update_id(0)
    replace(exchange, price="60000")
    assert exchange.state.matcher.update_id(0) == before + 1
    assert exchange.book() == ([("60000.00", "2.00000")], [])


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"number": 128}, "unknown_order"),
        ({"client_order_id": "other"}, "unknown_order"),
        ({"order_id": "0"}, "invalid_order_id"),
        ({}, "invalid_order_id"),
        ({"number": 64, "restriction": "only_partially_filled"}, "cancel_restricted"),
    ],
)
def test_replace_stops_if_the_cancel_fails(exchange: Exchange, target: Json, reason: str) -> None:
    told, reply = replace(exchange, replaced=target)
    assert told == [("command_rejected", reason)]
    assert (reply["order"], reply["reason"], reply["field"]) == (None, reason, "replaced")
    assert exchange.book() == ([("60000.00", "1.00000")], [])


def test_replace_goes_on_without_the_cancel_if_that_is_allowed(exchange: Exchange) -> None:
    told, reply = replace(exchange, replaced={"number": 128}, client_order_id="other", **ALLOW)
    assert told == [("open", None)]
    assert (reply["cancel_reason"], reply["canceled_order"]) == ("unknown_order", None)
    assert exchange.book()[0] == [("60000.00", "1.00000"), ("59000.00", "2.00000")]


def test_name_of_an_order_that_stays_open_is_taken(exchange: Exchange) -> None:
    told, _ = replace(exchange, replaced={"number": 128}, **ALLOW)
    assert told == [("command_rejected", "client_order_id_open")]


@pytest.mark.parametrize("mode", ["stop_on_failure", "allow_failure"])
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"price": "59000.001"}, "off_tick"),
        ({"price": None}, "price_required"),
        ({"order_id": "5"}, "invalid_order_id"),
        ({"replaced": None}, "invalid_command"),
    ],
)
def test_wrong_new_order_leaves_the_other_one_as_it_is(
    exchange: Exchange, fields: Json, reason: str, mode: str
) -> None:
    told, _ = replace(exchange, **fields, mode=mode)
    assert told == [("command_rejected", reason)]
    assert exchange.book() == ([("60000.00", "1.00000")], [])


def test_halted_instrument_leaves_the_other_one_as_it_is(exchange: Exchange) -> None:
    exchange.send({"command": "halt", "symbol": "BTC-USDT"})
    told, _ = replace(exchange)
    assert told == [("command_rejected", "instrument_halted")]


def test_new_order_that_would_trade_is_rejected_after_the_cancel(exchange: Exchange) -> None:
    exchange.order("sell", "1", "61000")
    told, reply = replace(exchange, price="61000", order_type="post_only")
    assert told == [("canceled", "cancel_requested"), ("rejected", "would_trade")]
    assert (reply["status"], reply["canceled_order"]["status"]) == ("rejected", "canceled")


def test_order_of_another_symbol_is_not_replaced(exchange: Exchange) -> None:
    told, _ = replace(exchange, symbol="ETH-USDT", price="100")
    assert told == [("command_rejected", "unknown_order")]


def test_account_at_its_limit_may_replace(exchange: Exchange) -> None:
    exchange.send({"command": "configure", "limits": {"max_open_orders": 1}})
    assert replace(exchange)[0][-1] == ("open", None)
    told, _ = replace(exchange, client_order_id="other", replaced={"number": 5}, **ALLOW)
    assert told == [("command_rejected", "too_many_open_orders")]


def test_what_the_old_order_held_pays_for_the_new_one() -> None:
    exchange = Exchange(ledger=make_ledger(BalanceMode.CHECKED))
    free = exchange.state.ledger
    exchange.order("buy", "1", "60000", **ALICE)
    balance = {asset.symbol: place for place, asset in enumerate(free.assets)}["USDT"]
    account = exchange.state.accounts["alice"]
    left, locked = exchange.state.matcher.balance(account, balance)
    quantity = (left + locked) // 10**8 // 59000
    told, _ = replace(exchange, quantity=str(quantity))
    assert told == [("canceled", "cancel_requested"), ("open", None)]
    told, reply = replace(
        exchange, quantity=str(quantity + 10), replaced={"client_order_id": "mine"}
    )
    assert told == [("canceled", "cancel_requested"), ("rejected", "insufficient_balance")]
    assert "USDT" in reply["detail"]
