"""Accounts and what they have: opened, credited, held, charged, told, and kept over a restart."""

from typing import Any

import msgspec
import pytest

from engine.audit.balances import BalanceAudit
from engine.audit.findings import Findings, Rule
from engine.core import codes
from engine.exchange import ledger as ledger_module
from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.ledger import settle_settings
from engine.exchange.levels import Level
from engine.exchange.own_entries import make_configuration
from engine.order_path.handler import Handler
from protocol import assets, channels, codec
from protocol.assets import AssetSpecification, FeeRates, LedgerSettings
from protocol.enums import BalanceMode
from protocol.limits import TradingLimits
from protocol.snapshot import encode_snapshot
from tests.support.exchange import ID_KEY, Exchange, Json, read_events, read_replies
from tests.support.faults_flow import draw_flow
from tests.support.instruments import make_instruments
from tests.support.ledgers import make_ledger

REPORTS = channels.EXECUTION_REPORTS
ALICE: Json = {"account": "alice"}
BOB: Json = {"account": "bob"}
ASK: Json = {"reply_to": "worker", "request_id": "1"}


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(ledger=make_ledger())


def pick(events: list[Json], kind: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(event[name] for name in names) for event in events if event["type"] == kind]


def positions(events: list[Json]) -> dict[str, dict[str, tuple[str, str]]]:
    """Free and locked by account and asset, as an `account_position` tells it."""
    return {
        event["account"]: {
            balance["asset"]: (balance["free"], balance["locked"]) for balance in event["balances"]
        }
        for event in events
        if event["type"] == "account_position"
    }


def commissions(events: list[Json]) -> list[tuple[str, str]]:
    """Amount and asset of each fill, the taker's first."""
    fills = [event["last_trade"] for event in events if event.get("last_trade")]
    return [(fill["commission"], fill["commission_asset"]) for fill in fills]


def transfer(exchange: Exchange, command: str, **fields: str) -> tuple[list[Json], Json]:
    """Events and reply of a credit or debit."""
    batch = exchange.send({"command": command, **fields, **ASK})
    return read_events(batch, REPORTS), read_replies(batch, "worker")[0]


def test_first_order_opens_the_account_before_its_reports_and_the_position_comes_last(
    exchange: Exchange,
) -> None:
    events = exchange.order("buy", "1", "60000", **ALICE)
    assert [event["type"] for event in events] == [
        *["balance_changed"] * 4, "execution_report", "account_position",
    ]  # fmt: skip
    assert pick(events, "balance_changed", "asset", "amount", "cause", "id")[:2] == [
        ("USDT", "100000.00000000", "opening", None),
        ("BTC", "2.00000000", "opening", None),
    ]
    assert positions(events)["alice"]["USDT"] == ("40000.00000000", "60000.00000000")
    assert positions(events)["alice"]["BTC"] == ("2.00000000", "0.00000000")


def test_position_is_told_once_a_commit_and_of_the_assets_that_it_changed(
    exchange: Exchange,
) -> None:
    exchange.order("buy", "0.1", "60000", **ALICE)
    order = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "0.1",
             "price": "50000"} | ALICE  # fmt: skip
    events = read_events(exchange.send(order, order), REPORTS)
    assert positions(events) == {"alice": {"USDT": ("84000.00000000", "16000.00000000")}}


def test_fill_is_charged_in_what_is_received_and_the_fees_are_told(exchange: Exchange) -> None:
    exchange.order("sell", "0.5", "60000", **ALICE)
    events = exchange.order("buy", "0.5", "61000", **BOB)
    assert commissions(events) == [("0.00050000", "BTC"), ("30.00000000", "USDT")]
    assert positions(events) == {
        "fees": {"USDT": ("30.00000000", "0.00000000"), "BTC": ("0.00050000", "0.00000000")},
        "alice": {"USDT": ("129970.00000000", "0.00000000"), "BTC": ("1.50000000", "0.00000000")},
        "bob": {
            "USDT": ("70000.00000000", "0.00000000"),
            "BTC": ("2.49950000", "0.00000000"),
            "ETH": ("50.00000000", "0.00000000"),
            "SOL": ("500.00000000", "0.00000000"),
        },
    }


