"""Rebuilds the engine's reply to a request from its commit in the journal."""

from collections.abc import Sequence

from protocol.channels import EXECUTION_REPORTS
from protocol.codec import decode_entry, decode_message, split_entries
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Reason
from protocol.events import (
    AccountPosition,
    Balance,
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
    own = [report for report in reports if report.order_id == entry.order_id]
    order = own[-1] if own else None
    return Reply(
        request_id=entry.request_id or "",
        sequence=sequence,
        status=order.status if order else None,
        reason=rejected.reason if rejected else order.reason if order else None,
        detail=rejected.detail if rejected else None,
        duplicate=True,
        order=order,
        fills=[report.last_trade for report in own if report.last_trade],
        canceled=sum(report.reason is Reason.CANCEL_ALL for report in reports),
        due=_find_due(entry, commit.timestamp),
        balance=None if rejected else _find_balance(entry, commit),
    )


def _read_events(commit: JournalEntry, sequence: int) -> list[PrivateEvent]:
    return [
        event
        for event in _list_events(commit)
        if isinstance(event, ExecutionReport | CommandRejected) and event.sequence == sequence
    ]


def _find_balance(entry: QueueEntry, commit: JournalEntry) -> Balance | None:
    if entry.command not in {CommandType.CREDIT, CommandType.DEBIT}:
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


def _list_events(commit: JournalEntry) -> Sequence[Event]:
    message = commit.messages.get(EXECUTION_REPORTS)
    return decode_message(message).events if message else ()


def _find_due(entry: QueueEntry, timestamp: int) -> str | None:
    if entry.command is CommandType.CANCEL_AFTER and entry.seconds:
        return format_timestamp(timestamp + entry.seconds * 1_000_000)
    return None
