"""What few orders have: time in force, an end, a displayed part, an amount, prevented quantity."""

from typing import Any

import pytest

from engine.audit.findings import Findings
from engine.audit.orders import OrderAudit
from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.levels import Level
from engine.exchange.own_entries import make_configuration
from engine.order_path.handler import Handler
from protocol import channels
from protocol.limits import InstrumentLimits, TradingLimits
from protocol.snapshot import encode_snapshot
from protocol.timestamps import format_timestamp
from tests.support.exchange import ID_KEY, Exchange, Json, decode_events, read_events, read_replies
from tests.support.instruments import make_instruments

ALICE: Json = {"account": "alice"}
BOB: Json = {"account": "bob"}
CAROL: Json = {"account": "carol"}
SECOND = 1_000_000
DAY = 86_400 * SECOND
REPORTS = channels.EXECUTION_REPORTS
ASK: Json = {"reply_to": "worker", "request_id": "1"}


def gtd(exchange: Exchange, seconds: int, **more: Any) -> Json:
    moment = format_timestamp(exchange.now + seconds * SECOND)
    return {"time_in_force": "gtd", "expires_at": moment, **more}


def tell(events: list[Json]) -> list[tuple[str, str, str | None]]:
    """Account, status and reason of each report."""
    return [(event["account"], event["status"], event["reason"]) for event in events]


def refused(exchange: Exchange, **fields: Any) -> tuple[str, str]:
    """Reason of an order's only report, and the field that its reply names."""
    entry = {"symbol": "BTC-USDT", "side": "buy", "quantity": "10", "price": "100"}
    order = entry | {"order_type": "limit"} | ASK | fields
    batch = exchange.send({name: value for name, value in order.items() if value is not None})
    [report] = read_events(batch, REPORTS)
    assert report["status"] == "rejected"
    return report["reason"], read_replies(batch, "worker")[0]["field"]


def replay(exchange: Exchange) -> None:
    """Run the commands again, from nothing and from each commit's snapshot."""
    again = Handler(EngineExchange(make_instruments(), ID_KEY, 1000, exchange.level))
    for batch in exchange.batches:
        replayed = again.handle(batch.commands, batch.timestamp, batch.elapsed, max_size=None)
        assert replayed.to_journal_entry() == batch.to_journal_entry()
        restored = EngineExchange(make_instruments(), ID_KEY, 1000)
        snapshot = again.exchange.export()
        restored.restore(snapshot)
        assert encode_snapshot(restored.export()) == encode_snapshot(snapshot)
        again = Handler(restored)


def audit(exchange: Exchange) -> Findings:
    findings = Findings()
    orders = OrderAudit(make_instruments(), 1000, findings)
    for batch in exchange.batches:
        reports = decode_events(batch, REPORTS)
        orders.read(reports, decode_events(batch, channels.TRADE_EVENTS))  # type: ignore[arg-type]
    return findings


# Times in force


def test_report_tells_a_time_in_force_that_is_not_the_usual_one() -> None:
    exchange = Exchange()
    [report] = exchange.order("buy", "1", "100", time_in_force="gtc")
    assert "time_in_force" not in report
    reports = exchange.order("buy", "1", "100", time_in_force="ioc")
    assert [report["time_in_force"] for report in reports] == ["ioc", "ioc"]
    assert tell(reports)[-1] == ("default", "expired", "ioc_remainder")
    assert reports[0]["order_type"] == "limit"
    replay(exchange)


def test_time_in_force_holds_after_a_trigger() -> None:
    exchange = Exchange()
    stop = {"order_type": "stop_limit", "stop_price": "101", "time_in_force": "fok"}
    exchange.order("buy", "2", "102", **stop)
    exchange.order("sell", "1", "101", **ALICE)
    events = exchange.order("buy", "1", "101", **BOB)
    assert tell(events)[-2:] == [
        ("default", "open", None),
        ("default", "expired", "fok_not_fillable"),
    ]
    replay(exchange)