def test_order_without_funds_is_rejected_with_what_is_needed_and_what_is_free(
    exchange: Exchange,
) -> None:
    exchange.order("buy", "1", "60000", **ALICE)
    batch = exchange.send(
        {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1",
         "price": "50000"} | ALICE | ASK
    )  # fmt: skip
    assert pick(read_events(batch, REPORTS), "execution_report", "status", "reason") == [
        ("rejected", "insufficient_balance")
    ]
    [reply] = read_replies(batch, "worker")
    assert (reply["reason"], reply["field"]) == ("insufficient_balance", "quantity")
    assert reply["detail"] == "50000.00000000 USDT are needed, 40000.00000000 are free"


def test_amend_beyond_the_funds_is_refused_and_changes_nothing(exchange: Exchange) -> None:
    [*_, report, _] = exchange.order("buy", "1", "60000", **ALICE)
    batch = exchange.send(
        {"command": "amend", "order_id": report["order_id"], "quantity": "2"} | ALICE | ASK
    )
    assert [event["type"] for event in read_events(batch, REPORTS)] == ["command_rejected"]
    [reply] = read_replies(batch, "worker")
    assert (reply["reason"], reply["detail"]) == (
        "insufficient_balance", "60000.00000000 USDT are needed, 40000.00000000 are free",
    )  # fmt: skip
    assert exchange.book()[0] == [("60000.00", "1.00000")]


def test_stop_that_buys_at_the_market_and_cannot_pay_at_its_trigger_expires(
    exchange: Exchange,
) -> None:
    [*_, stop, _] = exchange.order("buy", "2", order_type="stop_loss", stop_price="60000", **ALICE)
    exchange.order("sell", "2", "60000", **BOB)
    exchange.order("sell", "1", "60000", account="carol")
    events = exchange.order("buy", "0.1", "60000", account="dave")
    of_stop = [event for event in events if event.get("order_id") == stop["order_id"]]
    assert pick(of_stop, "execution_report", "status", "reason", "triggered") == [
        ("open", None, True), ("expired", "insufficient_balance", True),
    ]  # fmt: skip


def test_amounts_and_rates_have_the_bounds_of_the_core() -> None:
    bounds = (codes.MAX_AMOUNT, codes.FEE_UNIT)
    assert bounds == (assets.MAX_AMOUNT, assets.FEE_UNIT)
    assert assets.MAX_ACCOUNTS < codes.MAX_ACCOUNTS


def test_fees_account_receives_and_cannot_trade(exchange: Exchange) -> None:
    [report] = exchange.order("buy", "1", "1", account="fees")
    assert (report["status"], report["reason"]) == ("rejected", "invalid_account")
    _, reply = transfer(exchange, "debit", account="fees", asset="USDT", amount="1", id="a")
    assert reply["reason"] == "insufficient_balance"


def test_credit_works_once_for_its_id_also_after_a_restart(exchange: Exchange) -> None:
    fields = {"account": "carol", "asset": "USDT", "amount": "5.5", "id": "first"}
    events, reply = transfer(exchange, "credit", **fields)
    assert pick(events, "balance_changed", "amount", "cause", "id")[-1] == (
        "5.50000000", "credit", "first",
    )  # fmt: skip
    expected = {"asset": "USDT", "free": "100005.50000000", "locked": "0.00000000"}
    assert (reply["balance"], reply["duplicate"]) == (expected, False)
    restart(exchange)
    events, reply = transfer(exchange, "credit", **fields)
    assert (events, reply["balance"], reply["duplicate"]) == ([], expected, True)
    for other in ({"amount": "6"}, {"asset": "BTC"}, {"account": "dave"}):
        _, reply = transfer(exchange, "credit", **fields | other)
        assert (reply["reason"], reply["field"]) == ("transfer_id_reused", "id")
    _, reply = transfer(exchange, "debit", **fields)
    assert reply["reason"] == "transfer_id_reused"


def test_only_the_latest_credits_and_debits_are_remembered(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "MAX_CHANGES", 2)
    fields = {"account": "carol", "asset": "USDT", "amount": "1"}
    for number in range(3):
        transfer(exchange, "credit", **fields, id=f"id-{number}")
    assert transfer(exchange, "credit", **fields, id="id-2")[1]["duplicate"]
    assert not transfer(exchange, "credit", **fields, id="id-0")[1]["duplicate"]


