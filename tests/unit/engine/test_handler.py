"""Entries in, reports, trades, deltas and replies out."""

import json
from typing import Any

import pytest

from engine.order_path.handler import HandlingFailed
from protocol import channels
from tests.support.exchange import Exchange, Json, read_events, read_replies

TRADES = channels.TRADE_EVENTS
LIMIT: Json = {
    "symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1", "price": "60000",
}  # fmt: skip


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def pick(events: list[Json], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(event[name] for name in names) for event in events]


def test_resting_order_is_reported_open(exchange: Exchange) -> None:
    [report] = exchange.order("buy", "1.0", "60000", client_order_id="mine", account="alice")
    assert report["type"] == "execution_report"
    assert pick([report], "client_order_id", "account", "status", "price", "quantity") == [
        ("mine", "alice", "open", "60000.00", "1.00000")
    ]
    assert pick([report], "filled_quantity", "remaining_quantity", "average_price", "reason") == [
        ("0.00000", "1.00000", None, None)
    ]
    assert report["timestamp"] == "2023-11-14T22:13:20.000001Z"


def test_book_quantity_falls_to_0_4_after_0_6_of_1_0_traded(exchange: Exchange) -> None:
    exchange.order("sell", "1.0", "60000")
    exchange.order("buy", "0.6", "60000")
    assert exchange.book() == ([], [("60000.00", "0.40000")])


def test_fok_for_0_8_against_0_4_fills_nothing(exchange: Exchange) -> None:
    exchange.order("sell", "0.4", "60000")
    reports = exchange.order("buy", "0.8", "60000", order_type="fok")
    assert pick(reports, "status", "filled_quantity", "reason") == [
        ("open", "0.00000", None),
        ("expired", "0.00000", "fok_not_fillable"),
    ]
    assert exchange.book() == ([], [("60000.00", "0.40000")])


def test_sell_0_3_and_three_buys_of_0_1_leave_no_dust(exchange: Exchange) -> None:
    exchange.order("sell", "0.3", "60000")
    for _ in range(3):
        exchange.order("buy", "0.1", "60000")
    assert exchange.book() == ([], [])


def test_60123_45_stays_60123_45(exchange: Exchange) -> None:
    exchange.order("sell", "0.00001", "60123.45")
    batch = exchange.send(LIMIT | {"price": "60123.45", "quantity": "0.00001"})
    [trade] = read_events(batch, channels.TRADE_EVENTS)
    assert trade["price"] == "60123.45"
    taker, maker = read_events(batch, channels.EXECUTION_REPORTS)[1:]
    assert taker["filled_notional"] == maker["filled_notional"] == "0.6012345"
    assert taker["average_price"] == "60123.45000000"


def test_every_order_ends_in_a_report_that_says_what_became_of_it(exchange: Exchange) -> None:
    exchange.order("sell", "1", "60000", client_order_id="maker")
    reports = exchange.order("buy", "1.5", "60001", order_type="ioc", client_order_id="taker")
    assert pick(reports, "client_order_id", "status", "filled_quantity", "remaining_quantity",
                "reason") == [
        ("taker", "open", "0.00000", "1.50000", None),
        ("taker", "partially_filled", "1.00000", "0.50000", None),
        ("maker", "filled", "1.00000", "0.00000", None),
        ("taker", "expired", "1.00000", "0.00000", "ioc_remainder"),
    ]  # fmt: skip
    assert reports[1]["last_trade"] == {
        "trade_id": 1, "price": "60000.00", "quantity": "1.00000", "liquidity": "taker",
    }  # fmt: skip


def test_market_order_on_an_empty_book_expires(exchange: Exchange) -> None:
    reports = exchange.order("buy", "1")
    assert pick(reports, "status", "reason", "price") == [
        ("open", None, None),
        ("expired", "market_remainder", None),
    ]


def test_deltas_are_conflated_over_a_commit_and_chained_by_update_id(exchange: Exchange) -> None:
    first = exchange.send(LIMIT, LIMIT, LIMIT | {"price": "59999"})
    [delta] = read_events(first, channels.ORDER_BOOK_UPDATES)
    assert (delta["first_update_id"], delta["last_update_id"]) == (1, 3)
    assert delta["bids"] == [["60000.00", "2.00000"], ["59999.00", "1.00000"]]
    second = exchange.send(LIMIT | {"side": "sell", "quantity": "2"})
    [delta] = read_events(second, channels.ORDER_BOOK_UPDATES)
    assert (delta["first_update_id"], delta["last_update_id"]) == (4, 4)
    assert delta["bids"] == [["60000.00", "0"]]


