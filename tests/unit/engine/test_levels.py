"""Levels: where the exchange stands, what raises it, and what a version makes of a later one."""

import json

import pytest

from engine.exchange.batch import Batch
from engine.exchange.entries import FIELDS_SINCE
from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.levels import NEWEST, Level, UnknownLevel
from engine.exchange.own_entries import make_configuration, make_timer_entry
from engine.exchange.stored import decode_engine, encode_engine
from engine.order_path.handler import Handler
from protocol import channels, codec
from protocol.limits import TradingLimits
from protocol.snapshot import Snapshot, decode_snapshot, encode_snapshot
from protocol.timestamps import format_timestamp
from tests.support.exchange import ID_KEY, Exchange, Json, read_events, read_replies
from tests.support.instruments import make_instruments
from tests.support.kept_exchange.files import read_history, unpack_exchange

UNKNOWN = NEWEST + 1
STRANGE: Json = {
    "number": "7",
    "unique": "closed",
    "valid_until": 5,
    "restriction": "none",
    "cancel_id": 1,
    "new_client_order_id": [],
    "only_lower": "no",
    "replaced": "x",
    "mode": 3,
    "phase": "auction",
    "time_in_force": {},
    "expires_at": 1e300,
    "display_quantity": [],
    "quote_quantity": -1,
    "reject_if_triggered": "x",
    "trailing_offset": 1,
    "trailing_offset_type": 2,
    "orders": 3,
    "activation_price": {},
    "list_type": 4,
    "list_id": 2**70,
    "client_list_id": None,
    "shard": "x",
    "transfer": {},
}
"""A value of a wrong type for each field that began with a later level."""


def configure(**fields: object) -> Json:
    return {"command": "configure", **fields}


def put_on_level(snapshot: Snapshot, level: int) -> Snapshot:
    """The snapshot as a version with another newest level would have written it."""
    engine = decode_engine(snapshot.engine)
    engine.level = level
    return decode_snapshot(
        encode_snapshot(
            Snapshot(
                snapshot.sequence, snapshot.timestamp, snapshot.last_published, snapshot.books,
                encode_engine(engine),
            )
        )
    )  # fmt: skip


def test_new_exchange_begins_at_the_newest_level() -> None:
    assert Exchange().state.level is NEWEST


def test_engines_configuration_begins_the_newest_level() -> None:
    exchange = Exchange(level=Level.FIRST)
    assert exchange.state.level is Level.FIRST
    exchange.send(make_configuration(TradingLimits(7)))
    assert exchange.state.level is NEWEST
    assert exchange.state.rules.limits.max_open_orders == 7


@pytest.mark.parametrize("fields", [{}, {"level": 0}, {"level": None}])
def test_level_is_never_lowered(fields: Json) -> None:
    exchange = Exchange()
    exchange.send(configure(**fields))
    assert exchange.state.level is NEWEST


def test_refused_limits_do_not_begin_a_level() -> None:
    exchange = Exchange(level=Level.FIRST)
    limits = {"instruments": {"BTC-USDT": {"price_band": "x"}}}
    exchange.send(configure(limits=limits, level=NEWEST))
    assert exchange.state.level is Level.FIRST


@pytest.mark.parametrize("level", [UNKNOWN, -1])
def test_unknown_level_is_set_aside_and_changes_nothing(level: int) -> None:
    exchange = Exchange(level=Level.FIRST)
    batch = exchange.send(configure(limits={"max_open_orders": 2}, level=level))
    [report] = read_events(batch, channels.EXECUTION_REPORTS)
    assert (report["type"], report["reason"]) == ("command_rejected", "invalid_command")
    assert f"level {level} is not known here" in report["detail"]
    assert len(batch.dead) == 1
    assert exchange.state.level is Level.FIRST
    assert exchange.state.rules.limits == TradingLimits()


def test_level_that_was_unknown_stays_set_aside_where_it_is_known() -> None:
    """Journaled as it came, it would begin the level in the replay of a later version."""
    exchange = Exchange()
    batch = exchange.send(configure(level=UNKNOWN))
    assert json.loads(batch.commands[0])["command"] == "dead"
    again = Handler(EngineExchange(make_instruments(), ID_KEY, 1000))
    replayed = again.handle(batch.commands, batch.timestamp, batch.elapsed, max_size=None)
    assert replayed.to_journal_entry() == batch.to_journal_entry()
    assert replayed.dead == []


