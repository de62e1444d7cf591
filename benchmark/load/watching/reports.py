"""Watch an account's private stream: when the report of each order and change arrived."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from benchmark.shared.stream_watch import StreamWatch


class SeenReport(NamedTuple):
    """A report's arrival, the engine's stamp, and the order's status; None for a refused change."""

    arrived: float
    stamp: str
    status: str | None = "open"


class SeenFill(NamedTuple):
    """How much of an order a trade filled, and how large the order was."""

    quantity: str
    order_quantity: str


class _LastTrade(msgspec.Struct):
    trade_id: int
    quantity: str


class _Report(msgspec.Struct):
    timestamp: str
    sequence: int
    order_id: str | None = None
    status: str | None = None
    quantity: str | None = None
    last_trade: _LastTrade | None = None


class _Message(msgspec.Struct):
    type: str
    number: int = 0
    data: _Report | None = None


_decode = msgspec.json.Decoder(_Message).decode


class ReportWatch(StreamWatch):
    """Keeps the reports that arrive."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        super().__init__(url, headers)
        self._number = 0
        self._seen: Counter[tuple[str, int, str | None, int]] = Counter()
        self.by_order: dict[str, list[SeenReport]] = defaultdict(list)
        """Order id → its reports that tell of no trade: first that of the order itself, then one
        for each change, then its end if its own rule ended it."""
        self.fills: dict[str, list[SeenFill]] = defaultdict(list)
        """Order id → what its trades filled, as its reports say."""
        self.missing = 0
        """Messages that are missing, by the stream's own numbering."""

    @property
    def repeated(self) -> int:
        """The number of reports that came more than once."""
        return self._seen.total() - len(self._seen)

    def _receive(self, text: bytes, now: float) -> None:
        message = _decode(text)
        if message.type == "heartbeat":
            return
        self.missing += message.number - self._number - 1 if self._number else 0
        self._number = message.number
        self._begun.set()
        report = message.data
        if report is None or report.order_id is None:
            return
        self._keep(report, report.order_id, now)

    def _keep(self, report: _Report, order_id: str, now: float) -> None:
        """Keep a report; a repeated one is only counted."""
        trade = report.last_trade
        key = order_id, report.sequence, report.status, trade.trade_id if trade else 0
        self._seen[key] += 1
        if self._seen[key] > 1:
            return
        if trade is None:
            self.by_order[order_id].append(SeenReport(now, report.timestamp, report.status))
        else:
            self.fills[order_id].append(SeenFill(trade.quantity, report.quantity or "0"))
