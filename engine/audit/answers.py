"""Audit that every command was answered: a replay cannot tell, it would leave out the same."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import TypeAlias

import msgspec

from engine.audit.findings import Findings, Rule
from engine.exchange.entries import Malformed, Unreadable, read_entry
from protocol import codec
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Reason, ReplaceMode, Status
from protocol.events import CommandRejected, ExecutionReport, PrivateEvent
from protocol.journal import JournalEntry

_MAX_NAMED = 5

Answers: TypeAlias = Sequence[PrivateEvent]
"""The reports with one command's sequence, in order."""


class AnswerAudit:
    """Compares each command of a commit with the reports that have its sequence."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def read(self, entry: JournalEntry, reports: Iterable[PrivateEvent]) -> None:
        """Audit one commit."""
        answers: defaultdict[int, list[PrivateEvent]] = defaultdict(list)
        for report in reports:
            is_first = report.sequence == entry.previous + 1
            if not (is_first and not answers and _has_ended_by_itself(report)):
                answers[report.sequence].append(report)
        try:
            commands = codec.split_entries(entry.commands)
        except msgspec.DecodeError as error:
            self._findings.add(Rule.ANSWER, f"the commands cannot be read: {error}")
            return
        for sequence, command in enumerate(commands, entry.previous + 1):
            problem = find_problem(command, sequence, answers.pop(sequence, []))
            self._findings.expect(not problem, Rule.ANSWER, f"command {sequence}: {problem}")
        self._findings.expect(
            not answers, Rule.ANSWER, f"reports without a command: {list(answers)[:_MAX_NAMED]}"
        )


def find_problem(raw: bytes, sequence: int, answers: Answers) -> str | None:
    """Say what is wrong with the answers to the journaled command `raw`; None if nothing is."""
    try:
        command = read_entry(raw)
        is_answered = _CHECKS[command.command](command, sequence, answers)
    except Malformed as malformed:
        command = malformed.entry
        is_answered = False
    except Unreadable as unreadable:
        return f"an entry that cannot be read is journaled as it was: {unreadable}"
    if is_answered or _is_refused(command, answers):
        return None
    return f"{command.command} is answered with {_describe(answers)}"


def _has_ended_by_itself(report: PrivateEvent) -> bool:
    """Whether an order's time was over, or that of its list, before the first of a commit."""
    return (
        isinstance(report, ExecutionReport)
        and report.status is Status.EXPIRED
        and report.reason in {Reason.TIME_REACHED, Reason.LIST_ENDED}
    )


def _is_refused(command: QueueEntry, answers: Answers) -> bool:
    """Whether the only answer is a `command_rejected`."""
    answer = answers[0] if len(answers) == 1 else None
    if not isinstance(answer, CommandRejected):
        return False
    given = (command.command, command.order_id, command.account)
    # if the command does not name the order, its answer may
    is_name_kept = command.client_order_id in (None, answer.client_order_id)
    return is_name_kept and given == (answer.command, answer.order_id, answer.account)


def _is_new_answered(command: QueueEntry, sequence: int, answers: Answers) -> bool:
    """Whether the first answer is `open`, or the only one is `rejected`."""
    first = answers[0] if answers else None
    if not isinstance(first, ExecutionReport) or first.last_trade is not None:
        return False
    name = command.client_order_id or f"queue:{sequence}"
    is_its_own = (first.account, first.client_order_id) == (command.account, name)
    if command.order_id is not None:
        is_its_own &= _has_id(command, first)
    is_rejected = first.status is Status.REJECTED and len(answers) == 1
    return is_its_own and (is_rejected or first.status is Status.OPEN)


