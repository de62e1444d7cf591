"""What the exchange says of the orders that a replay has sent."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

from goquant.testing.whole_answers import read_whole
from participants.asking import Ask, Json
from participants.replay.recorded_orders import Level
from protocol.instrument import Instrument

_PAGE = 1000


class SentOrders:
    """The account's fills and open orders of one instrument; those of other runs are left out."""

    def __init__(self, ask: Ask, account: str, instrument: Instrument, run: str) -> None:
        self._ask = ask
        self._account = account
        self._instrument = instrument
        self._run = run
        self._last_trade = 0

    def read_new_fills(self) -> list[Json]:
        """Return fills since the last call, the oldest first; each has its `lots` and `ticks`."""
        fills = []
        for fill in self._list("fills", ""):
            if fill["trade_id"] <= self._last_trade:
                break
            fill["ticks"] = self._instrument.price_to_ticks(fill["price"])
            fill["lots"] = self._read_lots(fill["quantity"])
            fills.append(fill)
        if fills:
            self._last_trade = fills[0]["trade_id"]
        return [fill for fill in reversed(fills) if self._is_ours(fill)]

    def sum_levels(self) -> Counter[Level]:
        """Return the quantity of each level that open orders have, in lots."""
        levels: Counter[Level] = Counter()
        for order in self.list_open():
            price = self._instrument.price_to_ticks(order["price"])
            remaining = self._read_lots(order["remaining_quantity"])
            levels[order["side"] == "buy", price] += remaining
        return levels

    def list_open(self) -> list[Json]:
        """Return the open orders, the newest first."""
        return [order for order in self._list("orders", "&status=open") if self._is_ours(order)]

    def cancel_all(self) -> None:
        """Cancel the account's open orders, also those of other runs."""
        self._ask("DELETE", f"/v1/orders?symbol={self._instrument.symbol}", None, self._account)

    def _is_ours(self, row: Json) -> bool:
        return str(row["client_order_id"]).startswith(f"{self._run}.")

    def _read_lots(self, quantity: str) -> int:
        return self._instrument.lot.to_steps(quantity)[0]

    def _list(self, name: str, query: str) -> Iterator[Json]:
        path = f"/v1/{name}?symbol={self._instrument.symbol}&limit={_PAGE}{query}"
        after: str | None = ""
        while after is not None:
            more = f"&after={quote(after)}" if after else ""
            page = read_whole(self._ask, f"{path}{more}", self._account)
            yield from page[name]
            after = page["after"]


def pair_fills(fills: list[Json]) -> Iterator[tuple[Json | None, Json | None]]:
    """Yield maker's and taker's fill of each trade; None for somebody else's."""
    trades: dict[int, dict[str, Json]] = {}
    for fill in fills:
        trades.setdefault(fill["trade_id"], {})[fill["liquidity"]] = fill
    for trade in trades.values():
        yield trade.get("maker"), trade.get("taker")
