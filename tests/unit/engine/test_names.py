"""Names that are unique among the open orders alone; changes by number and by name; barriers."""

import pytest

from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.levels import Level
from protocol import channels
from protocol.commands import derive_order_id
from protocol.snapshot import decode_snapshot, encode_snapshot
from protocol.timestamps import format_timestamp
from tests.support.exchange import ID_KEY, Exchange, Json, read_events, read_replies
from tests.support.instruments import make_instruments

OPEN: Json = {"account": "alice", "client_order_id": "mine", "unique": "open"}
NATIVE: Json = {"account": "alice", "client_order_id": "mine"}


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def change(exchange: Exchange, command: str, account: str = "alice", **fields: object) -> Json:
    """Send a change; return its first report."""
    entry = {"command": command, "account": account, **fields}
    report: Json = read_events(exchange.send(entry), channels.EXECUTION_REPORTS)[0]
    return report


def reason_of(reports: list[Json]) -> tuple[str, str]:
    [report] = reports
    return report["type"], report["reason"]


def test_name_is_free_again_once_its_order_has_ended(exchange: Exchange) -> None:
    [first] = exchange.order("buy", "1", "60000", **OPEN)
    change(exchange, "cancel", client_order_id="mine")
    [second] = exchange.order("buy", "1", "60000", **OPEN)
    assert (first["number"], second["number"]) == (64, 128)
    assert second["order_id"] == str(derive_order_id(ID_KEY, "alice", "open:3"))
    assert second["order_id"] != first["order_id"]


@pytest.mark.parametrize(("first", "second"), [(OPEN, OPEN), (OPEN, NATIVE), (NATIVE, OPEN)])
def test_open_name_of_either_kind_blocks_the_other(
    exchange: Exchange, first: Json, second: Json
) -> None:
    exchange.order("buy", "1", "60000", **first)
    again = exchange.order("buy", "1", "60000", **second)
    assert reason_of(again) == ("command_rejected", "client_order_id_open")
    assert exchange.order("buy", "1", "60000", **second | {"account": "bob"})[0]["status"] == "open"


def test_engine_makes_the_id_of_such_an_order(exchange: Exchange) -> None:
    reports = exchange.order("buy", "1", "60000", **OPEN, order_id="7")
    assert reason_of(reports) == ("command_rejected", "invalid_order_id")


def test_entry_is_refused_after_its_time(exchange: Exchange) -> None:
    now = exchange.now + 1
    in_time = exchange.order("buy", "1", "60000", **OPEN, valid_until=format_timestamp(now))
    assert in_time[0]["status"] == "open"
    late = exchange.order("buy", "1", "60000", **OPEN, valid_until=format_timestamp(now))
    assert reason_of(late) == ("command_rejected", "too_late")
    wrong = exchange.order("buy", "1", "60000", **OPEN, valid_until="tomorrow")
    assert reason_of(wrong) == ("command_rejected", "invalid_command")


@pytest.mark.parametrize("name", [{"number": 64}, {"client_order_id": "mine"}])
@pytest.mark.parametrize("order", [OPEN, NATIVE])
def test_order_is_changed_by_number_and_by_name(
    exchange: Exchange, order: Json, name: Json
) -> None:
    exchange.order("buy", "1", "60000", **order)
    assert change(exchange, "amend", quantity="0.5", **name)["quantity"] == "0.50000"
    assert change(exchange, "cancel", account="bob", **name)["reason"] == "unknown_order"
    assert change(exchange, "cancel", **name)["status"] == "canceled"
    closed = change(exchange, "cancel", **name)
    assert (closed["reason"], closed["client_order_id"]) == ("order_closed", "mine")


def test_number_name_and_symbol_must_all_fit(exchange: Exchange) -> None:
    [order] = exchange.order("buy", "1", "60000", **OPEN)
    by_number: Json = {"number": order["number"]}
    for wrong in (
        by_number | {"client_order_id": "other"},
        by_number | {"symbol": "ETH-USDT"},
        {"client_order_id": "mine", "symbol": "ETH-USDT"},
    ):
        assert change(exchange, "cancel", **wrong)["reason"] == "unknown_order"
    right = by_number | {"client_order_id": "mine", "symbol": "BTC-USDT"}
    assert change(exchange, "cancel", **right)["status"] == "canceled"


def test_open_order_of_a_name_is_preferred_to_the_closed_one_of_its_id(exchange: Exchange) -> None:
    [native] = exchange.order("buy", "1", "60000", **NATIVE)
    by_both = {"order_id": native["order_id"], "client_order_id": "mine"}
    change(exchange, "cancel", **by_both)
    [unique] = exchange.order("buy", "1", "60000", **OPEN)
    assert change(exchange, "cancel", **by_both)["order_id"] == unique["order_id"]


def test_cancel_bears_an_id_of_its_own(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **OPEN)
    wrong = change(exchange, "cancel", number=64, cancel_id="a b")
    assert wrong["reason"] == "invalid_client_order_id"
    report = change(exchange, "cancel", number=64, cancel_id="cancel-1")
    assert (report["client_order_id"], report["cancel_id"]) == ("mine", "cancel-1")


