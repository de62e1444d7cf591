"""Order lists through the exchange: commands, reports, replies, snapshots, replay, audit."""

from typing import Any

import pytest

from engine.audit.balances import BalanceAudit
from engine.audit.findings import Findings
from engine.audit.orders import OrderAudit
from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.levels import Level
from engine.exchange.own_entries import make_configuration
from engine.order_path.handler import Handler
from protocol import channels, codec
from protocol.enums import BalanceMode
from protocol.events import ExecutionReport
from protocol.limits import InstrumentLimits, TradingLimits
from protocol.snapshot import encode_snapshot
from protocol.timestamps import format_timestamp
from tests.support.exchange import ID_KEY, Exchange, Json, decode_events, read_events, read_replies
from tests.support.instruments import make_instruments
from tests.support.ledgers import make_ledger

ALICE: Json = {"account": "alice"}
BOB: Json = {"account": "bob"}
REPORTS = channels.EXECUTION_REPORTS
ASK: Json = {"reply_to": "worker", "request_id": "1"}
SELL: Json = {"side": "sell", "quantity": "1"}
PROFIT: Json = SELL | {"order_type": "post_only", "price": "110", "client_order_id": "profit"}
LOSS: Json = SELL | {"order_type": "stop_loss", "stop_price": "90", "client_order_id": "loss"}
ENTRY: Json = {
    "side": "buy",
    "order_type": "limit",
    "quantity": "1",
    "price": "100",
    "client_order_id": "entry",
}
OCO: Json = {"command": "new_list", "symbol": "BTC-USDT", "list_type": "oco"} | ALICE
OCO |= {"client_list_id": "mine", "orders": [PROFIT, LOSS]}
OTOCO: Json = OCO | {"list_type": "otoco", "orders": [ENTRY, PROFIT, LOSS]}
OPOCO: Json = OCO | {
    "list_type": "opoco",
    "orders": [
        ENTRY,
        *({name: leg[name] for name in leg if name != "quantity"} for leg in (PROFIT, LOSS)),
    ],
}
Told = list[tuple[str | None, str | None, str | None]]


def tell(exchange: Exchange, *entries: Json) -> Told:
    """Send commands; return name, status and reason of what is reported about alice's orders."""
    return [
        (event.get("client_order_id"), event.get("status", event["type"]), event["reason"])
        for event in read_events(exchange.send(*entries), REPORTS)
        if event["type"] in ("execution_report", "command_rejected") and event["account"] == "alice"
    ]


def refuse(exchange: Exchange, entry: Json) -> tuple[str, str]:
    """Send a list that is refused; return the reason, and the field at fault."""
    batch = exchange.send(entry | ASK)
    [reply] = read_replies(batch, "worker")
    [event] = [each for each in read_events(batch, REPORTS) if each["type"] == "command_rejected"]
    assert event["reason"] == reply["reason"]
    return reply["reason"], reply["field"]


def change(entry: Json, place: int, **fields: Any) -> Json:
    """Return a list of which one order has other fields; None takes one away."""
    orders = list(entry["orders"])
    changed = orders[place] | fields
    orders[place] = {name: value for name, value in changed.items() if value is not None}
    return entry | {"orders": orders}


def replay(exchange: Exchange, ledger: BalanceMode | None = None) -> None:
    """Run all again from each commit's snapshot, and audit what was published."""
    findings = Findings()
    instruments = make_instruments()
    orders = OrderAudit(instruments, 1000, findings)
    balances = BalanceAudit(instruments, findings)
    again = Handler(EngineExchange(instruments, ID_KEY, 1000, exchange.level))
    for batch in exchange.batches:
        replayed = again.handle(batch.commands, batch.timestamp, batch.elapsed, max_size=None)
        assert replayed.to_journal_entry() == batch.to_journal_entry()
        snapshot = again.exchange.export()
        restored = EngineExchange(instruments, ID_KEY, 1000)
        restored.restore(snapshot)
        assert encode_snapshot(restored.export()) == encode_snapshot(snapshot)
        again = Handler(restored)
        events: list[Any] = decode_events(batch, REPORTS)
        trades: list[Any] = decode_events(batch, channels.TRADE_EVENTS)
        orders.read([each for each in events if isinstance(each, ExecutionReport)], trades)
        if ledger is not None:
            balances.read(batch.to_journal_entry(), events)
            balances.compare_holds(orders.open.values())
    assert not findings.kept


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def test_reports_tell_the_list_and_whether_an_order_is_pending(exchange: Exchange) -> None:
    reports = read_events(exchange.send(OTOCO), REPORTS)
    ids = [report["order_id"] for report in reports]
    known = {"list_id": 64, "list_type": "otoco", "client_list_id": "mine", "order_ids": ids}
    assert [report["list"] for report in reports] == [
        known | {"state": state} for state in ("active", "pending", "pending")
    ]
    assert [report["status"] for report in reports] == ["open"] * 3
    for report in reports:
        text = codec.encode(report)
        assert codec.encode(codec.decode_report(text)) == text


