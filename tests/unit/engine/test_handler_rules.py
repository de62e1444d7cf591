"""Timers, limits and halts: the same from the journal, and from a snapshot."""

import pytest

from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.own_entries import make_configuration, make_timer_entry
from engine.exchange.stored import decode_engine
from engine.order_path.handler import Handler
from protocol import channels
from protocol.limits import InstrumentLimits, TradingLimits
from protocol.snapshot import decode_snapshot, encode_snapshot
from tests.support.exchange import ID_KEY, Exchange, Json, read_events, read_replies
from tests.support.instruments import make_instruments

ALICE: Json = {"account": "alice"}
REPLY: Json = {"reply_to": "w", "request_id": "r"}
SECOND = 1_000_000
ORDER: Json = {
    "symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1", "price": "60000",
}  # fmt: skip


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def arm(exchange: Exchange, seconds: int, **more: str) -> Json:
    """The reply to a cancel_after of alice's."""
    entry = ALICE | REPLY | {"command": "cancel_after", "seconds": seconds} | more
    [reply] = read_replies(exchange.send(entry), "w")
    return reply


def ring(exchange: Exchange) -> list[Json]:
    """Have the timers ring that are due now, as the service does; the reports."""
    if not exchange.state.timers.is_due(exchange.elapsed):
        return []
    return read_events(
        exchange.send(make_timer_entry(exchange.elapsed)), channels.EXECUTION_REPORTS
    )


def restart(exchange: Exchange) -> None:
    """Go on from a snapshot, in new memory."""
    restored = EngineExchange(make_instruments(), ID_KEY, 1000)
    restored.restore(decode_snapshot(encode_snapshot(exchange.state.export())))
    exchange.state, exchange.handler = restored, Handler(restored)


def limit_btc(max_open_orders: int = 100, **limits: str) -> TradingLimits:
    return TradingLimits(max_open_orders, {"BTC-USDT": InstrumentLimits(**limits)})


def configure(exchange: Exchange, max_open_orders: int = 100, **limits: str) -> None:
    exchange.send(make_configuration(limit_btc(max_open_orders, **limits)))


def reasons(reports: list[Json]) -> list[tuple[str, str | None]]:
    return [(report.get("status", "refused"), report["reason"]) for report in reports]


# timers


def test_timer_cancels_the_accounts_orders_when_it_is_due(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **ALICE)
    exchange.order("buy", "1", "59000", account="bob")
    assert arm(exchange, 10)["due"] == "2023-11-14T22:13:30.000003Z"
    exchange.now += 9 * SECOND
    assert ring(exchange) == []
    exchange.now += 2 * SECOND
    assert reasons(ring(exchange)) == [("canceled", "cancel_after")]
    assert exchange.book() == ([("59000.00", "1.00000")], [])
    assert ring(exchange) == []


def test_renewal_moves_the_timer(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **ALICE)
    for _ in range(5):
        arm(exchange, 10)
        exchange.now += 9 * SECOND
        assert ring(exchange) == []


def test_zero_seconds_disarm_the_timer(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **ALICE)
    arm(exchange, 10)
    assert arm(exchange, 0)["due"] is None
    exchange.now += 60 * SECOND
    assert ring(exchange) == []


def test_renewal_that_waits_in_the_queue_counts(exchange: Exchange) -> None:
    """An engine that was away: the timer entry goes behind the renewal that came meanwhile."""
    exchange.order("buy", "1", "60000", **ALICE)
    arm(exchange, 10)
    exchange.now += 3600 * SECOND
    renewal = ALICE | {"command": "cancel_after", "seconds": 10}
    batch = exchange.send(renewal, make_timer_entry(exchange.elapsed))
    assert read_events(batch, channels.EXECUTION_REPORTS) == []


def test_timer_entry_rings_only_what_was_due_when_it_was_pushed(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **ALICE)
    arm(exchange, 10)
    early = make_timer_entry(exchange.elapsed + 5 * SECOND)
    exchange.now += 60 * SECOND
    assert read_events(exchange.send(early), channels.EXECUTION_REPORTS) == []
    assert reasons(ring(exchange)) == [("canceled", "cancel_after")]


