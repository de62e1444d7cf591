"""What an account has on all shards together, while each tells what it has there."""

from msgspec.structs import replace

from archive.records import Balances, Reached
from protocol.decimals import format_amount, scale
from protocol.events import AccountPosition, Balance


class BalanceSums:
    """Begins with what the archive knows, and goes on with what is reported."""

    def __init__(self) -> None:
        self._by_shard: dict[int, dict[str, Balance]] = {}
        self._reached = Reached("", 0)
        self.has_begun = False

    def begin(self, found: Balances, reached: Reached) -> None:
        """Note balances, which surely have the commands up to `reached`."""
        by_shard = found.shards or {1: found.balances or []}
        for shard, balances in by_shard.items():
            self._by_shard[shard] = {balance.asset: balance for balance in balances}
        self._reached = reached
        self.has_begun = True

    def take(self, shard: int, position: AccountPosition) -> AccountPosition:
        """Note what a shard reports; return it with the sums of the assets that it is about."""
        known = self._by_shard.setdefault(shard, {})
        if position.sequence > self._reached.of(shard):
            known |= {balance.asset: balance for balance in position.balances}
        return replace(position, balances=[self._sum(each) for each in position.balances])

    def _sum(self, told: Balance) -> Balance:
        places = len(told.free.partition(".")[2])
        found = [known[told.asset] for known in self._by_shard.values() if told.asset in known]
        free, locked = (
            format_amount(sum(scale(text, places) for text in texts), places)
            for texts in ([each.free for each in found], [each.locked for each in found])
        )
        return Balance(told.asset, free, locked)
