"""What a user's stream tells of order lists: the engine's own reports, in its order."""

from typing import Any

import pytest

from archive.records import OrderRecord
from binance_gateway.account.report_events import ReportEvents
from binance_gateway.words.symbols import Symbols
from protocol import channels
from protocol.events import ExecutionReport
from tests.support.exchange import Exchange, decode_events
from tests.unit.market_data.markets import make_instruments

ALICE, BOB = {"account": "alice"}, {"account": "bob"}
OCO = {
    "command": "new_list", "list_type": "oco", "symbol": "BTC-USDT", "client_list_id": "list-1",
    "orders": [
        {"side": "sell", "order_type": "post_only", "quantity": "0.2", "price": "61000",
         "client_order_id": "profit"},
        {"side": "sell", "order_type": "stop_loss", "quantity": "0.2", "stop_price": "59000",
         "client_order_id": "loss"},
    ],
}  # fmt: skip
OTO = {
    "command": "new_list", "list_type": "oto", "symbol": "BTC-USDT",
    "orders": [
        {"side": "buy", "order_type": "limit", "quantity": "0.2", "price": "60000"},
        {"side": "sell", "order_type": "limit", "quantity": "0.2", "price": "61000"},
    ],
}  # fmt: skip


class Stream:
    """Alice's stream of an exchange."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        self._events = ReportEvents(Symbols(make_instruments()), lambda: self.exchange.now)

    def send(self, *entries: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the events that entries lead to."""
        return self.translate(self.report(*entries))

    def report(self, *entries: dict[str, Any]) -> list[ExecutionReport]:
        """Return the reports that entries lead to; they are still to be translated."""
        batch = self.exchange.send(*entries)
        return [
            event
            for event in decode_events(batch, channels.EXECUTION_REPORTS)
            if isinstance(event, ExecutionReport) and event.account == "alice"
        ]

    def translate(self, reports: list[ExecutionReport]) -> list[dict[str, Any]]:
        """Return the events that tell of reports."""
        return [event(1_000) for report in reports for event in self._events.translate(report)]

    def recall(self, *reports: ExecutionReport, start: int) -> None:
        """Recall orders as the archive has them after these reports, the first of each."""
        for report in reports:
            shared: dict[str, Any] = {
                name: getattr(report, name, None) for name in OrderRecord.__struct_fields__
            }
            times = {"opened_at": report.timestamp, "updated_at": report.timestamp}
            self._events.recall(OrderRecord(**(shared | times)), start)


@pytest.fixture
def stream() -> Stream:
    return Stream()


def name(event: dict[str, Any]) -> str:
    if event["e"] == "listStatus":
        return f"{event['l']} {event['L']}"
    return f"{event['c']} {event['x']} {event['X']}"


def test_list_that_was_recalled_before_its_reports_begins_all_the_same(stream: Stream) -> None:
    """It was placed while the account's open orders were asked for."""
    reports = stream.report(OCO | ALICE)
    stream.recall(*reports, start=reports[0].sequence - 1)
    assert [name(each) for each in stream.translate(reports)] == [
        "EXEC_STARTED EXECUTING", "profit NEW NEW", "loss NEW NEW",
    ]  # fmt: skip


def test_list_that_was_there_before_the_stream_is_told_to_end_alone(stream: Stream) -> None:
    reports = stream.report(OCO | ALICE)
    stream.recall(*reports, start=reports[0].sequence)
    ended = stream.send({"command": "cancel_all"} | ALICE)
    assert [name(each) for each in ended] == [
        "profit CANCELED CANCELED", "loss CANCELED CANCELED", "ALL_DONE ALL_DONE",
    ]  # fmt: skip


def test_list_begins_before_its_orders_and_ends_behind_them(stream: Stream) -> None:
    begun = stream.send(OCO | ALICE)
    assert [name(each) for each in begun] == [
        "EXEC_STARTED EXECUTING", "profit NEW NEW", "loss NEW NEW",
    ]  # fmt: skip
    status = begun[0]
    number = status["g"]
    assert status == {
        "e": "listStatus", "E": status["E"], "s": "BTCUSDT", "g": number, "c": "OCO",
        "l": "EXEC_STARTED", "L": "EXECUTING", "r": "NONE", "C": "list-1", "T": status["T"],
        "O": [
            {"s": "BTCUSDT", "i": begun[1]["i"], "c": "profit"},
            {"s": "BTCUSDT", "i": begun[2]["i"], "c": "loss"},
        ],
    }  # fmt: skip
    assert [each["g"] for each in begun[1:]] == [number, number]
    bought = {"symbol": "BTC-USDT", "side": "buy", "order_type": "ioc", "price": "61000"}
    ended = stream.send(bought | {"quantity": "0.2"} | BOB)
    assert [name(each) for each in ended][-1] == "ALL_DONE ALL_DONE"
    assert {name(each) for each in ended[:-1]} == {"profit TRADE FILLED", "loss EXPIRED EXPIRED"}
    assert {each.get("eR") for each in ended[:-1]} == {None, "OCO_TRIGGER"}


def test_pending_order_is_told_again_when_it_comes_in(stream: Stream) -> None:
    begun = stream.send(OTO | ALICE)
    assert [each.get("X") for each in begun] == [None, "NEW", "PENDING_NEW"]
    assert begun[0]["c"] == "OTO"
    assert (begun[2]["w"], "W" in begun[2]) == (False, False)
    sold = {"symbol": "BTC-USDT", "side": "sell", "order_type": "ioc", "price": "60000"}
    ended = stream.send(sold | {"quantity": "0.2"} | BOB)
    assert [(each["x"], each["X"], each["w"]) for each in ended] == [
        ("TRADE", "FILLED", False), ("NEW", "NEW", True),
    ]  # fmt: skip


def test_list_that_is_canceled_is_done(stream: Stream) -> None:
    stream.send(OCO | ALICE)
    ended = stream.send({"command": "cancel_list", "client_list_id": "list-1"} | ALICE)
    assert [each.get("X") for each in ended] == ["CANCELED", "CANCELED", None]
    assert name(ended[-1]) == "ALL_DONE ALL_DONE"
    single = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "price": "50000"}
    assert len(stream.send(single | {"quantity": "0.1"} | ALICE)) == 1


@pytest.mark.parametrize(
    "cancel",
    [
        {"command": "cancel_list", "client_list_id": "list-1"},
        {"command": "cancel", "client_order_id": "profit"},
        {"command": "cancel", "client_order_id": "loss"},
    ],
)
def test_every_order_of_a_canceled_list_has_the_cancels_id(
    stream: Stream, cancel: dict[str, Any]
) -> None:
    stream.send(OCO | ALICE)
    *legs, _ = stream.send(cancel | {"cancel_id": "the-end"} | ALICE)
    assert {(each["c"], each["C"]) for each in legs} == {
        ("the-end", "profit"), ("the-end", "loss"),
    }  # fmt: skip
    stream.send(OCO | ALICE)
    *legs, _ = stream.send({"command": "cancel_list", "client_list_id": "list-1"} | ALICE)
    assert [(each["c"], each["C"]) for each in legs] == [("profit", "profit"), ("loss", "loss")]


def test_order_that_has_another_name_updates_its_list(stream: Stream) -> None:
    begun = stream.send(OCO | ALICE)
    amend = {
        "command": "amend", "number": begun[1]["i"], "quantity": "0.1",
        "new_client_order_id": "less", "only_lower": True,
    }  # fmt: skip
    told = stream.send(amend | ALICE)
    assert "UPDATED EXECUTING" in [name(each) for each in told]