def test_timer_entry_that_never_came_is_announced_again(exchange: Exchange) -> None:
    """The list may have been wiped by hand."""
    arm(exchange, 1)
    exchange.now += 2 * SECOND
    timers = exchange.state.timers
    assert timers.is_due(exchange.elapsed)
    timers.note_announced(exchange.elapsed)
    assert not timers.is_due(exchange.elapsed + 9 * SECOND)
    assert timers.is_due(exchange.elapsed + 10 * SECOND)


def test_timer_entry_from_the_future_is_held_to_the_engines_own_time(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **ALICE)
    arm(exchange, 10)
    future = make_timer_entry(exchange.elapsed + 3600 * SECOND)
    assert read_events(exchange.send(future), channels.EXECUTION_REPORTS) == []


@pytest.mark.parametrize("seconds", [-1, 86_401, None])
def test_seconds_out_of_range_are_refused(exchange: Exchange, seconds: int | None) -> None:
    assert arm(exchange, seconds)["reason"] == "invalid_seconds"  # type: ignore[arg-type]


def keep_stops(exchange: Exchange) -> list[str]:
    """Let a timer of alice's ring that spares stops; the client order ids that it cancels."""
    arm(exchange, 10, scope="except_stops")
    exchange.now += 11 * SECOND
    reports = ring(exchange)
    assert {report["reason"] for report in reports} <= {"cancel_after"}
    return [report["client_order_id"] for report in reports]


def enter(exchange: Exchange, name: str, side: str, price: str | None, **more: str) -> None:
    exchange.order(side, "1", price, client_order_id=name, **ALICE, **more)


def test_timer_that_spares_stops_leaves_those_that_wait(exchange: Exchange) -> None:
    stop = {"order_type": "stop_loss", "stop_price": "50000"}
    enter(exchange, "first", "buy", "60000")
    enter(exchange, "loss", "sell", None, **stop)
    enter(exchange, "limit", "sell", "49000", order_type="stop_limit", stop_price="50000")
    enter(exchange, "profit", "sell", None, order_type="take_profit", stop_price="70000")
    enter(exchange, "last", "sell", "70001", order_type="take_profit_limit", stop_price="70000")
    enter(exchange, "second", "sell", "61000", symbol="ETH-USDT")
    exchange.order("buy", "1", "58000", account="bob")
    assert keep_stops(exchange) == ["first", "second"]
    waiting = [order.client_order_id for order in exchange.state.orders.list_open("alice")]
    assert waiting == ["loss", "limit", "profit", "last"]
    assert exchange.book() == ([("58000.00", "1.00000")], [])


def test_stop_that_has_triggered_is_spared_no_more(exchange: Exchange) -> None:
    enter(exchange, "stop", "buy", "59000", order_type="stop_limit", stop_price="60000")
    exchange.order("sell", "1", "60000", account="bob")
    exchange.order("buy", "1", "60000", account="bob")
    assert exchange.book() == ([("59000.00", "1.00000")], [])
    assert keep_stops(exchange) == ["stop"]


def test_renewal_has_its_own_scope(exchange: Exchange) -> None:
    enter(exchange, "stop", "sell", None, order_type="stop_loss", stop_price="50000")
    arm(exchange, 10, scope="except_stops")
    arm(exchange, 10)
    exchange.now += 11 * SECOND
    assert reasons(ring(exchange)) == [("canceled", "cancel_after")]


def test_timer_of_an_account_without_orders_spares_nothing(exchange: Exchange) -> None:
    assert keep_stops(exchange) == []


def test_scope_outlives_a_snapshot(exchange: Exchange) -> None:
    enter(exchange, "stop", "sell", None, order_type="stop_loss", stop_price="50000")
    enter(exchange, "order", "buy", "60000")
    arm(exchange, 10, scope="except_stops")
    restart(exchange)
    restart(exchange)
    exchange.now += 11 * SECOND
    assert [report["client_order_id"] for report in ring(exchange)] == ["order"]


def test_timer_that_cancels_all_is_stored_as_it_was_before_there_were_scopes(
    exchange: Exchange,
) -> None:
    arm(exchange, 10)
    arm(exchange, 10, account="bob", scope="except_stops")
    arm(exchange, 20, account="bob")
    timers = decode_engine(exchange.state.export().engine).timers
    assert timers == exchange.state.timers.deadlines


def test_scope_that_there_is_not_is_refused(exchange: Exchange) -> None:
    assert arm(exchange, 10, scope="stops")["reason"] == "invalid_scope"