def test_debit_takes_at_most_what_is_free(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000", **ALICE)
    fields = {"account": "alice", "asset": "USDT", "id": "a"}
    _, reply = transfer(exchange, "debit", **fields, amount="40000.00000001")
    assert (reply["reason"], reply["nearest"]) == ("insufficient_balance", "40000.00000000")
    events, reply = transfer(exchange, "debit", **fields, amount="40000")
    assert pick(events, "balance_changed", "amount", "cause") == [("-40000.00000000", "debit")]
    assert reply["balance"]["free"] == "0.00000000"


def test_debit_of_too_much_does_not_open_an_account(exchange: Exchange) -> None:
    events, _ = transfer(exchange, "debit", account="new", asset="BTC", amount="3", id="a")
    assert [event["type"] for event in events] == ["command_rejected"]
    assert "new" not in exchange.state.accounts


@pytest.mark.parametrize(
    ("fields", "reason", "field", "nearest"),
    [
        ({"asset": "DOGE"}, "unknown_asset", "asset", None),
        ({"amount": "-1"}, "invalid_decimal", "amount", None),
        ({"amount": "1e3"}, "invalid_decimal", "amount", None),
        ({"amount": "1" + "0" * 30}, "invalid_decimal", "amount", None),
        ({"amount": "100000000000"}, "amount_out_of_range", "amount", "92233720368.54775807"),
        ({"amount": "0"}, "amount_out_of_range", "amount", "0.00000001"),
        ({"amount": "0.000000001"}, "off_unit", "amount", "0.00000001"),
        ({"amount": "1.000000016"}, "off_unit", "amount", "1.00000002"),
        ({"id": "with blank"}, "invalid_transfer_id", "id", None),
        ({"id": ""}, "invalid_transfer_id", "id", None),
        ({"account": "a/b"}, "invalid_account", "account", None),
    ],
)
def test_bad_credit_is_refused_with_field_and_nearest_value(
    exchange: Exchange, fields: Json, reason: str, field: str, nearest: str | None
) -> None:
    before = exchange.state.matcher.state_hash()
    good = {"account": "carol", "asset": "USDT", "amount": "1", "id": "a"}
    events, reply = transfer(exchange, "credit", **good | fields)
    assert (reply["reason"], reply["field"], reply["nearest"]) == (reason, field, nearest)
    assert [event["type"] for event in events] == ["command_rejected"]
    assert exchange.state.matcher.state_hash() == before


def test_balance_of_many_credits_outgrows_64_bits(exchange: Exchange) -> None:
    for number in range(4):
        _, reply = transfer(
            exchange, "credit", account="rich", asset="USDT", amount="90000000000", id=f"{number}"
        )
    assert reply["balance"]["free"] == "360000100000.00000000"


def test_own_fees_come_before_the_instruments(exchange: Exchange) -> None:
    exchange.send({"command": "set_fees", "maker": "0", "taker": "0.5"} | ALICE)
    exchange.send(
        {"command": "set_fees", "symbol": "BTC-USDT", "maker": "0.25", "taker": "0"} | ALICE
    )
    exchange.order("sell", "1", "100", **ALICE)
    events = exchange.order("buy", "1", "100", **BOB)
    assert commissions(events) == [("0.00100000", "BTC"), ("25.00000000", "USDT")]


@pytest.mark.parametrize("rate", ["1.1", "-1", "0.000000001", "", "100%"])
def test_bad_fee_rate_is_refused(exchange: Exchange, rate: str) -> None:
    batch = exchange.send({"command": "set_fees", "maker": "0", "taker": rate} | ALICE | ASK)
    [reply] = read_replies(batch, "worker")
    assert reply["field"] == "taker"
    assert reply["reason"] in {"fee_out_of_range", "invalid_decimal"}


def test_no_more_accounts_open_than_the_settings_allow() -> None:
    exchange = Exchange(ledger=msgspec.structs.replace(make_ledger(), max_accounts=1))
    exchange.order("buy", "1", "1", **ALICE)
    [report] = exchange.order("buy", "1", "1", **BOB)
    assert (report["status"], report["reason"]) == ("rejected", "too_many_accounts")
    _, reply = transfer(exchange, "credit", account="bob", asset="USDT", amount="1", id="a")
    assert reply["reason"] == "too_many_accounts"
    assert exchange.order("buy", "1", "1", **ALICE)[0]["status"] == "open"


def test_without_a_ledger_nothing_is_told_and_money_commands_are_refused() -> None:
    exchange = Exchange()
    exchange.order("sell", "1", "100", **ALICE)
    events = exchange.order("buy", "1", "100", **BOB)
    assert {event["type"] for event in events} == {"execution_report"}
    assert "commission" not in events[-1]["last_trade"]
    for command in ("credit", "debit", "set_fees", "open_account"):
        batch = exchange.send({"command": command, "maker": "0", "taker": "0"} | ALICE | ASK)
        assert read_replies(batch, "worker")[0]["reason"] == "no_ledger"


def test_exchange_from_before_counts_and_refuses_nothing() -> None:
    exchange = Exchange(level=Level.FIRST)
    exchange.order("buy", "100", "60000", **ALICE)
    settled = settle_settings(make_ledger(), None, is_new=False)
    assert settled.balances is BalanceMode.UNLIMITED
    events = read_events(exchange.send(make_configuration(TradingLimits(), settled)), REPORTS)
    assert positions(events)["alice"]["USDT"] == ("-5900000.00000000", "6000000.00000000")
    events = exchange.order("sell", "100", "60000", **BOB)
    assert positions(events)["bob"]["BTC"] == ("-98.00000000", "0.00000000")
    assert exchange.state.level >= Level.LEDGER


def test_instrument_whose_open_orders_are_out_of_range_has_no_ledger() -> None:
    exchange = Exchange(level=Level.FIRST)
    exchange.order("buy", "10000000", "10000000000", **ALICE)
    settled = settle_settings(make_ledger(), None, is_new=False)
    events = read_events(exchange.send(make_configuration(TradingLimits(), settled)), REPORTS)
    assert positions(events)["alice"]["USDT"] == ("100000.00000000", "0.00000000")
    assert list(exchange.state.ledger.traded) == [1, 2]
    events = exchange.order("sell", "1", "1", **BOB)
    assert "commission" not in events[-2]["last_trade"]
    restart(exchange)


def test_exchange_with_accounts_cannot_begin_to_refuse() -> None:
    exchange = Exchange()
    exchange.order("buy", "100", "60000", **ALICE)
    [event] = read_events(
        exchange.send(make_configuration(TradingLimits(), make_ledger())), REPORTS
    )
    assert (event["reason"], exchange.state.ledger.is_open) == ("invalid_command", False)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"balances": BalanceMode.UNLIMITED}, "checked for good"),
        ({"assets": [AssetSpecification("USDT", 6)]}, "stay as they were"),
        ({"assets": [AssetSpecification("USDT")] * 2}, "each asset is there once"),
        ({"assets": [AssetSpecification("usdt")]}, "does not look like USDT"),
        ({"fees": {"BTC-USDT": FeeRates("2", "0")}}, "maker_fee of BTC-USDT must be from 0 to 1"),
    ],
)
def test_settings_that_cannot_be_used_change_nothing(
    exchange: Exchange, change: dict[str, Any], detail: str
) -> None:
    before = exchange.state.ledger.settings, exchange.state.rules.limits
    settings = msgspec.structs.replace(make_ledger(), **change)
    [event] = read_events(exchange.send(make_configuration(TradingLimits(7), settings)), REPORTS)
    assert event["reason"] == "invalid_command"
    assert detail in event["detail"]
    assert (exchange.state.ledger.settings, exchange.state.rules.limits) == before


