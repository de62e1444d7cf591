"""Levels: where the exchange stands, what raises it, and what a version makes of a later one."""

import json

import pytest

from engine.exchange.batch import Batch
from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.handler import Handler
from engine.exchange.levels import NEWEST, Level, UnknownLevel
from engine.exchange.own_entries import make_configuration, make_timer_entry
from engine.exchange.stored import decode_engine, encode_engine
from protocol import channels
from protocol.limits import TradingLimits
from protocol.snapshot import Snapshot, decode_snapshot, encode_snapshot
from protocol.timestamps import format_timestamp
from tests.support.exchange import ID_KEY, Exchange, Json, read_events
from tests.support.instruments import make_instruments

UNKNOWN = NEWEST + 1


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