def test_snapshot_of_the_first_level_has_nothing_of_later_ones() -> None:
    first, newest = Exchange(level=Level.FIRST), Exchange()
    stored = first.state.export()
    assert len(stored.engine) < len(newest.state.export().engine)
    newest.state.restore(stored)
    assert newest.state.level is Level.FIRST
    assert encode_snapshot(newest.state.export()) == encode_snapshot(stored)


def test_snapshot_says_at_which_level_it_was_taken() -> None:
    exchange = Exchange(level=Level.FIRST)
    exchange.send(configure(level=NEWEST))
    restored = EngineExchange(make_instruments(), ID_KEY, 1000, Level.FIRST)
    restored.restore(exchange.state.export())
    assert restored.level is NEWEST


def test_snapshot_of_a_later_version_is_told_from_a_damaged_one() -> None:
    exchange = Exchange()
    with pytest.raises(UnknownLevel, match=f"level {UNKNOWN} is not known here"):
        exchange.state.restore(put_on_level(exchange.state.export(), UNKNOWN))


# level 1: elapsed time


SECOND = 1_000_000
ALICE: Json = {"account": "alice"}


def arm(seconds: int, account: str = "alice") -> Json:
    return {"command": "cancel_after", "account": account, "seconds": seconds}


def list_canceled(batch: Batch) -> list[str]:
    reports = read_events(batch, channels.EXECUTION_REPORTS)
    return [report["account"] for report in reports if report["reason"] == "cancel_after"]


def test_before_the_level_timers_are_points_of_the_stamps_time() -> None:
    exchange = Exchange(level=Level.FIRST)
    exchange.order("buy", "1", "60000", **ALICE)
    exchange.send(arm(10))
    exchange.now += 9 * SECOND
    assert list_canceled(exchange.send({"command": "expire_timers"})) == []
    exchange.now += 2 * SECOND
    stamp = format_timestamp(exchange.now - 2 * SECOND)
    early = {"command": "expire_timers", "received_at": stamp}
    assert list_canceled(exchange.send(early)) == []
    assert list_canceled(exchange.send({"command": "expire_timers"})) == ["alice"]
    assert exchange.state.elapsed == 0


def test_timers_that_run_when_the_level_begins_keep_what_was_left_of_them() -> None:
    exchange = Exchange(level=Level.FIRST)
    for seconds, account in ((3, "carol"), (10, "alice"), (20, "bob")):
        exchange.order("buy", "1", "60000", account=account)
        exchange.send(arm(seconds, account))
    exchange.now += 4 * SECOND
    exchange.send(configure(level=Level.ELAPSED))
    assert exchange.state.elapsed == 0
    exchange.now += 5 * SECOND
    assert list_canceled(exchange.send(make_timer_entry(exchange.elapsed))) == ["carol"]
    exchange.now += 2 * SECOND
    assert list_canceled(exchange.send(make_timer_entry(exchange.elapsed))) == ["alice"]
    exchange.now += 9 * SECOND
    assert list_canceled(exchange.send(make_timer_entry(exchange.elapsed))) == ["bob"]


def test_timer_entry_from_before_the_level_is_refused_and_asked_for_again() -> None:
    exchange = Exchange(level=Level.FIRST)
    exchange.order("buy", "1", "60000", **ALICE)
    exchange.send(arm(1))
    exchange.now += 5 * SECOND
    old = {"command": "expire_timers", "received_at": format_timestamp(exchange.now)}
    assert list_canceled(exchange.send(configure(level=Level.ELAPSED), old)) == []
    assert exchange.state.timers.is_due(exchange.elapsed)


def test_stamps_do_not_matter_to_timers() -> None:
    exchange = Exchange()
    exchange.order("buy", "1", "60000", **ALICE)
    exchange.send(arm(10))
    handle = exchange.handler.handle
    far = exchange.now + 86_400 * SECOND
    entry = make_timer_entry(11 * SECOND)
    assert list_canceled(handle([entry], far, 9 * SECOND)) == []
    assert list_canceled(handle([entry], far, 2 * SECOND)) == ["alice"]