def test_new_asset_and_new_fees_come_into_force_with_the_next_settings(
    exchange: Exchange,
) -> None:
    exchange.order("sell", "1", "100", **ALICE)
    wanted = msgspec.structs.replace(
        make_ledger(),
        assets=[AssetSpecification("XRP", 6), AssetSpecification("USDT", starting_balance="7")],
        fees={"BTC-USDT": FeeRates("0", "0.5")},
    )
    settled = settle_settings(wanted, exchange.state.ledger.settings, is_new=False)
    assert [asset.symbol for asset in settled.assets] == ["USDT", "BTC", "ETH", "SOL", "XRP"]
    exchange.send(make_configuration(TradingLimits(), settled))
    events, _ = transfer(exchange, "credit", account="alice", asset="XRP", amount="1", id="a")
    assert positions(events) == {"alice": {"XRP": ("1.000000", "0.000000")}}
    events, _ = transfer(exchange, "credit", account="carol", asset="BTC", amount="1", id="b")
    assert positions(events)["carol"]["USDT"] == ("7.00000000", "0.00000000")
    events = exchange.order("buy", "0.01", "100", account="carol")
    assert commissions(events) == [("0.00500000", "BTC"), ("0.00000000", "USDT")]


def test_other_decimals_of_a_known_asset_are_a_conflict() -> None:
    wanted = msgspec.structs.replace(make_ledger(), assets=[AssetSpecification("USDT", 6)])
    with pytest.raises(ValueError, match="USDT was counted with 8 decimals, now it has 6"):
        settle_settings(wanted, make_ledger(), is_new=False)


