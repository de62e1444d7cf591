"""A gateway with a book alone: what a population makes of it, without an exchange."""

from collections import Counter
from typing import Any

from engine.core.codes import EventKind, Side
from engine.core.order_book import OrderBook
from protocol.instrument import Instrument

Json = dict[str, Any]
_SIDES = {"buy": Side.BUY, "sell": Side.SELL}


class SimulatedBook:
    """Matches what participants send, and tells them their balances in the base asset."""

    def __init__(self, instrument: Instrument) -> None:
        self.book = OrderBook()
        self.traded: Counter[str] = Counter()
        """Bought less sold, by account, in lots."""
        self._instrument = instrument
        self._numbers: dict[str, int] = {}
        self._owners: list[str] = [""]

    def ask(self, method: str, _path: str, body: Json | None, account: str) -> Json:
        """Answer as the gateway does, in what participants read."""
        number = self._numbers.setdefault(account, len(self._numbers) + 1)
        if method == "DELETE":
            self.book.cancel_all(account=number)
        for order in (body or {}).get("orders", ()):
            self._match(order, account, number)
        free = self._instrument.lots_to_quantity(10_000_000_000 + self.traded[account])
        base = self._instrument.specification.base_asset
        return {"sequence": 1, "balances": [{"asset": base, "free": free, "locked": "0"}]}

    def find_spread(self) -> float:
        """Return the spread in basis points of the middle."""
        bid, ask = self.book.bids[0][0], self.book.asks[0][0]
        return 20_000 * (ask - bid) / (ask + bid)

    def count_levels(self) -> int:
        """Return how many levels the thinner side has."""
        return min(len(self.book.bids), len(self.book.asks))

    def _match(self, order: Json, account: str, number: int) -> None:
        side = _SIDES[order["side"]]
        quantity = self._instrument.quantity_to_lots(order["quantity"])
        self._owners.append(account)
        if order["order_type"] == "market":
            events = self.book.market(side, quantity, account=number)
        else:
            price = self._instrument.price_to_ticks(order["price"])
            events = self.book.limit(side, quantity, price, account=number)
        way = 1 if order["side"] == "buy" else -1
        for event in events:
            if event.kind == EventKind.TRADE:
                self.traded[account] += way * event.quantity
                self.traded[self._owners[event.other_id]] -= way * event.quantity