def test_bbo_is_published_only_when_it_changed(exchange: Exchange) -> None:
    [bbo] = read_events(exchange.send(LIMIT), channels.BBO_UPDATES)
    assert (bbo["bid"], bbo["bid_quantity"], bbo["ask"]) == ("60000.00", "1.00000", None)
    assert read_events(exchange.send(LIMIT | {"price": "59999"}), channels.BBO_UPDATES) == []


def test_previous_chains_the_messages_of_each_channel(exchange: Exchange) -> None:
    exchange.send(LIMIT)
    exchange.send({"command": "cancel", "order_id": "5"})
    batch = exchange.send(LIMIT | {"side": "sell"})
    messages = batch.to_journal_entry().messages
    assert {channel: message[:14] for channel, message in messages.items()} == {
        "trade_events": b'{"previous":0,',
        "order_book_updates": b'{"previous":1,',
        "bbo_updates": b'{"previous":1,',
        "execution_reports": b'{"previous":2,',
    }


def test_ids_do_not_depend_on_batching() -> None:
    entries = [LIMIT, LIMIT | {"side": "sell", "quantity": "0.5"}, LIMIT | {"price": "59000"},
               LIMIT | {"side": "sell", "quantity": "3", "price": "59000"}]  # fmt: skip
    one, many = Exchange(), Exchange()
    for entry in entries:
        one.send(entry)
    many.send(*entries)
    assert one.state.matcher.state_hash() == many.state.matcher.state_hash()
    assert one.state.sequence == many.state.sequence == len(entries)
    trades = [
        [trade["trade_id"] for batch in exchange.batches for trade in read_events(batch, TRADES)]
        for exchange in (one, many)
    ]
    assert trades[0] == trades[1] == [1, 2, 3]


# cancel, amend, cancel_all


def test_cancel_reports_and_replies(exchange: Exchange) -> None:
    [report] = exchange.order("buy", "1", "60000")
    batch = exchange.send(
        {"command": "cancel", "order_id": report["order_id"], "reply_to": "w", "request_id": "r"}
    )
    [canceled] = read_events(batch, channels.EXECUTION_REPORTS)
    assert (canceled["status"], canceled["reason"]) == ("canceled", "cancel_requested")
    [reply] = read_replies(batch, "w")
    assert (reply["request_id"], reply["status"], reply["order"]) == ("r", "canceled", canceled)


def test_cancel_of_a_closed_order_says_so(exchange: Exchange) -> None:
    [report] = exchange.order("buy", "1", "60000")
    cancel = {"command": "cancel", "order_id": report["order_id"]}
    exchange.send(cancel)
    [rejected] = read_events(exchange.send(cancel), channels.EXECUTION_REPORTS)
    assert (rejected["type"], rejected["reason"]) == ("command_rejected", "order_closed")
    assert rejected["client_order_id"] == report["client_order_id"]


@pytest.mark.parametrize("command", ["cancel", "amend"])
def test_another_accounts_order_is_as_unknown_as_none(exchange: Exchange, command: str) -> None:
    [report] = exchange.order("buy", "1", "60000", account="alice")
    for order_id in (report["order_id"], "77"):
        batch = exchange.send(
            {"command": command, "order_id": order_id, "account": "bob", "quantity": "2"}
        )
        [rejected] = read_events(batch, channels.EXECUTION_REPORTS)
        assert (rejected["reason"], rejected["detail"]) == (
            "unknown_order", "the account has no such order",
        )  # fmt: skip
        assert rejected["client_order_id"] is None


