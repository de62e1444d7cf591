"""Reports of the engine → events of a user's stream, in Binance's words.

Every moment is in microseconds; `unit` is how many of them make one of the reader's.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import UNSET

from archive.records import OrderRecord
from binance_gateway.account.list_events import Event, ListEvents
from binance_gateway.account.orders import (
    NO_LIST,
    NO_TRADE_GROUP,
    find_expiry_reason,
    find_list_id,
    find_number,
    find_status,
    find_stop_price,
    find_trailing_delta,
    find_trailing_since,
    find_working_since,
    is_pending,
)
from binance_gateway.words.enums import (
    NAMES_OF_TYPES,
    SIDE_NAMES,
    name_prevention,
    name_time_in_force,
)
from binance_gateway.words.numbers import (
    UNIT,
    ZERO,
    format_amount,
    pad,
    pad_or_zero,
    to_units,
)
from binance_gateway.words.symbols import Symbols
from order_gateway.account.report_listener import Report
from protocol.enums import OPEN_STATUSES, Liquidity, Reason, Status
from protocol.events import (
    AccountPosition,
    BalanceChanged,
    ExecutionReport,
    Fill,
)
from protocol.timestamps import parse_timestamp

_NO_TRADE = _NO_NUMBER = -1
_NO_COMMISSION = "0"
_REFUSALS: dict[Reason | None, str] = {
    Reason.INSUFFICIENT_BALANCE: "INSUFFICIENT_BALANCES",
    Reason.WOULD_TRADE: "WOULD_MATCH_IMMEDIATELY",
    Reason.WOULD_TRIGGER: "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
}
"""Why an order that was to replace another one was rejected."""


class _Known(NamedTuple):
    """What was told of an order that is open.

    `working_since` is 0 while it waits, `trailing_since` while no stop price follows the market.
    """

    number: int
    opened_at: int
    working_since: int
    trailing_since: int


class ReportEvents:
    """The events of one account's reports, which come in order.

    `read_clock` returns the exchange's time, in microseconds; `complete` makes of what a shard
    reports of balances what the account has.
    """

    def __init__(
        self,
        symbols: Symbols,
        read_clock: Callable[[], int],
        complete: Callable[[AccountPosition], AccountPosition] = lambda position: position,
    ) -> None:
        self._symbols = symbols
        self._read_clock = read_clock
        self._complete = complete
        self._known: dict[str, _Known] = {}
        self._ended: dict[str, _Known] = {}
        """Orders that the command of `_sequence` has ended."""
        self._lists = ListEvents(symbols, read_clock)
        self._sequence = 0
        self._canceled_by = 0
        """Sequence of the command that has canceled an order last."""
        self._list_cancel = (0, NO_LIST, "")
        """Sequence, list and id of the last cancel; of a list's reports one alone has the id."""

    def recall(self, order: OrderRecord, start: int) -> None:
        """Note an order that reports after the sequence `start` may tell of; ignore a known one.

        It may be further on than the reports that are still to come.
        """
        opened_at = parse_timestamp(order.opened_at)
        since, trailing_since = find_working_since(order) or 0, find_trailing_since(order) or 0
        known = _Known(order.number or _NO_NUMBER, opened_at, since, trailing_since)
        is_open = order.status in OPEN_STATUSES or order.sequence > start
        if is_open:
            self._known.setdefault(order.order_id, known)
        self._lists.recall(order, is_open=is_open, may_begin=order.sequence > start)

    def find_unknown(self, report: Report) -> list[str]:
        """Return the ids of the orders that a report is about and of which nothing is known."""
        if not isinstance(report, ExecutionReport):
            return []
        ids = [report.order_id]
        if report.prevented_match is not UNSET:
            ids.append(report.prevented_match.other_order_id)
        return [each for each in ids if each not in self._known and each not in self._ended]

    def translate(self, report: Report) -> list[Event]:
        """Return the events that tell of `report`, in order; a refusal makes none."""
        if isinstance(report, ExecutionReport):
            event = self._translate_order(report)
            return self._lists.add(report, event) if event else []
        if isinstance(report, AccountPosition):
            return [_tell_position(self._complete(report), self._read_clock())]
        if isinstance(report, BalanceChanged):
            return [_tell_change(report, self._read_clock())]
        return []

    def _translate_order(self, report: ExecutionReport) -> Event | None:
        """Return nothing for an order that was refused, but for one that was to replace another."""
        symbol = self._symbols.find_native(report.symbol or "")
        is_refused = report.status is Status.REJECTED and report.sequence != self._canceled_by
        if symbol is None or is_refused:
            return None
        moment = parse_timestamp(report.timestamp)
        known = _describe_known(report, self._known.get(report.order_id), moment)
        self._remember(report, known)
        execution = _name_execution(report)
        own = {"x": execution, **self._name_ids(report, execution)}
        own |= self._describe_prevention(report, symbol.name)
        return _tell_report(report, symbol.name, known, moment, own, self._read_clock())

    def _remember(self, report: ExecutionReport, known: _Known) -> None:
        if report.sequence != self._sequence:
            self._sequence = report.sequence
            self._ended.clear()
        if report.status in OPEN_STATUSES:
            self._known[report.order_id] = known
        else:
            self._known.pop(report.order_id, None)
            self._ended[report.order_id] = known
        if report.status is Status.CANCELED:
            self._canceled_by = report.sequence

    def _name_ids(self, report: ExecutionReport, execution: str) -> dict[str, str]:
        """Return the client id, and the one before where a cancel or an amend has another."""
        name = report.client_order_id or ""
        if execution == "CANCELED":
            return {"c": self._find_cancel_id(report) or name, "C": name}
        if execution == "REPLACED":
            return {"c": name, "C": report.previous_client_order_id or name}
        return {"c": name, "C": ""}

    def _find_cancel_id(self, report: ExecutionReport) -> str:
        cancel_id, list_id = report.cancel_id or "", find_list_id(report)
        if cancel_id:
            self._list_cancel = (report.sequence, list_id, cancel_id)
        elif list_id != NO_LIST and self._list_cancel[:2] == (report.sequence, list_id):
            return self._list_cancel[2]
        return cancel_id

    def _describe_prevention(self, report: ExecutionReport, symbol: str) -> dict[str, Any]:
        """Return the fields of a match that was prevented, which the other order knows too."""
        match = report.prevented_match
        if match is UNSET:
            return {}
        other = self._known.get(match.other_order_id) or self._ended.get(match.other_order_id)
        return {
            "v": match.prevented_match_id, "A": pad(report.prevented_quantity or "0"),
            "B": pad(match.quantity), "u": NO_TRADE_GROUP,
            "U": other.number if other else _NO_NUMBER,
            "Cs": symbol, "pl": pad(match.quantity), "pL": pad(match.price),
            "pY": _multiply(match.price, match.quantity),
        }  # fmt: skip


