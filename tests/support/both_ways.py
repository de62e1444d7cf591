"""Two exchanges that are sent the same: one takes plain entries the short way, the other none."""

from engine.exchange.batch import Batch
from engine.exchange.own_entries import make_configuration
from engine.order_path.handler import Handler
from protocol.limits import InstrumentLimits, TradingLimits
from protocol.snapshot import encode_snapshot
from tests.support.exchange import Exchange
from tests.support.ledgers import make_ledger

LIMITS = TradingLimits(
    max_open_orders=15,
    instruments={"ETH-USDT": InstrumentLimits("2", "8", "200", "850", "0.08")},
)


class BothWays:
    """Compares all that the two publish, answer and become."""

    def __init__(self, *, has_ledger: bool, has_limits: bool = False) -> None:
        self.short, self._long = Exchange(closed_limit=50), Exchange(closed_limit=50)
        self._long.handler = Handler(self._long.state, is_short=False)
        if has_ledger or has_limits:
            limits = LIMITS if has_limits else TradingLimits()
            self.send(make_configuration(limits, make_ledger(USDT="5000") if has_ledger else None))

    def send(self, *entries: bytes) -> None:
        """Have both take `entries` as one batch; fail if anything is not the same."""
        short, long = self.short.send(*entries), self._long.send(*entries)
        assert _list_values(short) == _list_values(long), entries
        self.short.batches.clear()
        self._long.batches.clear()

    def compare_states(self) -> None:
        """Fail if they have not become the same."""
        short, long = self.short.state.export(), self._long.state.export()
        assert encode_snapshot(short) == encode_snapshot(long)


def _list_values(batch: Batch) -> list[bytes]:
    journal = batch.to_journal_entry().to_fields()
    return [*journal, *batch.to_replies().values(), *batch.dead, repr(batch.rejects).encode()]