@pytest.mark.parametrize("more", [{}, {"received_at": "2023-11-14T22:13:30.000003Z"}])
def test_timer_entry_that_does_not_say_what_is_due_is_refused(
    exchange: Exchange, more: Json
) -> None:
    batch = exchange.send({"command": "expire_timers", **more})
    assert reasons(read_events(batch, channels.EXECUTION_REPORTS)) == [
        ("refused", "invalid_command")
    ]


def test_many_renewals_keep_little(exchange: Exchange) -> None:
    for _ in range(1000):
        arm(exchange, 86_400)
    assert len(exchange.state.timers._queue) < 100


# cancel_all


def test_cancel_all_says_how_many(exchange: Exchange) -> None:
    for price in ("60000", "59000"):
        exchange.order("buy", "1", price, **ALICE)
    [reply] = read_replies(exchange.send(ALICE | REPLY | {"command": "cancel_all"}), "w")
    assert (reply["canceled"], reply["reason"]) == (2, None)


# halts


def test_halted_instrument_takes_only_cancels(exchange: Exchange) -> None:
    [resting] = exchange.order("buy", "1", "60000")
    exchange.send({"command": "halt", "symbol": "BTC-USDT"})
    assert reasons(exchange.order("sell", "1", "60000")) == [("rejected", "instrument_halted")]
    order = {"order_id": resting["order_id"]}
    amend = exchange.send({"command": "amend", "price": "1"} | order)
    assert reasons(read_events(amend, channels.EXECUTION_REPORTS)) == [
        ("refused", "instrument_halted")
    ]
    assert exchange.order("buy", "1", "60", symbol="SOL-USDT")[0]["status"] == "open"
    cancel = exchange.send({"command": "cancel"} | order)
    assert reasons(read_events(cancel, channels.EXECUTION_REPORTS)) == [
        ("canceled", "cancel_requested")
    ]
    exchange.send({"command": "resume", "symbol": "BTC-USDT"})
    assert exchange.order("sell", "1", "60000")[0]["status"] == "open"


def test_closed_instrument_takes_only_cancels_and_keeps_its_book(exchange: Exchange) -> None:
    [resting] = exchange.order("buy", "1", "60000", **ALICE)
    exchange.send({"command": "set_phase", "symbol": "BTC-USDT", "phase": "closed"})
    assert reasons(exchange.order("sell", "1", "60000")) == [("rejected", "instrument_closed")]
    assert exchange.book() == ([("60000.00", "1.00000")], [])
    cancel = exchange.send(ALICE | {"command": "cancel", "order_id": resting["order_id"]})
    assert reasons(read_events(cancel, channels.EXECUTION_REPORTS)) == [
        ("canceled", "cancel_requested")
    ]
    exchange.send({"command": "set_phase", "symbol": "BTC-USDT", "phase": "continuous"})
    assert exchange.order("sell", "1", "60000")[0]["status"] == "open"


@pytest.mark.parametrize("phase", ["halted", "closed"])
def test_snapshot_keeps_phases(exchange: Exchange, phase: str) -> None:
    exchange.send({"command": "set_phase", "symbol": "ETH-USDT", "phase": phase})
    restored = EngineExchange(make_instruments(), ID_KEY, 1000)
    restored.restore(decode_snapshot(encode_snapshot(exchange.state.export())))
    assert restored.rules.phases == exchange.state.rules.phases == {1: phase}


def test_halt_and_resume_are_phases(exchange: Exchange) -> None:
    exchange.send({"command": "set_phase", "symbol": "BTC-USDT", "phase": "closed"})
    exchange.send({"command": "halt", "symbol": "BTC-USDT"})
    assert reasons(exchange.order("sell", "1", "60000")) == [("rejected", "instrument_halted")]
    exchange.send({"command": "resume", "symbol": "BTC-USDT"})
    assert exchange.state.rules.phases == {}


@pytest.mark.parametrize("phase", [None, "auction"])
def test_phase_that_there_is_not_is_refused(exchange: Exchange, phase: str | None) -> None:
    batch = exchange.send({"command": "set_phase", "symbol": "BTC-USDT", "phase": phase})
    [report] = read_events(batch, channels.EXECUTION_REPORTS)
    assert report["type"] == "command_rejected"
    assert exchange.state.rules.phases == {}