def test_answer_has_all_orders_of_the_list(exchange: Exchange) -> None:
    exchange.order("sell", "1", "100", **BOB)
    [reply] = read_replies(exchange.send(OTOCO | ASK), "worker")
    assert reply["list_id"] == 64
    assert [order["status"] for order in reply["orders"]] == ["filled", "open", "open"]
    assert [order["list"]["state"] for order in reply["orders"]] == ["active"] * 3
    assert [fill["quantity"] for fill in reply["fills"]] == ["1.00000"]
    replay(exchange)


def test_life_of_a_bracket(exchange: Exchange) -> None:
    assert [told[1] for told in tell(exchange, OTOCO)] == ["open"] * 3
    sell = {"symbol": "BTC-USDT", "order_type": "limit"} | BOB
    assert tell(exchange, sell | {"side": "sell", "quantity": "1", "price": "100"}) == [
        ("entry", "filled", None),
        ("profit", "open", None),
        ("loss", "open", None),
    ]
    assert tell(exchange, sell | {"side": "buy", "quantity": "0.4", "price": "110"}) == [
        ("profit", "partially_filled", None),
        ("loss", "expired", "oco_trigger"),
    ]
    replay(exchange)


def test_list_is_canceled_by_its_id_or_name(exchange: Exchange) -> None:
    exchange.send(OTOCO, OCO | {"client_list_id": "other", "orders": [
        each | {"client_order_id": f"{each['client_order_id']}2"} for each in (PROFIT, LOSS)
    ]})  # fmt: skip
    cancel: Json = {"command": "cancel_list"} | ALICE
    batch = exchange.send(cancel | {"list_id": 64, "cancel_id": "bye"} | ASK)
    [reply] = read_replies(batch, "worker")
    assert [order["status"] for order in reply["orders"]] == ["canceled"] * 3
    assert tell(exchange, cancel | {"client_list_id": "other"}) == [
        ("profit2", "canceled", "cancel_requested"),
        ("loss2", "canceled", "cancel_requested"),
    ]
    assert refuse(exchange, cancel | {"list_id": 64}) == ("unknown_list", "list_id")
    assert refuse(exchange, cancel | {"client_list_id": "mine"}) == (
        "unknown_list",
        "client_list_id",
    )
    assert refuse(exchange, cancel) == ("missing_field", "list_id")
    replay(exchange)


def test_lists_of_others_are_unknown(exchange: Exchange) -> None:
    exchange.send(OCO)
    assert refuse(exchange, {"command": "cancel_list", "list_id": 64} | BOB)[0] == "unknown_list"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (OCO | {"list_type": "bracket"}, ("invalid_list", "list_type")),
        (OCO | {"orders": [PROFIT]}, ("invalid_list", "orders")),
        (OCO | {"orders": "two"}, ("invalid_list", "orders")),
        (change(OCO, 1, side=7), ("invalid_type", "orders[1]")),
        (OCO | {"client_list_id": "a b"}, ("invalid_client_list_id", "client_list_id")),
        (change(OCO, 0, order_type="limit"), ("invalid_list", "orders[1].order_type")),
        (change(OCO, 1, side="buy"), ("invalid_list", "orders[1].side")),
        (change(OCO, 1, quantity="2"), ("invalid_list", "orders[1]")),
        (change(OCO, 0, price="90"), ("price_relation", "orders[1]")),
        (change(OCO, 0, price="110.001"), ("off_tick", "orders[0].price")),
        (change(OCO, 1, quantity=None), ("quantity_required", "orders[1].quantity")),
        (change(OCO, 1, client_order_id="profit"),
         ("client_order_id_open", "orders[1].client_order_id")),
        (change(OTOCO, 0, order_type="market", price=None),
         ("invalid_list", "orders[0].order_type")),
        (change(OTOCO, 2, reject_if_triggered=True),
         ("reject_if_triggered_forbidden", "orders[2].reject_if_triggered")),
        (change(OPOCO, 0, side="sell"), ("invalid_list", "orders[0].side")),
        (change(OPOCO, 1, side="buy"), ("invalid_list", "orders[1].side")),
        (change(OPOCO, 1, quantity="1"), ("invalid_list", "orders[1].quantity")),
    ],
)  # fmt: skip
def test_refused_list_names_the_order_and_the_field(
    exchange: Exchange, entry: Json, expected: tuple[str, str]
) -> None:
    assert refuse(exchange, entry) == expected
    assert exchange.state.matcher.open_orders() == 0
    assert exchange.state.orders.open == {}


