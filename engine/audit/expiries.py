"""Audit the ends of orders that end by themselves, by their reports and the commits' stamps."""

from collections.abc import Mapping
from heapq import heappop, heappush

from engine.audit.findings import Findings, Rule
from engine.audit.queues import ReportedOrder
from protocol.enums import Reason
from protocol.events import ExecutionReport
from protocol.timestamps import parse_timestamp


class ExpiryAudit:
    """Follows the orders that have an end; `open_orders` are those that are open, by id."""

    def __init__(self, open_orders: Mapping[str, ReportedOrder], findings: Findings) -> None:
        self._open = open_orders
        self._findings = findings
        self._ends: dict[str, int] = {}
        self._queue: list[tuple[int, str]] = []

    def add(self, order_id: str, end: int) -> None:
        """Note when an order ends, in microseconds; 0: never."""
        if end:
            self._ends[order_id] = end
            heappush(self._queue, (end, order_id))

    def read(self, report: ExecutionReport) -> None:
        """Audit a report before it changes its order."""
        stamp = parse_timestamp(report.timestamp)
        end = self._ends.get(report.order_id)
        is_over = report.reason is Reason.TIME_REACHED
        if is_over:
            self._findings.expect(
                end is not None and end <= stamp,
                Rule.EXPIRY,
                f"order {report.order_id} ended at {report.timestamp}, before its time",
            )
        elif report.reason is not Reason.LIST_ENDED:  # with one whose time was over
            self._check_late(stamp)
        if end is None and report.expires_at and report.remaining_quantity.strip("0."):
            self.add(report.order_id, parse_timestamp(report.expires_at))

    def _check_late(self, stamp: int) -> None:
        """Nothing else happens once a commit has reached the end of an order that is open."""
        while self._queue and self._queue[0][0] <= stamp:
            _, order_id = heappop(self._queue)
            self._ends.pop(order_id, None)
            self._findings.expect(
                order_id not in self._open,
                Rule.EXPIRY,
                f"order {order_id} is open after its time",
            )
