"""The exchange's count of its accepted orders and of its reports.

A number is a count times 64, plus the shard less one: no two shards ever give the same one.
"""

from protocol.shards import MAX_SHARDS

_ORDERS_MIX = 0x9E3779B97F4A7C15
_REPORTS_MIX = 0xC2B2AE3D27D4EB4F
_LISTS_MIX = 0x165667B19E3779F9
_WORD = 2**64 - 1


class Numbers:
    """Gives orders and reports their numbers; before the level that brings them, 0 to each."""

    def __init__(self, shard: int = 1) -> None:
        self.step = MAX_SHARDS
        self.rest = shard - 1
        self.is_begun = False
        self.orders = 0
        self.reports = 0
        self.lists = 0

    def restore(self, is_begun: bool, orders: int, reports: int) -> None:
        """Take over stored counts."""
        self.is_begun = is_begun
        self.orders = orders
        self.reports = reports

    def number_order(self) -> int:
        """Return the number of the order that is accepted now."""
        if not self.is_begun:
            return 0
        self.orders += 1
        return self.orders * self.step + self.rest

    def number_report(self) -> int:
        """Return the number of the report that is made now."""
        if not self.is_begun:
            return 0
        self.reports += 1
        return self.reports * self.step + self.rest

    def number_list(self) -> int:
        """Return the number of the order list that is accepted now."""
        self.lists += 1
        return self.lists * self.step + self.rest

    def mix(self, state_hash: int) -> int:
        """Return the core's state hash with the counts in it."""
        total = state_hash + self.orders * _ORDERS_MIX + self.reports * _REPORTS_MIX
        return (total + self.lists * _LISTS_MIX) & _WORD
