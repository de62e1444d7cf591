"""The way of an order in stages, each an HDR histogram.

An order's answer and its matching run side by side once Redis has it: both count from `sent`.
"""

import math
from array import array
from collections.abc import Iterator, Mapping

from benchmark.load.options import LIST
from benchmark.load.run import Run
from benchmark.shared.histogram import Histogram

ACCEPT = "accept"
ORDER_TO_FEED = "order to feed"
SCHEDULED_TO_HANDED_OVER = "scheduled to handed over"
HANDED_OVER_TO_SENT = "handed over to sent"
SENT_TO_ACCEPTED = "sent to accepted"
SENT_TO_TAKEN = "sent to taken"
TAKEN_TO_TRADE = "taken to trade report"
TAKEN_TO_BBO = "taken to BBO update"
ORDER_TO_BBO = "order to BBO update"
TAKEN_TO_REPORT = "taken to private report"
ORDER_TO_REPORT = "order to private report"
_MEANINGS = {
    ACCEPT: "scheduled → 201, on disk",
    ORDER_TO_FEED: "scheduled → trade on the WebSocket",
    SCHEDULED_TO_HANDED_OVER: "the generator's own lateness",
    HANDED_OVER_TO_SENT: "for a connection, the order it changes",
    SENT_TO_ACCEPTED: "gateway, Redis, back at the client",
    SENT_TO_TAKEN: "gateway, Redis, the engine takes it",
    TAKEN_TO_TRADE: "matching, commit, feed, reader",
    TAKEN_TO_BBO: "the same for the best bid and offer",
    ORDER_TO_BBO: "scheduled → BBO on the WebSocket",
    TAKEN_TO_REPORT: "the same for the owner's report",
    ORDER_TO_REPORT: "scheduled → report on /ws/orders",
}
_MEANINGS_ON_THE_LIST = {
    ACCEPT: "scheduled → answer to RPUSH, on disk",
    HANDED_OVER_TO_SENT: "for the push before",
    SENT_TO_ACCEPTED: "Redis, back at the client",
    SENT_TO_TAKEN: "Redis, the engine takes it",
}


def explain_stages(mode: str) -> Mapping[str, str]:
    """Say what each stage is in a mode of sending, by its name."""
    return {**_MEANINGS, **(_MEANINGS_ON_THE_LIST if mode == LIST else {})}


def measure_stages(run: Run) -> dict[str, Histogram]:
    """Measure the stages, by name; one that the messages do not show is left out."""
    ledger, evidence = run.ledger, run.evidence
    stages = {
        ACCEPT: Histogram(_subtract(ledger.due, ledger.accepted)),
        ORDER_TO_FEED: Histogram(_subtract(ledger.due, evidence.traded)),
        SCHEDULED_TO_HANDED_OVER: Histogram(_subtract(ledger.due, ledger.handed_over)),
        HANDED_OVER_TO_SENT: Histogram(_subtract(ledger.handed_over, ledger.sent)),
        SENT_TO_ACCEPTED: Histogram(_subtract(ledger.sent, ledger.accepted)),
        SENT_TO_TAKEN: Histogram(_subtract(ledger.sent, evidence.taken)),
        TAKEN_TO_TRADE: Histogram(_subtract(evidence.taken, evidence.traded)),
        TAKEN_TO_BBO: Histogram(_list_bbo_times(run)),
        ORDER_TO_BBO: Histogram(_list_order_to_bbo(run)),
    }
    if run.reports is not None:
        stages[TAKEN_TO_REPORT] = Histogram(_subtract(evidence.taken, evidence.seen))
        stages[ORDER_TO_REPORT] = Histogram(_subtract(ledger.due, evidence.seen))
    return {name: histogram for name, histogram in stages.items() if len(histogram)}


def _subtract(begins: "array[float]", ends: "array[float]") -> Iterator[float]:
    for begin, end in zip(begins, ends, strict=True):
        seconds = end - begin
        if not math.isnan(seconds):
            yield seconds


def _list_bbo_times(run: Run) -> Iterator[float]:
    first_due = run.ledger.first_due
    for bbo in run.feed.bbos:
        taken = run.clock.to_moment(bbo.stamp)
        if taken >= first_due:
            yield bbo.arrived - taken


def _list_order_to_bbo(run: Run) -> Iterator[float]:
    """List the times from the last order of a commit to that commit's best prices."""
    newest: dict[tuple[str, str], float] = {}
    numbers = {order_id: number for number, order_id in run.ledger.order_ids.items()}
    for trade in run.feed.trades:
        if trade.taker in numbers:
            key, due = (trade.symbol, trade.stamp), run.ledger.due[numbers[trade.taker]]
            newest[key] = max(newest.get(key, 0.0), due)
    for bbo in run.feed.bbos:
        due = newest.get((bbo.symbol, bbo.stamp), math.nan)
        if not math.isnan(due):
            yield bbo.arrived - due
