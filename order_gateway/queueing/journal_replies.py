"""Rebuilds the engine's reply to a request from its commit in the journal."""

from collections.abc import Sequence

from protocol.channels import EXECUTION_REPORTS
from protocol.codec import decode_entry, decode_message, split_entries
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Reason, Status
from protocol.events import (
    AccountPosition,
    Balance,
    BalanceChanged,
    CommandRejected,
    Event,
    ExecutionReport,
    PrivateEvent,
    Reply,
)
from protocol.journal import JournalEntry
from protocol.timestamps import format_timestamp


def rebuild_reply(commit: JournalEntry, request_id: str) -> Reply | None:
    """Return the reply to the request, or None if it is not in this commit.

    A refusal comes without `field`, `nearest` and `step`, which the journal does not have. The
    balance of a credit or debit is the one that the commit left, None if that changed none.
    """
    mark = request_id.encode()
    if mark not in commit.commands:
        return None
    for sequence, raw in enumerate(split_entries(commit.commands), commit.previous + 1):
        if mark in raw:
            entry = decode_entry(raw)
            if entry.request_id == request_id:
                return _rebuild(entry, sequence, commit)
    return None


def _rebuild(entry: QueueEntry, sequence: int, commit: JournalEntry) -> Reply:
    events = _read_events(commit, sequence)
    reports = [event for event in events if isinstance(event, ExecutionReport)]
    rejected = next((event for event in events if isinstance(event, CommandRejected)), None)
    canceled = _find_replaced(entry, reports)
    own = _select_own(entry, reports if canceled is None else reports[1:])
    order = own[-1] if own else None
    listed = _select_listed(entry, reports)
    of_first = [report for report in listed if report.order_id == listed[0].order_id]
    return Reply(
        request_id=entry.request_id or "",
        sequence=sequence,
        status=order.status if order else None,
        reason=rejected.reason if rejected else order.reason if order else None,
        detail=rejected.detail if rejected else None,
        duplicate=True,
        order=order,
        fills=[report.last_trade for report in own or of_first if report.last_trade],
        canceled=sum(report.reason is Reason.CANCEL_ALL for report in reports),
        due=_find_due(entry, commit.timestamp),
        balance=None if rejected else _find_balance(entry, commit),
        transfer=_find_transfer(entry, sequence, commit),
        canceled_order=canceled,
        orders=list({report.order_id: report for report in listed}.values()),
        list_id=listed[0].list.list_id if listed and listed[0].list else None,
    )


def _select_listed(entry: QueueEntry, reports: Sequence[ExecutionReport]) -> list[ExecutionReport]:
    """Select the reports of the orders of the list that the entry is about."""
    if entry.command not in {CommandType.NEW_LIST, CommandType.CANCEL_LIST}:
        return []
    return [
        report
        for report in reports
        if report.list
        and report.account == entry.account
        and (
            report.list.list_id == entry.list_id
            or report.list.client_list_id == entry.client_list_id
        )
    ]


def _find_replaced(entry: QueueEntry, reports: Sequence[ExecutionReport]) -> ExecutionReport | None:
    """Find the report of the order that a replace canceled, which is its first one."""
    is_replace = entry.command is CommandType.REPLACE
    told = [report for report in reports if report.reason is not Reason.LIST_ENDED]
    first = told[0] if told and is_replace else None
    return first if first and first.status is Status.CANCELED else None


def _select_own(entry: QueueEntry, reports: Sequence[ExecutionReport]) -> list[ExecutionReport]:
    """Select the reports of the order that the entry is about, which the first one of it names."""
    order_id = next((report.order_id for report in reports if _is_named(entry, report)), None)
    return [report for report in reports if report.order_id == order_id]


def _is_named(entry: QueueEntry, report: ExecutionReport) -> bool:
    if entry.order_id is not None and report.order_id == entry.order_id:
        return True
    if entry.command is not CommandType.REPLACE and entry.number is not None:
        return report.number == entry.number
    names = (report.client_order_id, report.previous_client_order_id)
    return report.account == entry.account and entry.client_order_id in names


def _read_events(commit: JournalEntry, sequence: int) -> list[PrivateEvent]:
    return [
        event
        for event in _list_events(commit)
        if isinstance(event, ExecutionReport | CommandRejected)
        and event.sequence == sequence
        and not _is_end(event)
    ]


def _is_end(event: PrivateEvent) -> bool:
    """Whether it tells an order's end, which comes before a commit's first command."""
    return isinstance(event, ExecutionReport) and event.reason is Reason.TIME_REACHED


def _find_balance(entry: QueueEntry, commit: JournalEntry) -> Balance | None:
    if entry.command not in {CommandType.CREDIT, CommandType.DEBIT, CommandType.TRANSFER}:
        return None
    return next(
        (
            balance
            for event in _list_events(commit)
            if isinstance(event, AccountPosition) and event.account == entry.account
            for balance in event.balances
            if balance.asset == entry.asset
        ),
        None,
    )


def _find_transfer(entry: QueueEntry, sequence: int, commit: JournalEntry) -> int | None:
    """Find the number of the transfer that the entry has sent."""
    if entry.command is not CommandType.TRANSFER:
        return None
    changes = (event for event in _list_events(commit) if isinstance(event, BalanceChanged))
    return next((event.transfer for event in changes if event.sequence == sequence), None)


def _list_events(commit: JournalEntry) -> Sequence[Event]:
    message = commit.messages.get(EXECUTION_REPORTS)
    return decode_message(message).events if message else ()


def _find_due(entry: QueueEntry, timestamp: int) -> str | None:
    if entry.command is CommandType.CANCEL_AFTER and entry.seconds:
        return format_timestamp(timestamp + entry.seconds * 1_000_000)
    if entry.command is CommandType.ADVANCE:
        return format_timestamp(timestamp)
    return None
