"""A trader who uses REST, under an account of its own."""

from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]
_accounts = count(1)


class Trader:
    """Posts, amends and cancels; every answer is the whole response. Use as a context."""

    def __init__(self, gateway_url: str) -> None:
        self.account = f"trader-{next(_accounts)}"
        self._client = httpx.Client(
            base_url=gateway_url,
            headers={"X-Account": self.account, "Prefer": "wait=15"},
            timeout=30,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def post(self, order: Json, response: str = "full") -> httpx.Response:
        """POST /v1/orders with this body."""
        return self._client.post("/v1/orders", params={"response": response}, json=order)

    def order(
        self,
        side: str,
        quantity: str,
        price: str | None = None,
        symbol: str = "BTC-USDT",
        **more: Any,
    ) -> Json:
        """Send a limit order if there is a price, else a market order; return what became of it."""
        body: Json = {"symbol": symbol, "side": side, "quantity": quantity}
        body |= {"order_type": "limit", "price": price} if price else {"order_type": "market"}
        answer = self.post(body | more)
        assert answer.status_code == 201, answer.text
        result: Json = answer.json()
        return result

    def cancel(self, order_id: str) -> httpx.Response:
        """DELETE the order."""
        return self._client.delete(f"/v1/orders/{order_id}")

    def cancel_all(self) -> None:
        """Leave no order open."""
        self._client.delete("/v1/orders").raise_for_status()

    def amend(self, order_id: str, **changes: str) -> httpx.Response:
        """PATCH the order."""
        return self._client.patch(f"/v1/orders/{order_id}", json=changes)

    def get(self, path: str) -> httpx.Response:
        """GET any path of the gateway."""
        return self._client.get(path)