@pytest.mark.parametrize(
    ("order_type", "words"),
    [
        ("limit", {"gtc", "ioc", "fok", "gtd", "day"}),
        ("post_only", {"gtc", "gtd", "day"}),
        ("ioc", {"ioc"}),
        ("fok", {"fok"}),
        ("market", set()),
    ],
)
def test_each_type_has_times_in_force_of_its_own(order_type: str, words: set[str]) -> None:
    exchange = Exchange()
    price = None if order_type == "market" else "100"
    for word in ("gtc", "ioc", "fok", "gtd", "day"):
        fields = gtd(exchange, 60) if word == "gtd" else {"time_in_force": word}
        reports = exchange.order("buy", "1", price, **{"order_type": order_type} | fields)
        is_taken = reports[0]["reason"] != "invalid_time_in_force"
        assert is_taken == (word in words), word


def test_word_that_the_type_says_already_makes_the_same_order() -> None:
    exchange = Exchange()
    name = {"client_order_id": "one"}
    exchange.order("buy", "1", "100", order_type="ioc", **name)
    [repeat] = exchange.order("buy", "1", "100", order_type="ioc", time_in_force="ioc", **name)
    assert repeat["reason"] == "duplicate_order"
    [other] = exchange.order("buy", "1", "100", time_in_force="ioc", **name)
    assert other["reason"] == "client_order_id_reused"


@pytest.mark.parametrize("word", ["GTC", "", 5, ["gtc"]])
def test_word_that_is_none_is_refused(word: object) -> None:
    assert refused(Exchange(), time_in_force=word) == ("invalid_time_in_force", "time_in_force")


# Ends


def test_order_ends_before_the_first_command_at_its_time() -> None:
    exchange = Exchange()
    exchange.order("buy", "1", "100", **ALICE, **gtd(exchange, 10))
    exchange.now += 10 * SECOND - 3
    assert tell(exchange.order("sell", "1", "200", **BOB)) == [("bob", "open", None)]
    reports = exchange.order("sell", "1", "100", **BOB)
    assert tell(reports) == [("alice", "expired", "time_reached"), ("bob", "open", None)]
    assert {report["sequence"] for report in reports} == {3}
    replay(exchange)
    assert audit(exchange).total == 0


def test_ends_of_one_moment_come_by_number_and_earlier_ones_first() -> None:
    exchange = Exchange()
    late, soon = gtd(exchange, 20), gtd(exchange, 10)
    for name, end in (("late", late), ("soon-1", soon), ("soon-2", soon)):
        exchange.order("buy", "1", "100", account=name, **end)
    exchange.now += 30 * SECOND
    reports = read_events(exchange.send({"command": "expire_timers", "elapsed": 0}), REPORTS)
    assert [report["account"] for report in reports] == ["soon-1", "soon-2", "late"]
    replay(exchange)


def test_late_amend_and_cancel_are_late() -> None:
    exchange = Exchange()
    [report] = exchange.order("buy", "2", "100", **ALICE, **gtd(exchange, 10))
    exchange.now += 10 * SECOND
    amend = {"command": "amend", "order_id": report["order_id"], "quantity": "1", **ALICE}
    reports = read_events(exchange.send(amend), REPORTS)
    assert [(event["type"], event["reason"]) for event in reports] == [
        ("execution_report", "time_reached"),
        ("command_rejected", "order_closed"),
    ]


def test_end_at_the_beginning_of_time_has_passed_too() -> None:
    [report] = Exchange().order("buy", "1", "100", **ALICE, time_in_force="gtd", expires_at="0")
    assert (report["status"], report["reason"]) == ("rejected", "time_reached")


def test_amended_order_keeps_its_end() -> None:
    exchange = Exchange()
    [report] = exchange.order("buy", "2", "100", **ALICE, **gtd(exchange, 10))
    amend = {"command": "amend", "order_id": report["order_id"], "price": "90", **ALICE}
    [amended] = read_events(exchange.send(amend), REPORTS)
    assert amended["expires_at"] == report["expires_at"]
    exchange.now += 10 * SECOND
    assert tell(exchange.order("sell", "1", "90", **BOB))[0][2] == "time_reached"