def test_repeat_while_halted_is_still_a_repeat(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", client_order_id="c")
    exchange.send({"command": "halt", "symbol": "BTC-USDT"})
    assert reasons(exchange.order("buy", "1", "60000", client_order_id="c")) == [
        ("refused", "duplicate_order")
    ]


@pytest.mark.parametrize("command", ["halt", "resume"])
def test_halt_of_an_unknown_symbol_is_refused(exchange: Exchange, command: str) -> None:
    batch = exchange.send({"command": command, "symbol": "XX-YY"})
    assert reasons(read_events(batch, channels.EXECUTION_REPORTS)) == [
        ("refused", "unknown_symbol")
    ]


# limits


def test_account_has_at_most_so_many_open_orders(exchange: Exchange) -> None:
    configure(exchange, max_open_orders=2)
    for _ in range(2):
        exchange.order("buy", "1", "60000", **ALICE)
    assert reasons(exchange.order("buy", "1", "60000", **ALICE)) == [
        ("rejected", "too_many_open_orders")
    ]
    assert exchange.order("buy", "1", "60000", account="bob")[0]["status"] == "open"
    assert exchange.order("sell", "1", "60000", order_type="ioc", **ALICE)[-1]["status"] == "filled"
    assert exchange.order("buy", "1", "60000", **ALICE)[0]["status"] == "open"


@pytest.mark.parametrize(
    ("price", "nearest"), [("66000.01", "66000.00"), ("53999.99", "54000.00"), ("66000", None)]
)
def test_price_stays_in_the_band_around_the_last_trade(
    exchange: Exchange, price: str, nearest: str | None
) -> None:
    configure(exchange, price_band="0.1")
    assert exchange.order("buy", "1", "60000")[0]["status"] == "open"
    exchange.order("sell", "1", "60000")
    order = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1"}
    [reply] = read_replies(exchange.send(order | REPLY | {"price": price}), "w")
    expected = "price_out_of_band" if nearest else None
    assert (reply["reason"], reply["nearest"]) == (expected, nearest)


def test_band_holds_for_an_amended_price_but_not_for_one_that_waits(exchange: Exchange) -> None:
    configure(exchange, price_band="0.1")
    exchange.order("buy", "1", "60000")
    exchange.order("sell", "1", "60000")
    [resting] = exchange.order("buy", "1", "59000")
    amend = {"command": "amend", "order_id": resting["order_id"], "price": "10"}
    reports = read_events(exchange.send(amend), channels.EXECUTION_REPORTS)
    assert reasons(reports) == [("refused", "price_out_of_band")]
    waiting = exchange.order("sell", "1", "30000", order_type="stop_limit", stop_price="31000")
    assert reasons(waiting) == [("open", None)]


def test_limits_of_an_instrument_hold_once_they_are_configured(exchange: Exchange) -> None:
    configure(exchange, max_quantity="5", max_notional="100000")
    assert reasons(exchange.order("buy", "6", "1")) == [("rejected", "quantity_out_of_range")]
    assert reasons(exchange.order("buy", "2", "60000")) == [("rejected", "notional_out_of_range")]


@pytest.mark.parametrize(
    ("barrier", "reason"),
    [
        ({"command": "halt", "symbol": "BTC-USDT"}, "instrument_halted"),
        ({"command": "clear_queue", "quantity": "1"}, "queue_cleared"),
        (TradingLimits(max_open_orders=0), "too_many_open_orders"),
        (limit_btc(min_quantity="2"), "quantity_out_of_range"),
        (limit_btc(max_notional="1"), "notional_out_of_range"),
    ],
)
def test_order_that_a_rule_refused_stays_rejected_when_the_rule_is_gone(
    exchange: Exchange, barrier: Json | TradingLimits, reason: str
) -> None:
    exchange.send(make_configuration(barrier) if isinstance(barrier, TradingLimits) else barrier)
    order = ORDER | REPLY | {"client_order_id": "c"}
    [first] = read_replies(exchange.send(order), "w")
    assert (first["status"], first["reason"]) == ("rejected", reason)
    exchange.send({"command": "resume", "symbol": "BTC-USDT"})
    exchange.send(make_configuration(TradingLimits()))
    restart(exchange)
    [again] = read_replies(exchange.send(order), "w")
    assert (again["duplicate"], again["status"], again["reason"]) == (True, "rejected", reason)
    assert exchange.book() == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        {"command": "clear_queue", "quantity": "9"},
        limit_btc(min_quantity="2"),
        TradingLimits(max_open_orders=0),
    ],
)
def test_repeat_under_other_rules_is_still_a_repeat(
    exchange: Exchange, change: Json | TradingLimits
) -> None:
    order = ORDER | REPLY | {"client_order_id": "c"}
    exchange.send(order)
    exchange.send(make_configuration(change) if isinstance(change, TradingLimits) else change)
    [again] = read_replies(exchange.send(order), "w")
    assert (again["duplicate"], again["status"], again["reason"]) == (True, "open", None)