def test_cancel_can_be_for_an_order_without_or_with_fills_alone(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **OPEN)
    only_new: Json = {"restriction": "only_new"}
    only_filled: Json = {"restriction": "only_partially_filled"}
    assert change(exchange, "cancel", number=64, **only_filled)["reason"] == "cancel_restricted"
    exchange.order("sell", "0.4", "60000")
    assert change(exchange, "cancel", number=64, **only_new)["reason"] == "cancel_restricted"
    assert change(exchange, "cancel", number=64, **only_filled)["status"] == "canceled"
    exchange.order("buy", "1", "60000", **OPEN)
    assert change(exchange, "cancel", client_order_id="mine", **only_new)["status"] == "canceled"


def test_amend_can_give_another_name(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **NATIVE)
    report = change(exchange, "amend", number=64, quantity="0.6", new_client_order_id="other")
    assert (report["client_order_id"], report["previous_client_order_id"]) == ("other", "mine")
    assert (report["quantity"], report["previous_quantity"]) == ("0.60000", "1.00000")
    assert change(exchange, "cancel", client_order_id="mine")["reason"] == "unknown_order"
    again = exchange.order("buy", "1", "60000", **NATIVE)
    assert reason_of(again) == ("command_rejected", "duplicate_order")
    assert change(exchange, "cancel", client_order_id="other")["status"] == "canceled"


def test_change_by_a_name_that_its_order_has_lost_is_for_the_new_bearer(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **NATIVE)
    change(exchange, "amend", number=64, quantity="0.6", new_client_order_id="other")
    by_first_name: Json = {
        "order_id": str(derive_order_id(ID_KEY, "alice", "mine")), "client_order_id": "mine",
    }  # fmt: skip
    assert change(exchange, "cancel", **by_first_name)["reason"] == "unknown_order"
    exchange.order("buy", "1", "60000", **OPEN)
    assert change(exchange, "cancel", **by_first_name)["number"] == 128


def test_new_name_must_not_be_that_of_an_open_order(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **OPEN)
    exchange.order("buy", "1", "60000", **OPEN | {"client_order_id": "other"})
    taken = change(exchange, "amend", number=64, quantity="0.5", new_client_order_id="other")
    assert taken["reason"] == "client_order_id_open"
    kept = change(exchange, "amend", number=64, quantity="0.5", new_client_order_id="mine")
    assert kept["client_order_id"] == kept["previous_client_order_id"] == "mine"


def test_refused_amend_keeps_the_name(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", order_type="post_only", **OPEN)
    exchange.order("sell", "1", "61000")
    renamed: Json = {"new_client_order_id": "other", "number": 64}
    assert change(exchange, "amend", price="61000", **renamed)["reason"] == "would_trade"
    assert change(exchange, "amend", price="59000", number=64)["client_order_id"] == "mine"


def test_amend_can_be_for_a_lower_quantity_alone(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **OPEN)
    lower: Json = {"number": 64, "only_lower": True}
    refusals: list[tuple[Json, str]] = [
        ({"quantity": "1.1"}, "quantity_not_lower"),
        ({"quantity": "1"}, "nothing_to_amend"),
        ({"quantity": "0.5", "price": "59000"}, "quantity_required"),
        ({"price": "59000"}, "quantity_required"),
    ]
    for fields, reason in refusals:
        assert change(exchange, "amend", **lower, **fields)["reason"] == reason
    assert change(exchange, "amend", **lower, quantity="0.9")["quantity"] == "0.90000"


def test_only_the_report_of_the_amend_tells_what_was_before(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **OPEN)
    change(exchange, "amend", number=64, quantity="0.9")
    exchange.order("sell", "0.1", "60000")
    [fill] = [
        report
        for report in read_events(exchange.batches[-1], channels.EXECUTION_REPORTS)
        if report["client_order_id"] == "mine"
    ]
    assert "previous_quantity" not in fill


def test_barrier_changes_nothing_and_is_answered(exchange: Exchange) -> None:
    batch = exchange.send({"command": "barrier", "reply_to": "w", "request_id": "r"})
    [reply] = read_replies(batch, "w")
    assert (reply["sequence"], reply["reason"]) == (1, None)
    assert batch.messages == {}


def test_snapshot_keeps_names(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **OPEN)
    exchange.order("buy", "1", "60000", **NATIVE | {"client_order_id": "native"})
    change(exchange, "amend", number=128, quantity="0.5", new_client_order_id="renamed")
    change(exchange, "cancel", number=64)
    exchange.order("buy", "1", "60000", **OPEN)
    restored = EngineExchange(make_instruments(), ID_KEY, 1000)
    snapshot = encode_snapshot(exchange.state.export())
    restored.restore(decode_snapshot(snapshot))
    assert encode_snapshot(restored.export()) == snapshot
    restored.restore(decode_snapshot(snapshot))  # as a snapshot is tried before it counts alone
    assert encode_snapshot(restored.export()) == snapshot
    for name in ("mine", "renamed"):
        found = restored.find_open_name("alice", name)
        assert found is not None
        assert found.client_order_id == name
    assert restored.find_open_name("alice", "native") is None


def test_before_the_level_an_entry_is_taken_without_the_new_fields() -> None:
    exchange = Exchange(level=Level.LEDGER)
    [report] = exchange.order("buy", "1", "60000", **OPEN, valid_until="1970-01-01T00:00:00.0Z")
    assert report["order_id"] == str(derive_order_id(ID_KEY, "alice", "mine"))
    assert change(exchange, "cancel", client_order_id="mine")["reason"] == "invalid_order_id"
    assert change(exchange, "barrier")["reason"] == "invalid_command"