def test_waiting_order_and_triggered_order_end() -> None:
    exchange = Exchange()
    stop = {"order_type": "stop_limit", "stop_price": "101"} | gtd(exchange, 10)
    exchange.order("buy", "1", "100", account="fired", **stop)
    exchange.order("buy", "1", "110", account="waits", **stop | {"stop_price": "150"})
    exchange.order("sell", "1", "101", **ALICE)
    exchange.order("buy", "1", "101", **BOB)
    assert exchange.book()[0] == [("100.00", "1.00000")]
    exchange.now += 10 * SECOND
    reports = exchange.order("sell", "1", "100", **ALICE)
    assert tell(reports) == [
        ("fired", "expired", "time_reached"),
        ("waits", "expired", "time_reached"),
        ("alice", "open", None),
    ]
    assert audit(exchange).total == 0


def test_day_ends_at_midnight() -> None:
    exchange = Exchange()
    [report] = exchange.order("buy", "1", "100", time_in_force="day")
    midnight = (exchange.now // DAY + 1) * DAY
    assert report["expires_at"] == format_timestamp(midnight)
    exchange.now = midnight - 2
    assert tell(exchange.order("sell", "1", "200")) == [("default", "open", None)]
    assert tell(exchange.order("sell", "1", "100"))[0][1:] == ("expired", "time_reached")
    replay(exchange)


def test_order_that_comes_after_its_end_is_rejected() -> None:
    exchange = Exchange()
    end = gtd(exchange, 10)
    exchange.now += 10 * SECOND
    assert refused(exchange, **end) == ("time_reached", "expires_at")


def test_ended_orders_leave_the_queue_of_ends() -> None:
    exchange = Exchange()
    for number in range(200):
        [report] = exchange.order("buy", "1", "100", **ALICE, **gtd(exchange, 10))
        if number:
            exchange.send({"command": "cancel", "order_id": report["order_id"], **ALICE})
    exchange.now += 10 * SECOND
    assert tell(exchange.order("sell", "1", "100", **BOB))[0][2] == "time_reached"
    assert not exchange.state.expiries.is_due(exchange.now + DAY)


@pytest.fixture
def few_a_commit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Have a commit hold few commands and reports."""
    for module in ("exchange.batch", "order_path.handler", "exchange.exchange", "exchange.changes"):
        monkeypatch.setattr(f"engine.{module}.MAX_BATCH_SIZE", 10)
    return 10


def crowd(exchange: Exchange, count: int) -> Json:
    """Have so many buys end at once; return a sell that would trade with any of them."""
    for number in range(count):
        exchange.order("buy", "1", "100", **gtd(exchange, 60 - number // 20), **ALICE)
    exchange.now += 60 * SECOND
    return {"symbol": "BTC-USDT", "side": "sell", "quantity": "1", "order_type": "market", **BOB}


@pytest.mark.usefixtures("few_a_commit")
def test_more_orders_end_than_one_commit_holds() -> None:
    exchange = Exchange()
    sell = crowd(exchange, 35)
    reports, taken = [], []
    for _ in range(4):
        batch = exchange.send(sell)
        taken.append(len(batch.taken))
        reports.append([report["reason"] for report in read_events(batch, REPORTS)])
        assert batch.sequence == batch.previous + 1
    assert taken == [0, 0, 0, 1]  # the sell waits in the list
    assert reports[:3] == [["time_reached"] * 10] * 3
    assert reports[3] == ["time_reached"] * 5 + [None, "market_remainder"]
    replay(exchange)
    assert audit(exchange).total == 0


@pytest.mark.usefixtures("few_a_commit")
def test_timers_ring_once_all_orders_have_ended() -> None:
    exchange = Exchange()
    exchange.order("buy", "1", "90", **BOB)
    exchange.send({"command": "cancel_after", "seconds": 5, **BOB})
    crowd(exchange, 15)
    for expected in (["time_reached"] * 10, [*["time_reached"] * 5, "cancel_after"]):
        batch = exchange.send({"command": "expire_timers", "elapsed": exchange.elapsed})
        assert len(batch.taken) == 1
        assert [report["reason"] for report in read_events(batch, REPORTS)] == expected
    replay(exchange)
    assert audit(exchange).total == 0


@pytest.mark.usefixtures("few_a_commit")
def test_renewal_that_waits_is_heard_before_its_timer_rings() -> None:
    exchange = Exchange()
    exchange.order("buy", "1", "90", **BOB)
    exchange.send({"command": "cancel_after", "seconds": 5, **BOB})
    crowd(exchange, 15)
    renewal = {"command": "cancel_after", "seconds": 50, **BOB}
    assert exchange.send(renewal).taken == []
    exchange.send(renewal)
    batch = exchange.send({"command": "expire_timers", "elapsed": exchange.elapsed})
    assert read_events(batch, REPORTS) == []
    replay(exchange)


@pytest.mark.usefixtures("few_a_commit")
def test_orders_end_all_at_once_at_an_older_level_and_while_a_queue_is_cleared() -> None:
    for level in (Level.ORDERS, Level.CONDITIONAL):
        exchange = Exchange(level=level)
        sell = crowd(exchange, 15)
        if level is Level.CONDITIONAL:
            exchange.now -= 60 * SECOND
            exchange.send({"command": "clear_queue", "quantity": "1"})
            exchange.now += 60 * SECOND
        batch = exchange.send(sell)
        assert len(batch.taken) == 1
        reasons = [report["reason"] for report in read_events(batch, REPORTS)]
        assert reasons[:15] == ["time_reached"] * 15
        replay(exchange)


@pytest.mark.parametrize("moment", ["soon", 5, None])
def test_gtd_needs_a_moment(moment: object) -> None:
    fields = {"time_in_force": "gtd", "expires_at": moment}
    assert refused(Exchange(), **fields) == ("invalid_expires_at", "expires_at")


def test_only_gtd_has_a_moment() -> None:
    fields = {"expires_at": "2030-01-01T00:00:00Z"}
    assert refused(Exchange(), **fields) == ("invalid_expires_at", "expires_at")


# Icebergs


def test_feed_shows_what_an_iceberg_shows() -> None:
    exchange = Exchange()
    [report] = exchange.order("sell", "10", "100", **ALICE, display_quantity="4")
    assert (report["display_quantity"], report["remaining_quantity"]) == ("4.00000", "10.00000")
    assert exchange.book()[1] == [("100.00", "4.00000")]
    exchange.order("buy", "5", "100", **BOB)
    assert exchange.book()[1] == [("100.00", "3.00000")]
    snapshot = exchange.state.export().books[0]
    assert snapshot.asks == [("100.00", "3.00000")]
    replay(exchange)
    assert audit(exchange).total == 0


def test_iceberg_that_is_due_ends_whole() -> None:
    exchange = Exchange()
    iceberg = {"display_quantity": "4"} | gtd(exchange, 10)
    exchange.order("sell", "10", "100", **ALICE, **iceberg)
    exchange.order("buy", "5", "100", **BOB)
    exchange.now += 10 * SECOND
    reports = exchange.order("buy", "5", "100", **BOB)
    assert tell(reports)[0] == ("alice", "expired", "time_reached")
    assert exchange.book() == ([("100.00", "5.00000")], [])
    replay(exchange)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"display_quantity": "10"}, "invalid_display_quantity"),
        ({"display_quantity": "0.09999"}, "invalid_display_quantity"),
        ({"display_quantity": "4", "time_in_force": "ioc"}, "invalid_display_quantity"),
        ({"display_quantity": "4", "order_type": "fok"}, "invalid_display_quantity"),
        ({"display_quantity": "0.000001"}, "quantity_out_of_range"),
        ({"display_quantity": "x"}, "invalid_decimal"),
        ({"display_quantity": 4}, "invalid_decimal"),
    ],
)
def test_part_that_an_order_cannot_show_is_refused(fields: Json, reason: str) -> None:
    assert refused(Exchange(), **fields) == (reason, "display_quantity")


def test_amend_may_not_make_too_many_parts() -> None:
    exchange = Exchange()
    [report] = exchange.order("sell", "100", "100", **ALICE, display_quantity="1")
    amend = {"command": "amend", "order_id": report["order_id"], "quantity": "101", **ALICE}
    batch = exchange.send(amend | ASK)
    reply = read_replies(batch, "worker")[0]
    assert (reply["reason"], reply["nearest"]) == ("invalid_display_quantity", "100.00000")


# Amounts


def test_amount_is_spent() -> None:
    exchange = Exchange()
    exchange.order("sell", "0.01", "60000", **ALICE)
    exchange.order("sell", "0.05", "60010", **ALICE)
    market = {"symbol": "BTC-USDT", "side": "buy", "order_type": "market", **BOB}
    reports = read_events(exchange.send(market | {"quote_quantity": "1000"}), REPORTS)
    assert reports[0]["quantity"] == reports[-2]["filled_quantity"] == "0.01666"
    assert reports[-2]["filled_notional"] == "999.6666000"
    assert {report["quote_quantity"] for report in reports if report["account"] == "bob"} == {
        "1000.0000000"
    }
    replay(exchange)
    assert audit(exchange).total == 0


def test_amount_below_the_smallest_quantity_is_rejected() -> None:
    exchange = Exchange()
    limits = {"BTC-USDT": InstrumentLimits(min_quantity="0.5")}
    exchange.send(make_configuration(TradingLimits(instruments=limits)))
    exchange.order("sell", "5", "100", **ALICE)
    market = {"order_type": "market", "quantity": None, "price": None, **BOB}
    assert refused(exchange, **market, quote_quantity="49")[0] == "insufficient_liquidity"
    market |= {"symbol": "BTC-USDT", "side": "buy", "quote_quantity": "50"}
    batch = exchange.send({name: value for name, value in market.items() if value is not None})
    assert read_events(batch, REPORTS)[0]["quantity"] == "0.50000"


@pytest.mark.parametrize(
    ("level", "amount", "status"),
    [
        (Level.CONDITIONAL, "200", "filled"),
        (Level.CONDITIONAL, "201", "rejected"),
        (Level.CONDITIONAL, "99999", "rejected"),
        (Level.ORDERS, "201", "filled"),
    ],
)
def test_amount_above_the_largest_quantity_is_rejected(
    level: Level, amount: str, status: str
) -> None:
    exchange = Exchange(level=level)
    limits = {"instruments": {"BTC-USDT": {"max_quantity": "2"}}}
    exchange.send({"command": "configure", "limits": limits})
    for _ in range(3):
        exchange.order("sell", "1", "100", **ALICE)
    market = {"symbol": "BTC-USDT", "side": "buy", "order_type": "market", **BOB}
    reports = read_events(exchange.send(market | {"quote_quantity": amount} | ASK), REPORTS)
    last = [report for report in reports if report["account"] == "bob"][-1]
    reason = "quantity_out_of_range" if status == "rejected" else None
    assert (last["status"], last["reason"]) == (status, reason)
    replay(exchange)


def test_repeat_of_an_amount_is_the_same_order() -> None:
    exchange = Exchange()
    exchange.order("sell", "5", "100", **ALICE)
    market = {"symbol": "BTC-USDT", "side": "buy", "order_type": "market", **BOB}
    market |= {"quote_quantity": "100", "client_order_id": "one"}
    exchange.send(market)
    [repeat] = read_events(exchange.send(market), REPORTS)
    assert repeat["reason"] == "duplicate_order"
    [other] = read_events(exchange.send(market | {"quote_quantity": "101"}), REPORTS)
    assert other["reason"] == "client_order_id_reused"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"quote_quantity": "100"}, "invalid_quote_quantity"),
        ({"quantity": None, "quote_quantity": "100"}, "invalid_quote_quantity"),
        ({"order_type": "market", "price": None, "quote_quantity": "1"}, "invalid_quote_quantity"),
    ],
)
def test_amount_that_an_order_cannot_name_is_refused(fields: Json, reason: str) -> None:
    assert refused(Exchange(), **fields) == (reason, "quote_quantity")


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ("0", "invalid_quote_quantity"),
        ("0.00000001", "invalid_quote_quantity"),
        ("1000000000000", "invalid_quote_quantity"),
        ("-1", "invalid_decimal"),
        (5, "invalid_decimal"),
    ],
)
def test_amount_that_is_none_is_refused(amount: object, reason: str) -> None:
    fields = {"order_type": "market", "price": None, "quantity": None, "quote_quantity": amount}
    assert refused(Exchange(), **fields) == (reason, "quote_quantity")


# Stops that are not to fire at once


def trade_at(exchange: Exchange, price: str) -> None:
    exchange.order("sell", "1", price, **ALICE)
    exchange.order("buy", "1", price, **BOB)


@pytest.mark.parametrize(
    ("side", "order_type", "reached", "ahead"),
    [
        ("buy", "stop_limit", "100", "100.01"),
        ("sell", "take_profit_limit", "100", "100.01"),
        ("sell", "stop_limit", "100", "99.99"),
        ("buy", "take_profit_limit", "100", "99.99"),
    ],
)
def test_stop_that_is_reached_is_rejected_if_it_asks_for_that(
    side: str, order_type: str, reached: str, ahead: str
) -> None:
    exchange = Exchange()
    stop: Json = {"order_type": order_type, "side": side, "reject_if_triggered": True}
    assert exchange.order(price="100", quantity="1", **stop, stop_price=reached)[0]["status"] == (
        "open"
    )  # no trade yet
    trade_at(exchange, "100")
    assert refused(exchange, **stop, stop_price=reached) == ("would_trigger", "stop_price")
    [report] = exchange.order(price="100", quantity="1", **stop, stop_price=ahead)
    assert (report["status"], report["reject_if_triggered"]) == ("open", True)
    amend = {"command": "amend", "order_id": report["order_id"], "stop_price": reached}
    [rejected] = read_events(exchange.send(amend), REPORTS)
    assert (rejected["type"], rejected["reason"]) == ("command_rejected", "would_trigger")
    replay(exchange)


def test_flag_is_of_a_stop() -> None:
    reason, field = refused(Exchange(), reject_if_triggered=True)
    assert (reason, field) == ("reject_if_triggered_forbidden", "reject_if_triggered")
    assert refused(Exchange(), reject_if_triggered="yes")[0] == "invalid_type"


# Prevented quantity


def test_prevented_quantity_is_counted_beside_the_quantity() -> None:
    exchange = Exchange()
    exchange.order("sell", "5", "100", **ALICE)
    decrement = {"self_trade_prevention": "decrement"}
    _, maker, taker = exchange.order("buy", "2", "100", **ALICE, **decrement)
    assert (maker["quantity"], maker["prevented_quantity"], maker["remaining_quantity"]) == (
        "5.00000", "2.00000", "3.00000",
    )  # fmt: skip
    assert (taker["quantity"], taker["prevented_quantity"], taker["status"]) == (
        "2.00000", "2.00000", "canceled",
    )  # fmt: skip
    assert maker["prevented_match"] == {
        "prevented_match_id": 1,
        "price": "100.00",
        "quantity": "2.00000",
        "liquidity": "maker",
        "other_order_id": taker["order_id"],
    }
    replay(exchange)
    assert audit(exchange).total == 0


def test_later_report_has_the_quantity_and_not_the_match() -> None:
    exchange = Exchange()
    exchange.order("sell", "5", "100", **ALICE)
    exchange.order("buy", "2", "100", **ALICE, self_trade_prevention="decrement")
    report = exchange.order("buy", "1", "100", **BOB)[-1]
    assert report["prevented_quantity"] == "2.00000"
    assert "prevented_match" not in report


def test_amend_counts_what_was_prevented() -> None:
    exchange = Exchange()
    [report] = exchange.order("sell", "5", "100", **ALICE)
    exchange.order("buy", "2", "100", **ALICE, self_trade_prevention="decrement")
    amend = {"command": "amend", "order_id": report["order_id"], **ALICE}
    [amended] = read_events(exchange.send(amend | {"quantity": "4"}), REPORTS)
    assert (amended["quantity"], amended["remaining_quantity"]) == ("4.00000", "2.00000")
    [ended] = read_events(exchange.send(amend | {"quantity": "2"}), REPORTS)
    assert (ended["status"], ended["reason"]) == ("canceled", "amended_below_filled")
    replay(exchange)
    assert audit(exchange).total == 0


@pytest.mark.parametrize(
    ("mode", "prevented"),
    [
        ("cancel_taker", {"alice-taker": "3.00000"}),
        ("cancel_maker", {"alice-maker": "5.00000"}),
        ("cancel_both", {"alice-maker": "5.00000", "alice-taker": "3.00000"}),
    ],
)
def test_whole_rest_is_prevented_where_it_is_canceled(mode: str, prevented: Json) -> None:
    exchange = Exchange()
    exchange.order("sell", "5", "100", **ALICE, client_order_id="alice-maker")
    taker = {"client_order_id": "alice-taker", "self_trade_prevention": mode}
    reports = exchange.order("buy", "3", "100", **ALICE, **taker)
    found = {
        report["client_order_id"]: report["prevented_match"]["quantity"]
        for report in reports
        if "prevented_match" in report
    }
    assert found == prevented
    assert audit(exchange).total == 0


def test_before_the_level_the_total_is_lowered() -> None:
    exchange = Exchange(level=Level.LEDGER)
    exchange.order("sell", "5", "100", **ALICE)
    _, maker, _ = exchange.order("buy", "2", "100", **ALICE, self_trade_prevention="decrement")
    assert (maker["quantity"], "prevented_quantity" in maker) == ("3.00000", False)


# The level


@pytest.mark.parametrize(
    "fields",
    [
        {"time_in_force": "ioc"},
        {"time_in_force": 17},
        {"time_in_force": "gtd", "expires_at": "2000-01-01T00:00:00Z"},
        {"display_quantity": "0.5"},
        {"quote_quantity": []},
        {"reject_if_triggered": "perhaps"},
    ],
)
def test_before_the_level_the_fields_do_not_count(fields: Json) -> None:
    exchange = Exchange(level=Level.LEDGER)
    [report] = exchange.order("buy", "1", "100", **fields)
    assert (report["status"], report["remaining_quantity"]) == ("open", "1.00000")
    assert exchange.book()[0] == [("100.00", "1.00000")]
    replay(exchange)


def test_audit_finds_an_order_that_outlives_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.exchange.expiries.Expiries.pop_due", lambda _self, _now: None)
    exchange = Exchange()
    exchange.order("buy", "1", "100", **ALICE, **gtd(exchange, 10))
    exchange.now += 10 * SECOND
    exchange.order("sell", "1", "100", **BOB)
    assert [finding.rule for finding in audit(exchange).kept] == ["expiry"]


def test_audit_finds_an_order_that_ends_before_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = Exchange()
    exchange.order("buy", "1", "100", **ALICE, **gtd(exchange, 10))
    is_due = exchange.state.expiries.is_due
    monkeypatch.setattr(
        "engine.exchange.expiries.Expiries.is_due", lambda _self, now: is_due(now + DAY)
    )
    exchange.order("sell", "1", "200", **BOB)
    assert [finding.rule for finding in audit(exchange).kept] == ["expiry"]