def _is_new_list_answered(command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether the first answers are `open`, one for each order of the list, in turn."""
    first = answers[0] if answers else None
    if not isinstance(first, ExecutionReport) or not first.list:
        return False
    ids = first.list.order_ids
    return [answer.order_id for answer in answers[: len(ids)]] == [*ids] and all(
        isinstance(answer, ExecutionReport)
        and (answer.account, answer.status) == (command.account, Status.OPEN)
        and answer.last_trade is None
        for answer in answers[: len(ids)]
    )


def _is_cancel_list_answered(command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether the answers are `canceled`, of orders of the list alone."""
    first = answers[0] if answers else None
    if not isinstance(first, ExecutionReport) or not first.list:
        return False
    return (
        first.account == command.account
        and command.list_id in (None, first.list.list_id)
        and command.client_list_id in (None, first.list.client_list_id)
        and _is_one_cancel(answers)
    )


def _is_cancel_answered(command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether the order, and what is open of its list, is `canceled`, and nothing else."""
    return any(_is_of(command, answer) for answer in answers) and _is_one_cancel(answers)


def _is_amend_answered(command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether the first answer is the order with its new terms, or canceled because of them."""
    first = answers[0] if answers else None
    return isinstance(first, ExecutionReport) and _is_of(command, first) and not first.last_trade


def _is_cancel_all_answered(command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether each answer is a `canceled` of the account; there may be none."""
    return all(_is_canceled(answer) and answer.account == command.account for answer in answers)


def _is_timer_entry_answered(_command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether each answer is a `canceled`; the command does not name the accounts."""
    return all(map(_is_canceled, answers))


def _is_unanswered(_command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether there is no answer, as for a command that changes no order."""
    return not answers


def _is_dead_answered(_command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether the only answer is a `command_rejected` that names no command."""
    return len(answers) == 1 and isinstance(answers[0], CommandRejected) and not answers[0].command


def _is_replace_answered(command: QueueEntry, _sequence: int, answers: Answers) -> bool:
    """Whether what was replaced is canceled, if it is reported, and the new order follows."""
    reports = [report for report in answers if isinstance(report, ExecutionReport)]
    canceled = list(takewhile(_is_canceled, reports))
    first = len(canceled)
    new = reports[first] if len(reports) == len(answers) > first else None
    if new is None or (canceled and not _is_one_cancel(canceled)):
        return False
    if not canceled and command.mode is ReplaceMode.STOP_ON_FAILURE:
        return False
    is_refused = new.status is Status.REJECTED and len(answers) == first + 1
    return new.account == command.account and (is_refused or new.status is Status.OPEN)


def _is_of(command: QueueEntry, report: PrivateEvent) -> bool:
    """Whether the report is about the order that a change names, by id, number or name."""
    if isinstance(report, ExecutionReport):
        if command.order_id is None and command.number is not None:
            return report.number == command.number
        names = (report.client_order_id, report.previous_client_order_id)
        if command.client_order_id in names and report.execution_number:
            return report.account == command.account
    return _has_id(command, report)


def _has_id(command: QueueEntry, report: PrivateEvent) -> bool:
    """Whether the report has the order id of the command, leading zeros aside."""
    return (report.order_id or "0").lstrip("0") == (command.order_id or "0").lstrip("0") != ""


def _is_canceled(report: PrivateEvent) -> bool:
    return isinstance(report, ExecutionReport) and report.status is Status.CANCELED


def _is_one_cancel(answers: Answers) -> bool:
    """Whether all are `canceled`: one order, or each of several of one list once."""
    first = answers[0]
    if not isinstance(first, ExecutionReport) or not all(map(_is_canceled, answers)):
        return False
    ids = [answer.order_id for answer in answers]
    together = set(first.list.order_ids) if first.list else {first.order_id}
    return len(set(ids)) == len(ids) and together.issuperset(ids)


def _describe(answers: Answers) -> str:
    names = [
        f"{answer.status} of {answer.order_id}"
        if isinstance(answer, ExecutionReport)
        else f"{answer.reason} for {answer.command}"
        for answer in answers[:_MAX_NAMED]
    ]
    return ", ".join(names) or "nothing"


_CHECKS: dict[CommandType, Callable[[QueueEntry, int, Answers], bool]] = {
    CommandType.NEW: _is_new_answered,
    CommandType.CANCEL: _is_cancel_answered,
    CommandType.REPLACE: _is_replace_answered,
    CommandType.NEW_LIST: _is_new_list_answered,
    CommandType.CANCEL_LIST: _is_cancel_list_answered,
    CommandType.BARRIER: _is_unanswered,
    CommandType.AMEND: _is_amend_answered,
    CommandType.CANCEL_ALL: _is_cancel_all_answered,
    CommandType.EXPIRE_TIMERS: _is_timer_entry_answered,
    CommandType.CANCEL_AFTER: _is_unanswered,
    CommandType.HALT: _is_unanswered,
    CommandType.SET_PHASE: _is_unanswered,
    CommandType.RESUME: _is_unanswered,
    CommandType.CONFIGURE: _is_unanswered,
    CommandType.CLEAR_QUEUE: _is_unanswered,
    CommandType.OPEN_ACCOUNT: _is_unanswered,
    CommandType.CREDIT: _is_unanswered,
    CommandType.DEBIT: _is_unanswered,
    CommandType.TRANSFER: _is_unanswered,
    CommandType.RECEIVE_TRANSFER: _is_unanswered,
    CommandType.CLOSE_TRANSFERS: _is_unanswered,
    CommandType.SET_FEES: _is_unanswered,
    CommandType.ADVANCE: _is_unanswered,
    CommandType.RESET: _is_unanswered,
    CommandType.DEAD: _is_dead_answered,
}
"""What PROTOCOL.md says about the answers to each command, unless it is refused."""
