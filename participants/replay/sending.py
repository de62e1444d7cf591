"""Orders of one account, sent in their order with as few requests as that allows."""

from collections import Counter
from typing import NamedTuple

import httpx

from participants.asking import Ask, Json
from participants.formats.records import Notices
from protocol.instrument import Instrument

MAX_BATCH = 500
_GONE = frozenset({404, 409})
"""Of a change: somebody else's order has taken the order before, or it never came to be."""


class SentOrder(NamedTuple):
    """An order to send; if it `is_taker` it is IOC, and without a price a market order."""

    name: str
    is_buy: bool
    price: int | None
    quantity: int
    is_taker: bool


class Sender:
    """Sends new orders, smaller totals and cancels, in this order, each once.

    New orders that follow each other are one request, and so are cancels. What the exchange refuses
    is noticed. Raises what `ask` raises, except for an order that is gone.
    """

    def __init__(self, ask: Ask, account: str, instrument: Instrument, notices: Notices) -> None:
        self._ask = ask
        self._account = account
        self._instrument = instrument
        self._notices = notices
        self._orders: list[SentOrder] = []
        self._cancels: list[str] = []
        self.taken: Counter[str] = Counter()
        """What takers have traded by now, by name, in lots."""

    def place(self, order: SentOrder) -> None:
        """Send a new order."""
        if self._cancels or len(self._orders) == MAX_BATCH:
            self.flush()
        self._orders.append(order)

    def cancel(self, name: str) -> None:
        """Cancel an order."""
        if self._orders or len(self._cancels) == MAX_BATCH:
            self.flush()
        self._cancels.append(name)

    def resize(self, name: str, total: int) -> None:
        """Give an order a smaller total."""
        self.flush()
        body = {"quantity": self._instrument.lots_to_quantity(total)}
        try:
            self._ask("PATCH", f"/v1/orders/by-client-id/{name}", body, self._account)
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in _GONE:
                raise
            self._notices.add("changes of orders that others had taken", name)

    def flush(self) -> None:
        """Send what waits, and return when the exchange has done it."""
        orders, self._orders = self._orders, []
        cancels, self._cancels = self._cancels, []
        if orders:
            body = {"orders": [self._describe(order) for order in orders]}
            results = self._send("/v1/orders/batch?response=result", body)
            for order, result in zip(orders, results, strict=True):
                self._read_result(order, result)
        if cancels:
            named = {"orders": [{"client_order_id": name} for name in cancels]}
            for name, result in zip(
                cancels, self._send("/v1/orders/cancel-batch", named), strict=True
            ):
                if result["status"] in _GONE:
                    self._notices.add("changes of orders that others had taken", name)

    def _send(self, path: str, body: Json) -> list[Json]:
        results: list[Json] = self._ask("POST", path, body, self._account)["results"]
        return results

    def _read_result(self, order: SentOrder, result: Json) -> None:
        problem = result.get("problem")
        state = result.get("order") or {}
        if problem is not None:
            self._notices.add(f"refused: {problem['code']}", order.name)
        elif state["status"] == "rejected":
            self._notices.add(f"refused: {state['reason']}", order.name)
        elif order.is_taker and "filled_quantity" in state:
            self.taken[order.name] = self._read_lots(state["filled_quantity"])

    def _read_lots(self, quantity: str) -> int:
        return self._instrument.lot.to_steps(quantity)[0]

    def _describe(self, order: SentOrder) -> Json:
        described = {
            "symbol": self._instrument.symbol,
            "side": "buy" if order.is_buy else "sell",
            "order_type": "market",
            "quantity": self._instrument.lots_to_quantity(order.quantity),
            "client_order_id": order.name,
        }
        if order.price is not None:
            described["order_type"] = "ioc" if order.is_taker else "limit"
            described["price"] = self._instrument.ticks_to_price(order.price)
        return described