def test_amend_changes_price_and_quantity(exchange: Exchange) -> None:
    [report] = exchange.order("buy", "1", "60000")
    batch = exchange.send(
        {"command": "amend", "order_id": report["order_id"], "price": "59000", "quantity": "2"}
    )
    [amended] = read_events(batch, channels.EXECUTION_REPORTS)
    assert pick([amended], "price", "quantity", "remaining_quantity", "status") == [
        ("59000.00", "2.00000", "2.00000", "open")
    ]
    assert exchange.book() == ([("59000.00", "2.00000")], [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [({}, "nothing_to_amend"), ({"price": "60000.001"}, "off_tick"),
     ({"stop_price": "1"}, "stop_price_forbidden"), ({"quantity": "0"}, "quantity_out_of_range")],
)  # fmt: skip
def test_refused_amend_changes_nothing(exchange: Exchange, change: Json, reason: str) -> None:
    [report] = exchange.order("buy", "1", "60000")
    before = exchange.state.matcher.state_hash()
    batch = exchange.send({"command": "amend", "order_id": report["order_id"]} | change)
    [rejected] = read_events(batch, channels.EXECUTION_REPORTS)
    assert (rejected["type"], rejected["reason"]) == ("command_rejected", reason)
    assert exchange.state.matcher.state_hash() == before


def test_refused_amend_names_the_nearest_value_in_the_reply(exchange: Exchange) -> None:
    [report] = exchange.order("buy", "1", "60000")
    batch = exchange.send(
        {"command": "amend", "order_id": report["order_id"], "price": "60000.004",
         "reply_to": "w", "request_id": "r"}
    )  # fmt: skip
    assert pick(read_replies(batch, "w"), "reason", "field", "nearest", "step") == [
        ("off_tick", "price", "60000.00", "0.01")
    ]


def test_cancel_all_takes_only_the_accounts_orders(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", account="alice")
    exchange.order("buy", "1", "59000", account="bob")
    exchange.order("buy", "1", "58000", account="alice")
    batch = exchange.send({"command": "cancel_all", "account": "alice"})
    reports = read_events(batch, channels.EXECUTION_REPORTS)
    assert pick(reports, "account", "price", "reason") == [
        ("alice", "60000.00", "cancel_all"),
        ("alice", "58000.00", "cancel_all"),
    ]
    assert exchange.book() == ([("59000.00", "1.00000")], [])


# repeats


def test_repeat_with_the_same_body_makes_no_second_order(exchange: Exchange) -> None:
    entry = LIMIT | {"client_order_id": "c", "reply_to": "w", "request_id": "r"}
    exchange.send(entry)
    batch = exchange.send(entry | {"quantity": "1.000"})
    [reply] = read_replies(batch, "w")
    assert (reply["duplicate"], reply["status"], reply["reason"]) == (True, "open", None)
    assert exchange.book() == ([("60000.00", "1.00000")], [])


def test_repeat_in_the_same_batch_makes_no_second_order(exchange: Exchange) -> None:
    entry = LIMIT | {"client_order_id": "c"}
    exchange.send(entry, entry)
    assert exchange.book() == ([("60000.00", "1.00000")], [])


def test_repeat_with_another_body_is_refused(exchange: Exchange) -> None:
    entry = LIMIT | {"client_order_id": "c", "reply_to": "w", "request_id": "r"}
    exchange.send(entry)
    [reply] = read_replies(exchange.send(entry | {"quantity": "2"}), "w")
    assert (reply["duplicate"], reply["reason"]) == (False, "client_order_id_reused")


def test_repeat_of_a_closed_order_gets_its_final_state(exchange: Exchange) -> None:
    entry = LIMIT | {"client_order_id": "c", "reply_to": "w", "request_id": "r"}
    exchange.send(entry, LIMIT | {"side": "sell"})
    [reply] = read_replies(exchange.send(entry), "w")
    assert (reply["duplicate"], reply["status"]) == (True, "filled")


def test_closed_orders_are_forgotten_beyond_the_limit() -> None:
    exchange = Exchange(closed_limit=1)
    market = {"symbol": "BTC-USDT", "side": "buy", "order_type": "market", "quantity": "1"}
    for name in ("a", "b"):
        exchange.send(market | {"client_order_id": name})
    assert list(exchange.state.orders.closed) == [
        exchange.state.orders.closed[order_id].order_id for order_id in exchange.state.orders.closed
    ]
    assert len(exchange.state.orders.closed) == 1


def test_same_id_with_another_pair_is_a_collision(exchange: Exchange) -> None:
    exchange.send(LIMIT | {"order_id": "5", "client_order_id": "a"})
    batch = exchange.send(LIMIT | {"order_id": "5", "client_order_id": "b"})
    [rejected] = read_events(batch, channels.EXECUTION_REPORTS)
    assert rejected["reason"] == "order_id_collision"


# bad entries


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"garbage",
        b"[1,2]",
        b"5",
        b"null",
        b'{"symbol":',
        b"\xff\xfe",
        b"[" * 5000,
        b"{}" * 40_000,
    ],
)
def test_unreadable_entry_takes_a_sequence_and_is_set_aside(
    exchange: Exchange, entry: bytes
) -> None:
    batch = exchange.send(entry, LIMIT)
    assert batch.sequence == 2
    assert len(batch.dead) == 1
    assert (
        batch.commands[0].startswith(b'{"command":"dead"')
        or b'"command":"dead"' in batch.commands[0]
    )
    rejected, report = read_events(batch, channels.EXECUTION_REPORTS)
    assert (rejected["type"], rejected["reason"]) == ("command_rejected", "unreadable_entry")
    assert report["status"] == "open"


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"symbol": "XX-YY"}, "unknown_symbol"), ({"symbol": None}, "unknown_symbol"),
     ({"price": "60000.001"}, "off_tick"), ({"price": None}, "price_required"),
     ({"quantity": None}, "quantity_required"), ({"quantity": "0"}, "quantity_out_of_range"),
     ({"quantity": "1e400"}, "invalid_decimal"), ({"order_type": "market"}, "price_forbidden"),
     ({"stop_price": "5"}, "stop_price_forbidden"), ({"side": None}, "invalid_side"),
     ({"order_type": None}, "invalid_order_type")],
)  # fmt: skip
def test_wrong_order_is_rejected_with_its_reason(
    exchange: Exchange, change: Json, reason: str
) -> None:
    [report] = read_events(exchange.send(LIMIT | change), channels.EXECUTION_REPORTS)
    assert (report["type"], report["status"], report["reason"]) == (
        "execution_report", "rejected", reason,
    )  # fmt: skip


