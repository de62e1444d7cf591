"""What the audit of the timers finds."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from engine.audit.findings import Findings, Rule
from engine.audit.timers import TimerAudit
from engine.exchange.levels import NEWEST, Level
from engine.exchange.own_entries import make_timer_entry
from protocol import channels
from protocol.enums import BalanceMode
from protocol.events import PrivateEvent
from protocol.journal import JournalEntry
from tests.support.exchange import Exchange, Json, decode_events
from tests.support.ledgers import make_ledger

SECOND = 1_000_000
ORDER = {
    "symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1", "price": "9",
    "account": "alice",
}  # fmt: skip
ARM = {"command": "cancel_after", "account": "alice", "seconds": 10}
RENEW = ARM | {"seconds": 100}
DISARM = ARM | {"seconds": 0}


class Audited:
    """An exchange whose commits are audited, perhaps with other words than its own."""

    def __init__(self, level: Level = NEWEST) -> None:
        self.exchange = Exchange(level=level)
        self.findings = Findings()
        self._audit = TimerAudit(self.exchange.state, self.findings)

    def send(self, *entries: Json | bytes, **other: Any) -> None:
        batch = self.exchange.send(*entries)
        events = decode_events(batch, channels.EXECUTION_REPORTS)
        reports = [event for event in events if isinstance(event, PrivateEvent)]
        entry: JournalEntry = batch.to_journal_entry()._replace(**other)
        self._audit.read(entry, reports)

    def ring(self, seconds: int, **other: Any) -> None:
        """Let the timers ring after that time."""
        self.exchange.now += seconds * SECOND
        if self.exchange.state.level is Level.FIRST:
            self.send({"command": "expire_timers"}, **other)
        else:
            self.send(make_timer_entry(self.exchange.elapsed), **other)

    def rules(self) -> Sequence[Rule]:
        return [finding.rule for finding in self.findings.kept]


@pytest.mark.parametrize("level", Level)
def test_timers_that_fire_when_they_are_due_are_right(level: Level) -> None:
    audited = Audited(level)
    audited.send(ORDER, ARM, RENEW, DISARM, ARM)
    audited.ring(9)
    audited.ring(2)
    audited.send(ORDER, ARM)
    audited.ring(11)
    assert audited.rules() == []


@pytest.mark.parametrize(
    "begun",
    [{"level": Level.ELAPSED}, {"ledger": msgspec.to_builtins(make_ledger(BalanceMode.UNLIMITED))}],
)
def test_timers_that_run_when_elapsed_time_begins_to_count_are_right(begun: Json) -> None:
    audited = Audited(Level.FIRST)
    audited.send(ORDER, ARM)
    audited.exchange.now += 9 * SECOND
    audited.send({"command": "configure", **begun})
    audited.ring(2)
    assert audited.rules() == []


def test_timer_that_fires_before_its_time_has_elapsed_is_found() -> None:
    audited = Audited()
    audited.send(ORDER, ARM)
    audited.ring(11, elapsed=9 * SECOND)
    assert audited.rules() == [Rule.TIMER]


def test_timer_that_fires_although_it_was_renewed_is_found() -> None:
    audited = Audited()
    audited.send(ORDER, ARM, commands=b"[{},%s]" % b'{"command":"cancel_after","seconds":0}')
    audited.ring(11)
    assert audited.rules() == [Rule.TIMER]


def test_timer_that_fires_without_a_command_is_found() -> None:
    audited = Audited()
    audited.send(ORDER, ARM)
    audited.ring(11, commands=b"[]")
    assert audited.rules() == [Rule.TIMER]


@pytest.mark.parametrize("elapsed", [None, -1])
def test_commit_that_does_not_say_what_has_elapsed_is_found(elapsed: int | None) -> None:
    audited = Audited()
    audited.send(ORDER, elapsed=elapsed)
    assert audited.rules() == [Rule.ELAPSED]


def test_commit_from_before_elapsed_time_is_counted_need_not_say_it() -> None:
    audited = Audited(Level.FIRST)
    audited.send(ORDER, elapsed=None)
    assert audited.rules() == []