def _describe_known(report: ExecutionReport, before: _Known | None, moment: int) -> _Known:
    """Return what is known at `moment`.

    An order that was recalled may be further on than its reports, which were held back meanwhile:
    what it became later is not told yet. Whether it waits, the report says.
    """
    opened_at = since = trailing_since = moment
    if before is not None:
        opened_at = before.opened_at
        since = min(before.working_since or moment, moment)
        trailing_since = min(before.trailing_since or moment, moment)
    waits = report.triggered is False or is_pending(report)
    follows = bool(report.trailing_offset) and report.stop_price is not None
    return _Known(
        find_number(report), opened_at, 0 if waits else since, trailing_since if follows else 0
    )


def _name_execution(report: ExecutionReport) -> str:
    """Return what has happened to the order."""
    if report.last_trade is not None:
        return "TRADE"
    if report.prevented_match is not UNSET or report.reason is Reason.SELF_TRADE_PREVENTION:
        return "TRADE_PREVENTION"
    if report.status in OPEN_STATUSES:
        return "NEW" if report.previous_quantity is UNSET else "REPLACED"
    return find_status(report)


def _tell_report(
    report: ExecutionReport,
    symbol: str,
    known: _Known,
    moment: int,
    own: dict[str, Any],
    sent: int,
) -> Event:
    """Make the event; `own` are the fields that depend on more than the report."""
    assert report.order_type is not None
    assert report.side is not None
    order_type, time_in_force = NAMES_OF_TYPES[report.order_type]
    is_working = report.status in OPEN_STATUSES and known.working_since > 0
    fixed: dict[str, Any] = {
        "s": symbol, **own, "S": SIDE_NAMES[report.side], "o": order_type,
        "f": name_time_in_force(report.time_in_force, time_in_force),
        "q": pad_or_zero(report.quantity), "p": pad_or_zero(report.price),
        "P": pad_or_zero(find_stop_price(report)),
        "F": pad_or_zero(report.display_quantity), "g": find_list_id(report),
        "X": find_status(report), "r": _REFUSALS.get(report.reason, "NONE"),
        "i": find_number(report),
        "z": pad(report.filled_quantity), **_describe_trade(report.last_trade),
        "I": 0 if report.execution_number is UNSET else report.execution_number,
        "w": is_working, "Z": pad(report.filled_notional),
        "Q": pad_or_zero(report.quote_quantity),
        "V": name_prevention(report.self_trade_prevention),
    }  # fmt: skip
    if (reason := find_expiry_reason(report)) is not None:
        fixed["eR"] = reason
    if (delta := find_trailing_delta(report)) is not None:
        fixed["d"] = delta

    def describe(unit: int) -> dict[str, Any]:
        times = {"E": sent // unit, "T": moment // unit, "O": known.opened_at // unit}
        if known.working_since:
            times["W"] = known.working_since // unit
        if known.trailing_since:
            times["D"] = known.trailing_since // unit
        return {"e": "executionReport"} | times | fixed

    return describe


def _describe_trade(fill: Fill | None) -> dict[str, Any]:
    """Return the fields of what was traded just now."""
    if fill is None:
        return {
            "l": ZERO, "L": ZERO, "n": _NO_COMMISSION, "N": None, "t": _NO_TRADE, "m": False,
            "M": False, "Y": ZERO,
        }  # fmt: skip
    return {
        "l": pad(fill.quantity), "L": pad(fill.price),
        "n": pad(fill.commission) if fill.commission else _NO_COMMISSION,
        "N": fill.commission_asset, "t": fill.trade_id, "m": fill.liquidity is Liquidity.MAKER,
        "M": True, "Y": _multiply(fill.price, fill.quantity),
    }  # fmt: skip


def _tell_position(position: AccountPosition, sent: int) -> Event:
    moment = parse_timestamp(position.timestamp)
    balances = [
        {"a": each.asset, "f": _pad_signed(each.free), "l": pad(each.locked)}
        for each in position.balances
    ]
    return lambda unit: {
        "e": "outboundAccountPosition", "E": sent // unit, "u": moment // unit, "B": balances,
    }  # fmt: skip


def _tell_change(change: BalanceChanged, sent: int) -> Event:
    moment = parse_timestamp(change.timestamp)
    return lambda unit: {
        "e": "balanceUpdate", "E": sent // unit, "a": change.asset,
        "d": _pad_signed(change.amount), "T": moment // unit,
    }  # fmt: skip


def _multiply(price: str, quantity: str) -> str:
    return format_amount(to_units(price) * to_units(quantity) // UNIT)


def _pad_signed(text: str) -> str:
    return f"-{pad(text[1:])}" if text.startswith("-") else pad(text)