def test_snapshot_keeps_what_has_elapsed() -> None:
    exchange = Exchange()
    exchange.send(arm(10))
    exchange.now += 7 * SECOND
    exchange.send(arm(10, "bob"))
    restored = EngineExchange(make_instruments(), ID_KEY, 1000)
    restored.restore(exchange.state.export())
    assert restored.elapsed == exchange.state.elapsed == 7 * SECOND + 1
    assert restored.timers.deadlines == exchange.state.timers.deadlines


# levels 3 and 4: orders


@pytest.mark.parametrize("level", [Level.LEDGER, Level.ORDERS])
def test_older_exchange_begins_the_level_with_its_orders_where_they_were(level: Level) -> None:
    exchange = Exchange(level=level)
    exchange.order("buy", "1", "60000", **ALICE)
    before = exchange.state.matcher.orders(0)
    exchange.send(make_configuration(TradingLimits()))
    assert exchange.state.level is NEWEST
    assert exchange.state.matcher.orders(0) == before


def test_level_that_begins_alone_leaves_the_state_hash_as_it_was() -> None:
    exchange = Exchange(level=Level.ORDERS)
    exchange.order("buy", "1", "60000", **ALICE)
    before = exchange.state.matcher.state_hash()
    exchange.send(configure(level=Level.CONDITIONAL))
    assert exchange.state.level is Level.CONDITIONAL
    assert exchange.state.matcher.state_hash() == before


def test_reports_tell_the_mode_of_self_trade_prevention_from_level_4_on() -> None:
    exchange = Exchange(level=Level.ORDERS)
    with_mode = {"self_trade_prevention": "cancel_maker"} | ALICE
    (before,) = exchange.order("buy", "1", "60000", client_order_id="stays", **with_mode)
    assert "self_trade_prevention" not in before
    exchange.send(configure(level=Level.CONDITIONAL))
    (after,) = exchange.order("buy", "1", "60001", **with_mode)
    assert after["self_trade_prevention"] == "cancel_maker"
    (without,) = exchange.order("buy", "1", "60002", **ALICE)
    assert "self_trade_prevention" not in without
    batch = exchange.send({"command": "cancel", "client_order_id": "stays"} | ALICE)
    (canceled,) = read_events(batch, channels.EXECUTION_REPORTS)
    assert canceled["self_trade_prevention"] == "cancel_maker"


@pytest.fixture(scope="module")
def old_entry(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """The first new order that an exchange of version 0.1.0 has journaled."""
    history = read_history(unpack_exchange(tmp_path_factory.mktemp("kept")).parent)
    commands = (
        raw for kept in history.entries for raw in codec.split_entries(kept.read().commands)
    )
    entry: Json = next(
        entry for entry in map(json.loads, commands) if entry.get("command", "new") == "new"
    )
    return entry


def handle(level: Level, entry: Json) -> Batch:
    return Exchange(level=level).send(entry | {"reply_to": "worker", "request_id": "1"})


@pytest.mark.parametrize("level", [Level.FIRST, Level.ELAPSED, Level.LEDGER])
def test_old_entry_may_have_any_value_in_a_field_of_a_later_level(
    level: Level, old_entry: Json
) -> None:
    assert STRANGE.keys() == {name for names in FIELDS_SINCE.values() for name in names}
    expected = handle(level, old_entry)
    for fields in (STRANGE, *({name: value} for name, value in STRANGE.items())):
        batch = handle(level, old_entry | fields)
        assert batch.messages == expected.messages
        assert batch.state_hash == expected.state_hash
        assert batch.to_replies() == expected.to_replies()


def test_old_entry_is_refused_for_a_field_that_was_known(old_entry: Json) -> None:
    bad = {"price": 5}
    expected = handle(Level.LEDGER, old_entry | bad)
    [report] = read_events(expected, channels.EXECUTION_REPORTS)
    assert (report["type"], report["reason"]) == ("command_rejected", "invalid_type")
    batch = handle(Level.LEDGER, STRANGE | old_entry | bad)
    assert batch.messages == expected.messages
    assert batch.to_replies() == expected.to_replies()


def test_field_counts_from_its_level_on(old_entry: Json) -> None:
    batch = handle(Level.ORDERS, old_entry | {"number": "7", "orders": 3})
    [reply] = read_replies(batch, "worker")
    assert (reply["reason"], reply["field"]) == ("invalid_type", "number")
