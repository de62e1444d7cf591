"""What an audit finds, and the names of the rules that it checks."""

from enum import StrEnum
from typing import NamedTuple

MAX_KEPT = 50
"""How many findings are kept in full; the rest are only counted."""


class Rule(StrEnum):
    """What must hold of all that is stored; `engine/README.md` says why."""

    SEQUENCE = "sequence"
    """Each journal entry follows the one before, one sequence for each command."""
    TIMESTAMP = "timestamp"
    """No stamp is earlier than the one before."""
    ELAPSED = "elapsed"
    """Each commit says how much time has elapsed since the one before, once that is counted."""
    CLOCK = "clock"
    """A clock that is not the real one moves by what elapsed, a manual one by `advance` alone."""
    TIMER = "timer"
    """A timer fires when its time has elapsed, not before, and not if it was renewed."""
    REPLAY = "replay"
    """The journal's commands lead to the state hash and the very bytes that the journal has."""
    ANSWER = "answer"
    """Each command has the reports that it must have, and each report its command."""
    CHAIN = "chain"
    """`previous` of a message is the sequence of the message before on its channel."""
    EXPIRY = "expiry"
    """An order ends in the first commit at its time or after it, not before, and trades no more."""
    TRADE_ID = "trade_id"
    """A symbol's trades are numbered without a gap."""
    UPDATE_ID = "update_id"
    """A symbol's book updates are numbered without a gap."""
    TRADE_THROUGH = "trade_through"
    """A trade is at the best price of the book."""
    FIFO = "fifo"
    """A trade is with the order that came first at its price."""
    BOTH_SIDES = "both_sides"
    """Taker, maker and public trade say the same price and quantity."""
    QUANTITY = "quantity"
    """quantity = filled + prevented + remaining while an order is open; nothing remains when it
    has ended."""
    ORDER_STATE = "order_state"
    """An order is opened once and ends at most once."""
    LEVEL = "level"
    """A published level is the sum of what its open orders show."""
    CROSSED = "crossed"
    """The best bid is below the best ask."""
    BBO = "bbo"
    """The published best bid and offer are those of the published book."""
    STATE = "state"
    """The state's sequences are those of the journal's end."""
    SNAPSHOT = "snapshot"
    """A snapshot is what the replay has at its sequence."""
    OPEN_ORDERS = "open_orders"
    """Reports, engine and core agree on which orders are open."""
    BALANCE = "balance"
    """What there is of an asset is what came in; no account has less than nothing if checked."""
    TRANSFER = "transfer"
    """Transfers between two shards are numbered without a gap; each comes as it was sent. What all
    shards have of an asset, and what is on its way, is what came in."""
    HOLD = "hold"
    """What is locked is what the open orders hold."""
    COMMISSION = "commission"
    """A fill is charged what its account's rate says."""


class Finding(NamedTuple):
    """A rule that does not hold, and the sequence at which it does not."""

    sequence: int
    rule: Rule
    detail: str


class Findings:
    """The first MAX_KEPT findings and the number of all; `sequence` is where the audit is."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.total = 0
        self.sequence = 0

    def add(self, rule: Rule, detail: str) -> None:
        """Add a finding: `rule` does not hold at the sequence reached."""
        self.total += 1
        if len(self.kept) < MAX_KEPT:
            self.kept.append(Finding(self.sequence, rule, detail))

    def expect(self, holds: bool, rule: Rule, detail: str) -> None:
        """Add a finding unless `holds`."""
        if not holds:
            self.add(rule, detail)