def test_amend_below_what_is_filled_cancels_the_rest_whatever_the_smallest_quantity(
    exchange: Exchange,
) -> None:
    configure(exchange, min_quantity="2")
    [resting] = exchange.order("buy", "9", "60000", **ALICE)
    exchange.order("sell", "5", "60000", account="bob")
    amend = ALICE | {"command": "amend", "order_id": resting["order_id"]}
    small = exchange.send(amend | {"quantity": "1"})
    assert reasons(read_events(small, channels.EXECUTION_REPORTS)) == [
        ("canceled", "amended_below_filled")
    ]


def test_amend_to_less_than_the_smallest_quantity_is_refused(exchange: Exchange) -> None:
    configure(exchange, min_quantity="2")
    [resting] = exchange.order("buy", "9", "60000", **ALICE)
    amend = ALICE | {"command": "amend", "order_id": resting["order_id"], "quantity": "1"}
    assert reasons(read_events(exchange.send(amend), channels.EXECUTION_REPORTS)) == [
        ("refused", "quantity_out_of_range")
    ]


def test_settings_alone_limit_nothing() -> None:
    """Limits hold only from their place in the journal on."""
    limited = InstrumentLimits(max_quantity="5").apply(make_instruments()[0])
    exchange = Exchange([limited])
    assert exchange.order("buy", "6", "1")[0]["status"] == "open"


@pytest.mark.parametrize("band", ["0", "ten percent"])
def test_unusable_configuration_is_refused_and_changes_nothing(
    exchange: Exchange, band: str
) -> None:
    configure(exchange, price_band=band)
    [report] = read_events(exchange.batches[-1], channels.EXECUTION_REPORTS)
    assert report["reason"] == "invalid_command"
    assert exchange.state.rules.limits == TradingLimits()


# the same again


def play(exchange: Exchange) -> None:
    """A history with everything in it."""
    configure(exchange, max_open_orders=3, price_band="0.1")
    exchange.order("buy", "1", "60000", **ALICE)
    exchange.order("sell", "0.5", "60000", account="bob")
    exchange.order("buy", "1", "70000", **ALICE)
    arm(exchange, 10)
    exchange.send({"command": "halt", "symbol": "ETH-USDT"})
    exchange.now += 5 * SECOND
    ring(exchange)
    exchange.order("buy", "1", "61000", **ALICE)
    exchange.now += 6 * SECOND
    ring(exchange)
    configure(exchange, max_open_orders=1)
    exchange.order("buy", "1", "90000", **ALICE)
    exchange.order("buy", "1", "1", **ALICE)
    arm(exchange, 20)


def test_replay_of_the_journal_gives_the_same_bytes() -> None:
    exchange = Exchange()
    play(exchange)
    again = Handler(EngineExchange(make_instruments(), ID_KEY, 1000))
    for batch in exchange.batches:
        replayed = again.handle(batch.commands, batch.timestamp, batch.elapsed, max_size=None)
        assert replayed.to_journal_entry() == batch.to_journal_entry()
    assert encode_snapshot(again.exchange.export()) == encode_snapshot(exchange.state.export())


def test_snapshot_keeps_limits_halts_and_timers() -> None:
    exchange = Exchange()
    play(exchange)
    restart(exchange)
    assert reasons(exchange.order("buy", "1", "1", **ALICE)) == [
        ("rejected", "too_many_open_orders")
    ]
    assert reasons(exchange.order("buy", "1", "1", symbol="ETH-USDT")) == [
        ("rejected", "instrument_halted")
    ]
    exchange.now += 21 * SECOND
    assert reasons(ring(exchange)) == [("canceled", "cancel_after")]
