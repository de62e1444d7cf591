"""Levels: where the exchange stands, what raises it, and what a version makes of a later one."""

import json

import pytest

from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.handler import Handler
from engine.exchange.levels import NEWEST, Level, UnknownLevel
from engine.exchange.own_entries import make_configuration
from engine.exchange.stored import decode_engine, encode_engine
from protocol import channels
from protocol.limits import TradingLimits
from protocol.snapshot import Snapshot, decode_snapshot, encode_snapshot
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
    replayed = again.handle(batch.commands, batch.timestamp, max_size=None)
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