def restart(exchange: Exchange) -> None:
    """Go on with what a snapshot brings back, which is the same snapshot again."""
    raw = encode_snapshot(exchange.state.export())
    restored = EngineExchange(make_instruments(), ID_KEY, 1000)
    restored.restore(exchange.state.export())
    assert encode_snapshot(restored.export()) == raw
    exchange.state = restored
    exchange.handler = Handler(restored)


def play(exchange: Exchange, settings: LedgerSettings) -> None:
    """A flow of every kind with tight funds; the ledger opens late if it may, changes later."""
    flow = draw_flow(5, 900)
    is_late = settings.balances is BalanceMode.UNLIMITED
    if is_late:  # there are no order lists before a ledger
        flow[:300] = [each for each in flow if b'"new_list"' not in each][:300]
    flow[300 if is_late else 0] = make_configuration(TradingLimits(), settings)
    later = msgspec.structs.replace(settings, fees={"BTC-USDT": FeeRates("0", "1")})
    flow[600] = make_configuration(TradingLimits(), later)
    money: list[Json] = [
        {"command": "credit", "account": "bob", "asset": "BTC", "amount": "0.5"},
        {"command": "debit", "account": "bob", "asset": "USDT", "amount": "10"},
        {"command": "set_fees", "account": "alice", "maker": "0.01", "taker": "0.02"},
    ]
    for number in range(0, 900, 9):
        commands = [entry | {"id": f"t{number // 20 * 20}-{entry['command']}"} for entry in money]
        exchange.send(*flow[number : number + 9], *commands)


def audit(exchange: Exchange, old: bytes = b"", new: bytes = b"") -> Findings:
    """What an audit finds where the first `old` of each commit's reports is `new`."""
    findings = Findings()
    balances = BalanceAudit(make_instruments(), findings)
    for batch in exchange.batches:
        entry = batch.to_journal_entry()
        message = entry.messages.get(REPORTS, b"")
        if old:
            message = message.replace(old, new, 1)
        balances.read(entry, codec.decode_message(message).events if message else ())  # type: ignore[arg-type]
    return findings


@pytest.mark.parametrize("balances", list(BalanceMode))
def test_flow_with_money_replays_to_the_same_bytes_and_is_found_to_be_right(
    balances: BalanceMode,
) -> None:
    exchange = Exchange()
    play(exchange, make_ledger(balances, USDT="3000"))
    restart(exchange)
    again = Handler(EngineExchange(make_instruments(), ID_KEY, 1000))
    for batch in exchange.batches:
        replayed = again.handle(batch.commands, batch.timestamp, batch.elapsed, max_size=None)
        assert replayed.to_journal_entry() == batch.to_journal_entry()
    assert encode_snapshot(again.exchange.export()) == encode_snapshot(exchange.state.export())
    assert audit(exchange).kept == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b'"free":"', b'"free":"1', Rule.BALANCE),
        (b'"amount":"', b'"amount":"1', Rule.BALANCE),
        (b'"commission":"', b'"commission":"1', Rule.COMMISSION),
        (b'"commission_asset":"BTC"', b'"commission_asset":"ETH"', Rule.COMMISSION),
    ],
)
def test_other_amounts_than_those_of_the_commands_are_found(
    old: bytes, new: bytes, rule: Rule
) -> None:
    exchange = Exchange()
    play(exchange, make_ledger(USDT="3000"))
    assert rule in {finding.rule for finding in audit(exchange, old, new).kept}
