"""The audit of answers: each command's own reports pass, one too few or another's does not."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from engine.audit.answers import AnswerAudit
from engine.audit.findings import Findings, Rule
from engine.exchange.batch import Batch
from protocol import channels
from tests.support.exchange import Exchange, Json, decode_events
from tests.support.faults_flow import draw_flow

Reports = list[Any]
Change = Callable[[Reports], object]
REST = {"symbol": "BTC-USDT", "side": "sell", "order_type": "limit", "quantity": "2",
        "price": "100", "order_id": "7", "client_order_id": "a"}  # fmt: skip
OTHER = REST | {"order_id": "8", "client_order_id": "b"}
NAMED: Json = {"order_id": "7"}
LIST: Json = {
    "command": "new_list", "list_type": "oco", "symbol": "BTC-USDT", "client_list_id": "list",
    "orders": [
        {"side": "sell", "order_type": "post_only", "price": "100", "quantity": "2",
         "client_order_id": "profit"},
        {"side": "sell", "order_type": "stop_loss", "stop_price": "90", "quantity": "2",
         "client_order_id": "loss"},
    ],
}  # fmt: skip


def read_reports(batch: Batch) -> Reports:
    return list(decode_events(batch, channels.EXECUTION_REPORTS))


def find(*entries: Json | bytes, change: Change = lambda _: None) -> list[Rule]:
    """What is found in the last of the entries, each a commit, after `change` of its reports."""
    exchange, findings = Exchange(), Findings()
    audit = AnswerAudit(findings)
    for entry in entries:
        assert findings.kept == []
        batch = exchange.send(entry)
        reports = read_reports(batch)
        if entry is entries[-1]:
            change(reports)
        audit.read(batch.to_journal_entry(), reports)
    return [finding.rule for finding in findings.kept]


@pytest.mark.parametrize("batch", [1, 10, 500])
def test_flow_of_every_kind_of_command_passes(batch: int) -> None:
    exchange, findings, flow = Exchange(), Findings(), draw_flow(9, 1000)
    audit = AnswerAudit(findings)
    for first in range(0, len(flow), batch):
        sent = exchange.send(*flow[first : first + batch])
        audit.read(sent.to_journal_entry(), read_reports(sent))
    assert findings.kept == []


@pytest.mark.parametrize(
    "command",
    [
        {"command": "halt", "symbol": "BTC-USDT"},
        {"command": "resume", "symbol": "BTC-USDT"},
        {"command": "configure"},
        {"command": "clear_queue", "quantity": "3"},
        {"command": "cancel_after", "account": "alice", "seconds": 5},
        {"command": "cancel_all", "account": "nobody"},
        {"command": "expire_timers"},
    ],
)
def test_command_that_changes_no_order_needs_no_answer(command: Json) -> None:
    assert find(command) == []


ANSWERED = [
    OTHER,
    OTHER | {"price": "0.001"},  # rejected
    OTHER | {"symbol": 5},  # refused for its form
    NAMED | {"command": "cancel"},
    NAMED | {"command": "cancel", "account": "somebody"},
    NAMED | {"command": "amend", "quantity": "1"},
    NAMED | {"command": "amend"},
    b"garbage",
]


@pytest.mark.parametrize("command", ANSWERED)
def test_command_without_its_report_is_found(command: Json | bytes) -> None:
    assert find(REST, command) == []
    assert find(REST, command, change=Reports.clear) == [Rule.ANSWER]


@pytest.mark.parametrize("command", [*ANSWERED[1:5], *ANSWERED[6:]])
def test_last_word_that_is_said_twice_is_found(command: Json | bytes) -> None:
    assert find(REST, command, change=lambda reports: reports.extend(reports)) == [Rule.ANSWER]


CANCELS_OF_A_LIST: list[Json] = [
    {"command": "cancel", "client_order_id": "profit"},
    {"command": "cancel", "client_order_id": "loss"},
    {"command": "cancel_list", "client_list_id": "list"},
]


@pytest.mark.parametrize(
    "command",
    [
        *CANCELS_OF_A_LIST,
        {"command": "cancel_list", "client_list_id": "other"},
        {"command": "amend", "client_order_id": "profit", "quantity": "1"},
        {"command": "amend", "client_order_id": "loss", "quantity": "1"},
        OTHER | {"command": "replace", "replaced": {"client_order_id": "loss"}, "order_id": None},
    ],
)
def test_command_about_a_list_passes_with_its_reports_alone(command: Json) -> None:
    assert find(LIST, command) == []
    assert find(LIST, command, change=Reports.clear) == [Rule.ANSWER]


def test_list_of_which_one_order_is_not_told_is_found() -> None:
    assert find(LIST, change=lambda reports: reports.pop()) == [Rule.ANSWER]


@pytest.mark.parametrize("command", CANCELS_OF_A_LIST)
def test_cancel_of_a_list_that_cancels_another_order_is_found(command: Json) -> None:
    def cancel_another(reports: Reports) -> None:
        reports.append(replace(reports[0], order_id="9"))

    assert find(LIST, command, change=cancel_another) == [Rule.ANSWER]


def test_list_that_ends_by_its_time_asks_for_no_command() -> None:
    profit, loss = LIST["orders"]
    profit = profit | {"time_in_force": "gtd", "expires_at": "2023-11-14T22:14:00.000000Z"}
    exchange, findings = Exchange(), Findings()
    audit = AnswerAudit(findings)
    for entry in (LIST | {"orders": [profit, loss]}, {"command": "barrier"}):
        batch = exchange.send(entry)
        audit.read(batch.to_journal_entry(), read_reports(batch))
        exchange.now += 60_000_000
    assert [report.reason for report in read_reports(batch)] == ["time_reached", "list_ended"]
    assert findings.kept == []


def change_first(**fields: Any) -> Change:
    def change(reports: Reports) -> None:
        reports[0] = replace(reports[0], **fields)

    return change


@pytest.mark.parametrize(
    "change",
    [
        change_first(order_id="8"),
        change_first(client_order_id="b"),
        change_first(account="mallory"),
        change_first(status="partially_filled"),
        change_first(sequence=1),
        change_first(sequence=3),
    ],
)
def test_answer_of_another_command_is_found(change: Change) -> None:
    before = {"command": "cancel", "order_id": "6"}
    assert set(find(before, REST, change=change)) == {Rule.ANSWER}


def test_order_id_is_a_number_however_it_is_written() -> None:
    assert find(REST, NAMED | {"command": "cancel", "order_id": "007"}) == []
