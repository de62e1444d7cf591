import json

import pytest

from benchmark.load.watching.doubles import count_doubled_orders, count_surplus_orders
from benchmark.load.watching.ledger import Ledger
from benchmark.load.watching.reports import ReportWatch
from benchmark.shared.feed_watch import SeenTrade

STAMP = "2026-01-31T12:00:00.000001Z"


def make_trade(trade_id: int, maker: str, taker: str, symbol: str = "SOL-USDT") -> SeenTrade:
    return SeenTrade(symbol, trade_id, maker, taker, 9.0, STAMP)


def make_watch(*reports: dict[str, object]) -> ReportWatch:
    watch = ReportWatch("ws://nowhere", {})
    for number, report in enumerate(reports, 1):
        fields = {"timestamp": STAMP, "sequence": number, "order_id": "1", "quantity": "5"}
        message = {"type": "execution_report", "number": number, "data": fields | report}
        watch._receive(json.dumps(message).encode(), float(number))
    return watch


def fill(trade_id: int, quantity: str) -> dict[str, object]:
    trade = {"trade_id": trade_id, "quantity": quantity}
    return {"status": "partially_filled", "last_trade": trade}


OPEN: dict[str, object] = {"status": "open"}
CANCELED: dict[str, object] = {"status": "canceled"}
EXPIRED: dict[str, object] = {"status": "expired"}


def make_ledger(changes: int) -> Ledger:
    ledger = Ledger(1 + changes)
    ledger.accept_order(0, "1", 1.0)
    for number in range(changes):
        ledger.accept_change(1 + number, "1", 2.0)
    return ledger


def test_two_trades_of_the_same_two_orders_are_two_doubled_orders() -> None:
    trades = [make_trade(1, "1", "2"), make_trade(2, "1", "2"), make_trade(3, "3", "4")]
    assert count_doubled_orders(trades, ["1", "2", "3", "4"]) == 2


def test_a_trade_that_came_twice_is_one_trade() -> None:
    trades = [make_trade(1, "1", "2"), make_trade(1, "1", "2"), make_trade(1, "3", "4", "BTC-USDT")]
    assert count_doubled_orders(trades, ["1", "2", "3", "4"]) == 0


def test_orders_of_others_do_not_count() -> None:
    trades = [make_trade(1, "other", "1"), make_trade(2, "other", "2")]
    assert count_doubled_orders(trades, ["1", "2"]) == 0


@pytest.mark.parametrize(
    ("reports", "changes", "count"),
    [
        ((OPEN, fill(1, "2"), fill(2, "3")), 0, 0),
        ((OPEN, EXPIRED), 0, 0),
        ((OPEN, {}, CANCELED), 2, 0),
        ((OPEN, fill(1, "2"), fill(2, "4")), 0, 1),
        ((OPEN, OPEN), 0, 1),
        ((OPEN, CANCELED, CANCELED), 1, 1),
        ((OPEN, EXPIRED, EXPIRED), 0, 1),
    ],
)
def test_more_reports_or_fills_than_an_order_can_have(
    reports: tuple[dict[str, object], ...], changes: int, count: int
) -> None:
    assert count_surplus_orders(make_watch(*reports), make_ledger(changes)) == count


def test_a_report_that_came_twice_is_repeated_and_not_surplus() -> None:
    watch = make_watch(OPEN, OPEN | {"sequence": 1})
    assert (watch.repeated, count_surplus_orders(watch, make_ledger(0))) == (1, 0)
