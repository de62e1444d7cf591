"""The audit of orders and books: what is published about a right exchange passes, all else not."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from engine.audit.book import BookAudit
from engine.audit.findings import MAX_KEPT, Findings, Rule
from engine.audit.orders import OrderAudit
from engine.exchange.batch import Batch
from protocol import channels
from protocol.events import ExecutionReport
from tests.support.exchange import Exchange, Json, decode_events
from tests.support.faults_flow import draw_flow
from tests.support.instruments import make_instruments


class Audit:
    """Reads what an exchange publishes, after `change` has had its way with it."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.exchange = Exchange()
        self.orders = OrderAudit(make_instruments(), 1000, self.findings)
        self.books = BookAudit(make_instruments(), self.orders.queues, self.findings)

    def send(
        self, *entries: Json | bytes, change: Callable[["Published"], None] = lambda _: None
    ) -> None:
        """One commit."""
        published = Published(self.exchange.send(*entries))
        change(published)
        self.orders.read(published.reports, published.trades)
        self.books.read(published.trades, published.deltas, published.bbos)

    @property
    def rules(self) -> set[Rule]:
        return {finding.rule for finding in self.findings.kept}


class Published:
    """The events of one commit."""

    def __init__(self, batch: Batch) -> None:
        self.reports: list[Any] = decode_events(batch, channels.EXECUTION_REPORTS)
        self.trades: list[Any] = decode_events(batch, channels.TRADE_EVENTS)
        self.deltas: list[Any] = decode_events(batch, channels.ORDER_BOOK_UPDATES)
        self.bbos: list[Any] = decode_events(batch, channels.BBO_UPDATES)


def limit(side: str, quantity: str, price: str, name: str, **more: str) -> Json:
    return {"symbol": "BTC-USDT", "side": side, "order_type": "limit", "quantity": quantity,
            "price": price, "client_order_id": name, **more}  # fmt: skip


@pytest.mark.parametrize("batch", [1, 10, 500])
def test_flow_of_every_kind_of_command_passes(batch: int) -> None:
    audit, flow = Audit(), draw_flow(9, 1000)
    for first in range(0, len(flow), batch):
        audit.send(*flow[first : first + batch])
    assert audit.findings.kept == []
    assert audit.books.trades > 50
    assert len(audit.orders.open) == len(audit.exchange.state.orders.open)


def swap_makers(published: Published) -> None:
    first, second = published.trades
    published.trades[:] = [
        replace(first, maker_order_id=second.maker_order_id),
        replace(second, maker_order_id=first.maker_order_id),
    ]
    reports = published.reports
    reports[2], reports[4] = (
        replace(reports[4], last_trade=reports[2].last_trade),
        replace(reports[2], last_trade=reports[4].last_trade),
    )


def test_trade_with_the_order_that_came_second_is_found() -> None:
    audit = Audit()
    audit.send(limit("sell", "1", "100", "a"), limit("sell", "1", "100", "b"))
    audit.send(limit("buy", "2", "100", "c"), change=swap_makers)
    assert audit.rules == {Rule.FIFO}


def test_trade_at_a_worse_price_is_found() -> None:
    audit = Audit()
    audit.send(limit("sell", "1", "100", "a"), limit("sell", "1", "101", "b"))
    audit.send(limit("buy", "2", "101", "c"), change=swap_makers)
    assert Rule.TRADE_THROUGH in audit.rules


def change_report(index: int, **fields: Any) -> Callable[[Published], None]:
    def change(published: Published) -> None:
        published.reports[index] = replace(published.reports[index], **fields)

    return change


def change_trade(**fields: Any) -> Callable[[Published], None]:
    def change(published: Published) -> None:
        published.trades[0] = replace(published.trades[0], **fields)

    return change


def change_delta(**fields: Any) -> Callable[[Published], None]:
    def change(published: Published) -> None:
        published.deltas[0] = replace(published.deltas[0], **fields)

    return change


def drop_reports(published: Published) -> None:
    published.reports = []


def drop_quotes(published: Published) -> None:
    published.bbos = []


def open_again(published: Published) -> None:
    report = published.reports[0]
    assert isinstance(report, ExecutionReport)
    published.reports += [replace(report, sequence=99), replace(report, sequence=100)]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (change_report(0, remaining_quantity="2.00000"), Rule.QUANTITY),
        (change_report(1, filled_notional="1.0000000"), Rule.QUANTITY),
        (change_trade(quantity="0.50000"), Rule.BOTH_SIDES),
        (change_trade(aggressor_side="sell"), Rule.BOTH_SIDES),
        (change_trade(trade_id=7), Rule.TRADE_ID),
        (drop_reports, Rule.BOTH_SIDES),
        (change_delta(first_update_id=9), Rule.UPDATE_ID),
        (change_delta(asks=[("100.00", "3.00000")]), Rule.LEVEL),
        (change_delta(bids=[("100.00", "3.00000")], asks=[]), Rule.CROSSED),
        (drop_quotes, Rule.BBO),
    ],
)
def test_wrong_event_is_found(change: Callable[[Published], None], rule: Rule) -> None:
    audit = Audit()
    audit.send(limit("sell", "2", "100", "a"))
    audit.send(limit("buy", "1", "100", "b"), change=change)
    assert rule in audit.rules


def test_order_that_is_opened_again_after_its_end_is_found() -> None:
    audit = Audit()
    audit.send(limit("sell", "2", "100", "a"))
    audit.send(limit("buy", "1", "100", "b"), change=open_again)
    assert Rule.ORDER_STATE in audit.rules


def test_findings_are_kept_up_to_a_limit_and_counted_beyond() -> None:
    findings = Findings()
    for sequence in range(MAX_KEPT + 5):
        findings.sequence = sequence
        findings.expect(sequence < 0, Rule.LEVEL, "wrong")
    assert (len(findings.kept), findings.total) == (MAX_KEPT, MAX_KEPT + 5)
    assert findings.kept[3] == (3, Rule.LEVEL, "wrong")
