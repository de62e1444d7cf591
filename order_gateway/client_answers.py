"""What the client's methods answer, and the error that they raise."""

from collections.abc import Mapping
from typing import Any

import msgspec

from protocol.enums import Reason
from protocol.events import Fill


class GatewayError(Exception):
    """The gateway's problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: str | None) -> None:
        super().__init__(f"{problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code = Reason(problem["code"]) if problem.get("code") in set(Reason) else None
        self.detail = problem.get("detail")
        self.field = problem.get("field")
        self.nearest = problem.get("nearest")
        self.step = problem.get("step")
        self.retry_after = retry_after


class OrderState(msgspec.Struct, frozen=True):
    """An order as an answer has it; what an answer does not know is None.

    `detail`, `field`, `nearest` and `step` say why it has just been rejected.
    """

    order_id: str
    status: str
    client_order_id: str | None = None
    filled_quantity: str | None = None
    remaining_quantity: str | None = None
    filled_notional: str | None = None
    average_price: str | None = None
    reason: str | None = None
    symbol: str | None = None
    side: str | None = None
    order_type: str | None = None
    price: str | None = None
    stop_price: str | None = None
    quantity: str | None = None
    detail: str | None = None
    field: str | None = None
    nearest: str | None = None
    step: str | None = None
    fills: list[Fill] | None = None


class BatchItem(msgspec.Struct, frozen=True):
    """What became of one order of a batch: `order`, or the `problem` with it."""

    status: int
    order: OrderState | None = None
    problem: dict[str, Any] | None = None


class OrderPage(msgspec.Struct, frozen=True):
    """Orders, newest first; `after` asks for the next page."""

    orders: list[OrderState]
    after: str | None


class FillPage(msgspec.Struct, frozen=True):
    """Fills, newest first; `after` asks for the next page."""

    fills: list[dict[str, Any]]
    after: str | None


class Update(msgspec.Struct, frozen=True):
    """A message of the private stream; `number` is one more than that of the message before.

    A heartbeat has the number of the last one; `in_sync` false: what has happened since may come
    later.
    """

    type: str
    number: int
    sequence: int | None = None
    orders: list[dict[str, Any]] = []
    data: dict[str, Any] = {}
    in_sync: bool = True
