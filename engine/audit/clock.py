"""Audit the exchange's time where it is not the wall clock's: nothing but what elapsed moves it."""

from collections.abc import Iterable

from engine.audit.commands import list_commands
from engine.audit.findings import Findings, Rule
from engine.exchange.exchange import Exchange
from protocol.enums import CommandType
from protocol.events import CommandRejected, PrivateEvent
from protocol.exchange_clock import ClockMode
from protocol.journal import JournalEntry


class ClockAudit:
    """Follows the stamps; `exchange` is where it begins."""

    def __init__(self, exchange: Exchange, mode: ClockMode, findings: Findings) -> None:
        self._mode = mode
        self._timestamp = exchange.timestamp
        self._findings = findings

    def read(self, entry: JournalEntry, reports: Iterable[PrivateEvent]) -> None:
        """Audit one commit."""
        if self._mode.is_real:
            return
        moved = entry.timestamp - self._timestamp
        if self._timestamp:
            self._findings.expect(
                moved == entry.elapsed,
                Rule.CLOCK,
                f"the stamp moved on by {moved}, {entry.elapsed} elapsed",
            )
        if self._mode.is_manual:
            self._check_advance(entry, reports)
        self._timestamp = entry.timestamp

    def _check_advance(self, entry: JournalEntry, reports: Iterable[PrivateEvent]) -> None:
        refused = {item.sequence for item in reports if isinstance(item, CommandRejected)}
        said = [
            (sequence, command.elapsed or 0)
            for sequence, command in list_commands(entry)
            if command.command is CommandType.ADVANCE and sequence not in refused
        ]
        first = entry.previous + 1
        self._findings.expect(
            all(sequence == first for sequence, _ in said)
            and (entry.elapsed or 0) == sum(elapsed for _, elapsed in said),
            Rule.CLOCK,
            f"{entry.elapsed} elapsed, the commands at {first} and behind advance by {said}",
        )