def test_names_are_unique_among_what_is_open(exchange: Exchange) -> None:
    exchange.send(OCO)
    assert refuse(exchange, OCO) == ("client_list_id_open", "client_list_id")
    assert refuse(exchange, OCO | {"client_list_id": "other"}) == (
        "client_order_id_open",
        "orders[0].client_order_id",
    )
    exchange.send({"command": "cancel_all"} | ALICE)
    assert [told[1] for told in tell(exchange, OCO)] == ["open", "open"]
    replay(exchange)


def test_list_that_breaks_a_limit_is_refused_as_a_whole(exchange: Exchange) -> None:
    limits = TradingLimits(max_open_orders=2)
    exchange.send(make_configuration(limits, None))
    assert refuse(exchange, OTOCO) == ("too_many_open_orders", "orders[2]")
    assert exchange.state.orders.open == {}
    assert [told[1] for told in tell(exchange, OCO)] == ["open", "open"]


def test_pending_prices_are_no_business_of_the_band(exchange: Exchange) -> None:
    bands = {"BTC-USDT": InstrumentLimits(price_band="0.05")}
    exchange.send(make_configuration(TradingLimits(instruments=bands), None))
    exchange.order("sell", "1", "100", **BOB)
    exchange.order("buy", "1", "100", **BOB)
    assert [told[1] for told in tell(exchange, OTOCO)] == ["open"] * 3
    assert refuse(exchange, change(OTOCO, 0, price="90"))[0] == "client_list_id_open"
    far = change(OTOCO, 0, price="90") | {"client_list_id": "far"}
    assert refuse(exchange, far)[0] == "client_order_id_open"


@pytest.mark.parametrize("phase", ["halted", "closed"])
def test_lists_wait_for_no_phase(exchange: Exchange, phase: str) -> None:
    exchange.send(OCO)
    exchange.send({"command": "set_phase", "symbol": "BTC-USDT", "phase": phase})
    other = OCO | {"client_list_id": "other"}
    reason, field = refuse(exchange, change(change(other, 0, client_order_id="x"), 1,
                                            client_order_id="y"))  # fmt: skip
    assert (reason, field) == (f"instrument_{phase}", "orders[0].symbol")
    assert [told[1] for told in tell(exchange, {"command": "cancel_list", "list_id": 64} | ALICE)]
    replay(exchange)


def test_timer_that_spares_stops_spares_an_oco(exchange: Exchange) -> None:
    exchange.send(OCO)
    pending = change(change(OTOCO, 1, client_order_id="p"), 2, client_order_id="l")
    exchange.send(pending | {"client_list_id": "entry"})
    exchange.send({"command": "cancel_after", "seconds": 5, "scope": "except_stops"} | ALICE)
    exchange.now += 6_000_000
    assert tell(exchange, {"command": "expire_timers", "elapsed": exchange.elapsed}) == [
        ("entry", "canceled", "cancel_after"),
        ("p", "canceled", "cancel_after"),
        ("l", "canceled", "cancel_after"),
    ]
    assert [order.client_order_id for order in exchange.state.orders.open.values()] == [
        "profit",
        "loss",
    ]
    replay(exchange)


