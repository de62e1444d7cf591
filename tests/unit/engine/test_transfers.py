"""Transfers between the exchanges of two shards, carried by hand."""

import pytest
from msgspec.structs import replace

from engine.exchange import transfers as transfers_module
from engine.exchange.own_entries import make_close, make_receipt
from engine.exchange.transfers import Sent
from protocol import channels
from protocol.enums import BalanceMode
from protocol.snapshot import decode_snapshot, encode_snapshot
from tests.support.exchange import Exchange, Json, read_events, read_replies
from tests.support.ledgers import make_empty_ledger, make_ledger

FIELDS = {"account": "alice", "asset": "USDT", "amount": "2.5", "id": "one", "shard": 2}


@pytest.fixture
def first() -> Exchange:
    """Accounts open with 100,000 USDT and 2 BTC."""
    return Exchange(ledger=make_ledger())


@pytest.fixture
def second() -> Exchange:
    """The exchange of shard 2, where accounts open with nothing."""
    return Exchange(ledger=make_empty_ledger(), shard=2)


def ask(exchange: Exchange, **fields: object) -> tuple[list[Json], Json]:
    """Send a transfer, with `FIELDS` where nothing else is said; return its events and reply."""
    entry = {"command": "transfer", **FIELDS, **fields, "reply_to": "w", "request_id": "r"}
    batch = exchange.send(entry)
    [reply] = read_replies(batch, "w")
    return read_events(batch, channels.EXECUTION_REPORTS), reply


def receive(exchange: Exchange, number: int, **fields: object) -> list[Json]:
    """Let an exchange receive a transfer from shard 1; return what it tells."""
    entry = {"command": "receive_transfer", **FIELDS, "shard": 1, "transfer": number, **fields}
    return read_events(exchange.send(entry), channels.EXECUTION_REPORTS)


def read_free(exchange: Exchange, account: str = "alice") -> str:
    number = exchange.state.find_account(account)
    assert number is not None
    asset = exchange.state.ledger.find_asset("USDT")
    return exchange.state.ledger.read_balance(number, asset).free


def read_hash(exchange: Exchange) -> int:
    """Return the state hash, of a commit that changes nothing."""
    return exchange.send({"command": "barrier"}).state_hash


def restore(exchange: Exchange) -> None:
    """Let an exchange go on from its own snapshot, as after a restart."""
    raw = encode_snapshot(exchange.state.export())
    exchange.state.restore(decode_snapshot(raw))
    assert encode_snapshot(exchange.state.export()) == raw


def test_what_is_sent_leaves_here_and_is_on_its_way(first: Exchange) -> None:
    events, reply = ask(first)
    [change] = [event for event in events if event.get("cause") == "sent"]
    assert change == {
        "type": "balance_changed", "account": "alice", "asset": "USDT", "amount": "-2.50000000",
        "cause": "sent", "id": "one", "sequence": 2, "timestamp": change["timestamp"],
        "shard": 2, "transfer": 1,
    }  # fmt: skip
    assert (reply["transfer"], reply["duplicate"]) == (1, False)
    assert reply["balance"]["free"] == read_free(first) == "99997.50000000"
    [sent] = first.state.transfers.list_on_way()
    assert sent == (("alice", "USDT", 250_000_000, "one"), 2, 1)


def test_what_is_received_is_there_once(second: Exchange) -> None:
    [change, position] = receive(second, 1)
    assert (change["cause"], change["amount"], change["shard"], change["transfer"]) == (
        "received", "2.50000000", 1, 1,
    )  # fmt: skip
    assert position["balances"][0]["free"] == "2.50000000"
    assert receive(second, 1) == []
    assert read_free(second) == "2.50000000"


def test_only_the_next_number_is_received(second: Exchange) -> None:
    assert receive(second, 2) == []
    receive(second, 1)
    receive(second, 2)
    receive(second, 4)
    assert second.state.transfers.received == {1: 2}
    assert read_free(second) == "5.00000000"


def test_same_id_has_the_same_answer_and_is_sent_once(first: Exchange) -> None:
    _, once = ask(first)
    restore(first)
    events, again = ask(first)
    assert events == []
    assert (again["transfer"], again["balance"], again["duplicate"]) == (
        once["transfer"], once["balance"], True,
    )  # fmt: skip


@pytest.mark.parametrize("other", [{"amount": "3"}, {"asset": "BTC"}, {"shard": 3}])
def test_id_with_another_body_is_refused(first: Exchange, other: Json) -> None:
    ask(first)
    _, reply = ask(first, **other)
    assert (reply["reason"], reply["field"]) == ("transfer_id_reused", "id")


def test_id_is_the_accounts_own(first: Exchange) -> None:
    ask(first)
    _, reply = ask(first, account="bob")
    assert (reply["reason"], reply["transfer"]) == (None, 2)


