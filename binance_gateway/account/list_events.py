"""What a user's stream tells of order lists, beside the events of their orders."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from msgspec import UNSET

from archive.records import OrderRecord
from binance_gateway.account.orders import find_number
from binance_gateway.words.enums import name_contingency
from binance_gateway.words.symbols import Symbols
from protocol.enums import OPEN_STATUSES, Status
from protocol.events import ExecutionReport, ReportedList
from protocol.timestamps import parse_timestamp

Event: TypeAlias = Callable[[int], dict[str, Any]]
"""Makes an event with times of a unit."""

_STARTED, _UPDATED = ("EXEC_STARTED", "EXECUTING"), ("UPDATED", "EXECUTING")
_DONE = ("ALL_DONE", "ALL_DONE")


@dataclass(slots=True)
class _List:
    """What was told of a list: its orders' numbers and names, and which of them are open."""

    sequence: int
    is_told: bool = False
    may_begin_at: str = ""
    """When it began, of one that was recalled and whose beginning may still have to be told."""
    orders: dict[str, tuple[int, str]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    held: list[Event] = field(default_factory=list)
    """Events of orders, until those of all orders of a new list are there."""


class ListEvents:
    """The lists of one account, whose reports come in order."""

    def __init__(self, symbols: Symbols, read_clock: Callable[[], int]) -> None:
        self._symbols = symbols
        self._read_clock = read_clock
        self._lists: dict[int, _List] = {}

    def recall(self, order: OrderRecord, *, is_open: bool, may_begin: bool) -> None:
        """Note an order of a list, which may have ended; `is_open`: its end was not told yet.

        `may_begin`: reports that are still to come may tell of its very first.
        """
        its_list = order.list
        if its_list is None:
            return
        known = self._lists.get(its_list.list_id)
        if known is None:
            begins_at = order.opened_at if may_begin else ""
            known = self._lists[its_list.list_id] = _List(order.sequence, True, begins_at)
        if order.order_id not in known.orders:
            known.orders[order.order_id] = (find_number(order), order.client_order_id or "")
            if is_open:
                known.open.add(order.order_id)

    def add(self, report: ExecutionReport, event: Event) -> list[Event]:
        """Return the events that tell of a report, of which `event` is the order's own."""
        its_list = report.list
        if not its_list:
            return [event]
        known = self._lists.get(its_list.list_id)
        # A list that was placed while open orders were asked for was recalled before its beginning.
        is_new = report.status is Status.OPEN
        if known is None or (is_new and known.may_begin_at == report.timestamp):
            known = self._lists[its_list.list_id] = _List(report.sequence)
        self._note(known, report)
        if not known.is_told:
            known.held.append(event)
            is_whole = len(known.orders) == len(its_list.order_ids)
            if not is_whole and report.sequence == known.sequence:
                return []
            known.is_told = True
            events = known.held
            if is_whole:
                events = [self._tell(report, its_list, known, *_STARTED), *events]
        else:
            events = [event]
        if not known.open:
            events.append(self._tell(report, its_list, known, *_DONE))
            del self._lists[its_list.list_id]
        elif _is_renamed(report):
            events.append(self._tell(report, its_list, known, *_UPDATED))
        return events

    @staticmethod
    def _note(known: _List, report: ExecutionReport) -> None:
        """Note the order as it is now."""
        known.orders[report.order_id] = (find_number(report), report.client_order_id or "")
        if report.status in OPEN_STATUSES:
            known.open.add(report.order_id)
        else:
            known.open.discard(report.order_id)

    def _tell(
        self, report: ExecutionReport, its_list: ReportedList, known: _List, kind: str, status: str
    ) -> Event:
        symbol = self._symbols.find_native(report.symbol or "")
        assert symbol is not None
        sent, moment = self._read_clock(), parse_timestamp(report.timestamp)
        orders = [
            {"s": symbol.name, "i": known.orders[each][0], "c": known.orders[each][1]}
            for each in its_list.order_ids
            if each in known.orders
        ]
        return lambda unit: {
            "e": "listStatus", "E": sent // unit, "s": symbol.name, "g": its_list.list_id,
            "c": name_contingency(its_list.list_type), "l": kind, "L": status, "r": "NONE",
            "C": its_list.client_list_id, "T": moment // unit, "O": orders,
        }  # fmt: skip


def _is_renamed(report: ExecutionReport) -> bool:
    before = report.previous_client_order_id
    return before is not UNSET and before != report.client_order_id