def test_timer_for_all_orders_ends_each_once(exchange: Exchange) -> None:
    exchange.send(OTOCO)
    exchange.send({"command": "cancel_after", "seconds": 5} | ALICE)
    exchange.now += 6_000_000
    told = tell(exchange, {"command": "expire_timers", "elapsed": exchange.elapsed})
    assert sorted(told) == [(name, "canceled", "cancel_after") for name in
                            ("entry", "loss", "profit")]  # fmt: skip
    replay(exchange)


def test_end_of_an_order_is_the_end_of_its_list(exchange: Exchange) -> None:
    moment = format_timestamp(exchange.now + 5_000_000)
    gtd = {"time_in_force": "gtd", "expires_at": moment}
    exchange.send(change(change(OTOCO, 0, **gtd), 1, **gtd))
    exchange.now += 6_000_000
    assert tell(exchange, {"command": "barrier"}) == [
        ("entry", "expired", "time_reached"),
        ("profit", "expired", "list_ended"),
        ("loss", "expired", "list_ended"),
    ]
    replay(exchange)


def test_amend_of_a_leg_renames_that_leg_alone(exchange: Exchange) -> None:
    exchange.send(OCO)
    amend: Json = {"command": "amend", "client_order_id": "profit", "quantity": "0.5"} | ALICE
    assert tell(exchange, amend | {"new_client_order_id": "less"}) == [
        ("less", "open", None),
        ("loss", "open", None),
    ]
    assert {order.quantity for order in exchange.state.orders.open.values()} == {50_000}
    replay(exchange)


def test_replace_cancels_the_list_of_what_it_replaces(exchange: Exchange) -> None:
    exchange.send(OCO)
    new: Json = {"command": "replace", "symbol": "BTC-USDT", "side": "sell", "quantity": "1"}
    new |= {"order_type": "limit", "price": "111", "replaced": {"client_order_id": "loss"}} | ALICE
    assert [told[1:] for told in tell(exchange, new)] == [
        ("canceled", "cancel_requested"),
        ("canceled", "cancel_requested"),
        ("open", None),
    ]
    replay(exchange)


def test_pending_orders_sell_what_was_bought_less_commission() -> None:
    exchange = Exchange(ledger=make_ledger(BTC="0", USDT="1000"))
    exchange.order("buy", "1", "99", **BOB)
    exchange.send({"command": "credit", "account": "bob", "asset": "BTC", "amount": "2",
                   "id": "1"})  # fmt: skip
    exchange.send(OPOCO)
    exchange.order("sell", "0.4", "100", **BOB)
    told = read_events(
        exchange.send({"symbol": "BTC-USDT", "side": "sell", "quantity": "0.6", "price": "100",
                       "order_type": "limit"} | BOB), REPORTS,
    )  # fmt: skip
    orders = {each["client_order_id"]: each for each in told if "client_order_id" in each}
    assert orders["profit"]["quantity"] == orders["loss"]["quantity"] == "0.99900"
    [position] = [each for each in told if each["type"] == "account_position"
                  and each["account"] == "alice"]  # fmt: skip
    assert {each["asset"]: each["locked"] for each in position["balances"]} == {
        "BTC": "0.99900000",
        "USDT": "0.00000000",
    }
    exchange.order("buy", "0.2", "110", **BOB)
    replay(exchange, BalanceMode.CHECKED)


def test_list_that_cannot_be_paid_for_says_what_it_needs() -> None:
    exchange = Exchange(ledger=make_ledger(BTC="0.5", USDT="1000"))
    batch = exchange.send(OCO | ASK)
    [reply] = read_replies(batch, "worker")
    assert (reply["reason"], reply["field"]) == ("insufficient_balance", "orders[0]")
    assert "1.00000000 BTC" in reply["detail"]
    exchange.send({"command": "credit", "account": "alice", "asset": "BTC", "amount": "0.5",
                   "id": "1"})  # fmt: skip
    assert [told[1] for told in tell(exchange, OCO)] == ["open", "open"]
    replay(exchange, BalanceMode.CHECKED)


def test_there_are_no_lists_before_their_level() -> None:
    exchange = Exchange(level=Level.ORDERS)
    assert refuse(exchange, OCO) == ("invalid_command", "command")
    exchange.send({"command": "configure", "level": Level.CONDITIONAL})
    assert [told[1] for told in tell(exchange, OCO)] == ["open", "open"]
    replay(exchange)