def test_order_of_a_wrong_form_has_the_instruments_places_where_it_can(exchange: Exchange) -> None:
    wrong = LIMIT | {"price": "59000", "quantity": "1.5", "stop_price": "5.001"}
    [report] = read_events(exchange.send(wrong), channels.EXECUTION_REPORTS)
    assert (report["price"], report["quantity"], report["stop_price"]) == (
        "59000.00", "1.50000", "5.001",
    )  # fmt: skip
    nothing = ("filled_quantity", "remaining_quantity", "filled_notional")
    assert [report[name] for name in nothing] == ["0.00000", "0.00000", "0.0000000"]
    [report] = read_events(exchange.send(wrong | {"symbol": "XX-YY"}), channels.EXECUTION_REPORTS)
    assert (report["price"], report["filled_quantity"]) == ("59000", "0")


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"price": 60000}, "invalid_type"), ({"side": "hold"}, "invalid_side"),
     ({"order_type": 3}, "invalid_order_type"), ({"command": "explode"}, "invalid_command"),
     ({"account": "no spaces"}, "invalid_account"),
     ({"client_order_id": "x" * 65}, "invalid_client_order_id"),
     ({"order_id": "-5"}, "invalid_order_id")],
)  # fmt: skip
def test_malformed_entry_is_refused_with_its_reason(
    exchange: Exchange, change: Json, reason: str
) -> None:
    entry = LIMIT | {"reply_to": "w", "request_id": "r"} | change
    batch = exchange.send(entry)
    [rejected] = read_events(batch, channels.EXECUTION_REPORTS)
    assert rejected["reason"] == reason
    assert [reply["reason"] for reply in read_replies(batch, "w")] == [reason]
    assert batch.dead == []


def test_poisonous_entry_is_rejected_without_a_try(exchange: Exchange) -> None:
    raw = b'{"symbol":"BTC-USDT"}'
    batch = exchange.send(raw, poisonous=frozenset({raw}))
    [rejected] = read_events(batch, channels.EXECUTION_REPORTS)
    assert rejected["reason"] == "internal_error"
    assert len(batch.dead) == 1


def test_failing_handling_names_the_entry(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("engine.exchange.submission.check_order_values", fail)
    with pytest.raises(HandlingFailed) as caught:
        exchange.send(b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit"}')
    assert caught.value.entry.startswith(b'{"symbol"')


def test_clear_queue_rejects_the_orders_among_the_next_entries(exchange: Exchange) -> None:
    [resting] = exchange.order("buy", "1", "50000")
    batch = exchange.send(
        {"command": "clear_queue", "quantity": "3"},
        LIMIT,
        {"command": "cancel", "order_id": resting["order_id"]},
        LIMIT,
        LIMIT,
    )
    reports = read_events(batch, channels.EXECUTION_REPORTS)
    assert pick(reports, "status", "reason") == [
        ("rejected", "queue_cleared"),
        ("canceled", "cancel_requested"),
        ("rejected", "queue_cleared"),
        ("open", None),
    ]


def test_stamps_never_go_back(exchange: Exchange) -> None:
    first = exchange.send(LIMIT)
    exchange.now -= 1_000_000
    assert exchange.send(LIMIT).timestamp == first.timestamp


def test_batch_is_bounded_by_what_it_writes() -> None:
    exchange = Exchange()
    raw = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"1"}'
    batch = exchange.handler.handle([raw] * 10, 5, 0, max_size=6)
    assert len(batch.taken) == 3


def test_batch_is_bounded_by_what_it_has_to_carry() -> None:
    batch = Exchange().handler.handle([b"x" * 3_000_000] * 10, 5, 0, max_size=6000)
    assert len(batch.taken) == 2


def test_of_garbage_of_any_length_only_the_beginning_is_kept(exchange: Exchange) -> None:
    batch = exchange.send(b"\xff" * 1_000_000)
    dead = json.loads(batch.dead[0])
    assert dead["length"] == 1_000_000
    assert dead["entry"] == "\\xff" * 65_536