def test_only_the_latest_ids_are_remembered(
    first: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers_module, "MAX_KNOWN", 2)
    for number in range(3):
        ask(first, id=f"id-{number}")
    numbers = [ask(first, id=f"id-{number}")[1]["transfer"] for number in (2, 0)]
    assert numbers == [3, 4]


def test_too_little_is_refused_with_what_is_needed_and_free(first: Exchange) -> None:
    events, reply = ask(first, amount="100000.00000001")
    assert (reply["reason"], reply["field"], reply["nearest"]) == (
        "insufficient_balance", "amount", "100000.00000000",
    )  # fmt: skip
    assert reply["detail"] == (
        "100000.00000001 USDT are needed, alice has 100000.00000000 free"
    )  # fmt: skip
    assert [event["type"] for event in events] == ["command_rejected"]
    assert first.state.transfers.sent == {}


def test_unlimited_balances_may_go_below_zero() -> None:
    exchange = Exchange(ledger=make_ledger(BalanceMode.UNLIMITED))
    ask(exchange, amount="100001")
    assert read_free(exchange) == "-1.00000000"


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"shard": 1}, "same_shard", "shard"),
        ({"shard": 0}, "unknown_shard", "shard"),
        ({"shard": 65}, "unknown_shard", "shard"),
        ({"shard": None}, "unknown_shard", "shard"),
        ({"shard": "2"}, "unknown_shard", "shard"),
        ({"shard": True}, "unknown_shard", "shard"),
        ({"asset": "XYZ"}, "unknown_asset", "asset"),
        ({"amount": "0"}, "amount_out_of_range", "amount"),
        ({"amount": "0.000000001"}, "off_unit", "amount"),
        ({"amount": "-1"}, "invalid_decimal", "amount"),
        ({"id": "a b"}, "invalid_transfer_id", "id"),
        ({"account": "a b"}, "invalid_account", "account"),
    ],
)
def test_wrong_form_is_refused(first: Exchange, fields: Json, reason: str, field: str) -> None:
    before = read_hash(first)
    _, reply = ask(first, **fields)
    assert (reply["reason"], reply["field"]) == (reason, field)
    assert read_hash(first) == before


@pytest.mark.parametrize("number", [None, 0, -1, "1", 1.5])
def test_receipt_without_a_number_is_refused(second: Exchange, number: object) -> None:
    [event] = receive(second, 1, transfer=number)
    assert (event["reason"], event["command"]) == ("invalid_command", "receive_transfer")


def test_exchange_without_a_ledger_refuses() -> None:
    exchange = Exchange()
    assert ask(exchange)[1]["reason"] == "no_ledger"
    assert receive(exchange, 1)[0]["reason"] == "no_ledger"


def test_receiving_opens_an_account_beyond_the_limit() -> None:
    settings = replace(make_empty_ledger(), max_accounts=1)
    second = Exchange(ledger=settings, shard=2)
    receive(second, 1)
    receive(second, 2, account="bob")
    assert read_free(second, "bob") == "2.50000000"


def test_closing_forgets_what_was_received(first: Exchange) -> None:
    for number in range(3):
        ask(first, id=f"id-{number}")
    first.send(make_close(2, 2))
    assert [sent.number for sent in first.state.transfers.list_on_way()] == [3]
    [event] = read_events(first.send(make_close(2, 4)), channels.EXECUTION_REPORTS)
    assert event["reason"] == "invalid_command"
    first.send(make_close(2, 3))
    assert first.state.transfers.on_way == {}


def test_receipt_says_all_that_was_sent(first: Exchange, second: Exchange) -> None:
    ask(first)
    [sent] = first.state.transfers.list_on_way()
    batch = second.send(make_receipt(sent, "2.50000000", 1))
    assert read_events(batch, channels.EXECUTION_REPORTS)[0]["id"] == "one"


def test_state_hash_has_the_transfers_and_survives_a_restart(
    first: Exchange, second: Exchange
) -> None:
    hashes = {read_hash(first)}
    ask(first)
    hashes.add(read_hash(first))
    restore(first)
    assert read_hash(first) in hashes
    first.send(make_close(2, 1))
    hashes.add(read_hash(first))
    restore(first)
    assert read_hash(first) in hashes
    assert len(hashes) == 3
    before = read_hash(second)
    receive(second, 1)
    after = read_hash(second)
    restore(second)
    assert read_hash(second) == after != before


def test_sent_is_of_one_shard_and_number() -> None:
    sent = Sent(transfers_module.Transfer("a", "USDT", 1, "x"), 2, 1)
    digest = transfers_module._digest(sent)
    assert digest != transfers_module._digest(sent._replace(shard=3))
    assert digest != transfers_module._digest(sent._replace(number=2))
