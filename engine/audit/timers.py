"""Audit the timers by the journal's own words: none fires before its time, or without one."""

from collections import defaultdict
from collections.abc import Iterable

from engine.audit.commands import list_commands
from engine.audit.findings import Findings, Rule
from engine.exchange.exchange import Exchange
from engine.exchange.levels import Level
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Reason
from protocol.events import CommandRejected, PrivateEvent
from protocol.journal import JournalEntry


class TimerAudit:
    """Follows the timers that run; `exchange` is where it begins.

    A timer that ends on an account without orders is not reported, and so it is kept here.
    """

    def __init__(self, exchange: Exchange, findings: Findings) -> None:
        self._findings = findings
        self._deadlines = dict(exchange.timers.deadlines)
        self._is_counting = exchange.level >= Level.ELAPSED
        self._now = exchange.read_timer_clock()

    def read(self, entry: JournalEntry, reports: Iterable[PrivateEvent]) -> None:
        """Audit one commit."""
        self._go_on(entry)
        refused: set[int] = set()
        fired: defaultdict[int, set[str]] = defaultdict(set)
        for report in reports:
            if isinstance(report, CommandRejected):
                refused.add(report.sequence)
            elif report.reason is Reason.CANCEL_AFTER:
                fired[report.sequence].add(report.account)
        for sequence, command in list_commands(entry):
            if sequence not in refused:
                self._follow(command, fired.pop(sequence, set()))
        self._findings.expect(not fired, Rule.TIMER, f"fired without a command: {dict(fired)}")

    def _go_on(self, entry: JournalEntry) -> None:
        """Let pass what the commit says has passed."""
        if not self._is_counting:
            self._now = entry.timestamp
            return
        elapsed = entry.elapsed
        self._findings.expect(
            elapsed is not None and elapsed >= 0, Rule.ELAPSED, f"elapsed is {elapsed}"
        )
        self._now += elapsed or 0

    def _follow(self, command: QueueEntry, fired: set[str]) -> None:
        for account in fired:
            deadline = self._deadlines.pop(account, None)
            self._findings.expect(
                deadline is not None and deadline <= self._now,
                Rule.TIMER,
                f"{account}'s fired at {self._now}, it was due at {deadline}",
            )
        if command.command is CommandType.CANCEL_AFTER:
            self._arm(command)
        elif command.command is CommandType.CONFIGURE and not self._is_counting:
            begun = Level.LEDGER if command.ledger is not None else Level.FIRST
            self._begin(max(begun, command.level or begun))

    def _arm(self, command: QueueEntry) -> None:
        if command.seconds:
            self._deadlines[command.account] = self._now + command.seconds * 1_000_000
        else:
            self._deadlines.pop(command.account, None)

    def _begin(self, level: int) -> None:
        """Go on by elapsed time, from 0, if the level says so."""
        if level >= Level.ELAPSED:
            self._is_counting = True
            self._deadlines = {name: at - self._now for name, at in self._deadlines.items()}
            self._now = 0
