"""What became of each step of a load, by its number."""

import math
from array import array
from collections import Counter, defaultdict


class Ledger:
    """Moments of `time.perf_counter`, NaN for what has not happened; bounded by the steps."""

    def __init__(self, count: int) -> None:
        blank = array("d", [math.nan]) * count
        self.due = blank[:]
        self.handed_over = blank[:]
        """When the generator came to it; it may have had to wait before it was sent."""
        self.sent = blank[:]
        self.accepted = blank[:]
        self.order_ids: dict[int, str] = {}
        """The accepted orders: number of the step that made it → id."""
        self.changes: dict[str, list[int]] = defaultdict(list)
        """Order id → its accepted amends and cancels, in the order in which they were accepted."""
        self.refusals: Counter[str] = Counter()
        self.skipped = 0
        """Changes that were never sent, because their order had been refused."""

    @property
    def accepted_count(self) -> int:
        """The number of accepted steps."""
        return sum(not math.isnan(moment) for moment in self.accepted)

    @property
    def first_due(self) -> float:
        """When the first step was due."""
        return min(moment for moment in self.due if not math.isnan(moment))

    @property
    def seconds(self) -> float:
        """Seconds from the first step's due time to the last acceptance; 0 if there is none."""
        last = max((moment for moment in self.accepted if not math.isnan(moment)), default=0.0)
        return max(0.0, last - self.first_due)

    def accept_order(self, number: int, order_id: str, now: float) -> None:
        """Note that a new order is in the queue."""
        self.accepted[number] = now
        self.order_ids[number] = order_id

    def accept_change(self, number: int, order_id: str, now: float) -> None:
        """Note that an amend or a cancel is in the queue."""
        self.accepted[number] = now
        self.changes[order_id].append(number)

    def refuse(self, why: str, times: int = 1) -> None:
        """Count a step that was not accepted."""
        self.refusals[why] += times
