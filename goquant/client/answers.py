"""What the client's methods answer, and the error that they raise.

An answer whose `is_pending` is true came before the engine's: `accepted` is in the queue, `unknown`
may be there or not; its `detail` says what to do.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from protocol.enums import OPEN_STATUSES, Reason
from protocol.events import Fill

_PENDING = frozenset({"accepted", "unknown"})


class GatewayError(Exception):
    """The gateway's problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: str | None) -> None:
        code, detail, nearest = (problem.get(name) for name in ("code", "detail", "nearest"))
        text = f"{code}: {detail}" if code else f"{detail}"
        super().__init__(f"{text}; nearest: {nearest}" if nearest else text)
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
    timestamp: str | None = None
    fills: list[Fill] | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it is not known yet what the engine has made of it."""
        return self.status in _PENDING

    @property
    def is_open(self) -> bool:
        """Whether it may still trade."""
        return self.status in OPEN_STATUSES


class ChangeState(msgspec.Struct, frozen=True):
    """What became of a change that is about no single order."""

    status: str = "done"
    detail: str | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it is not known yet what the engine has made of it."""
        return self.status in _PENDING


class CanceledOrders(ChangeState, frozen=True):
    """How many orders were canceled; None while it is pending."""

    canceled: int | None = None


class TimerState(ChangeState, frozen=True):
    """When the timer acts; None once it is disarmed, or while it is pending."""

    seconds: int | None = None
    due: str | None = None


class SwitchState(ChangeState, frozen=True):
    """`trading` or `halted`; None while it is pending."""

    symbol: str | None = None
    state: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    nearest: str | None = None
    step: str | None = None


class BatchItem(msgspec.Struct, frozen=True):
    """What became of one order of a batch: `order`, or the `problem` with it."""

    status: int
    order: OrderState | None = None
    problem: Problem | None = None


class AccountFill(msgspec.Struct, frozen=True):
    """An order's share of a trade."""

    cursor: str
    order_id: str
    client_order_id: str | None
    account: str
    symbol: str
    side: str
    trade_id: int
    price: str
    quantity: str
    liquidity: str
    sequence: int
    timestamp: str


class InstrumentState(msgspec.Struct, frozen=True):
    """What is traded; `state` is `trading`, `halted`, or None where nobody knows."""

    symbol: str
    base_asset: str
    quote_asset: str
    tick_size: str
    lot_size: str
    min_quantity: str
    max_quantity: str
    min_notional: str | None
    max_notional: str | None
    price_band: str | None
    state: str | None


class OrderPage(msgspec.Struct, frozen=True):
    """Orders, newest first; `after` asks for the next page.

    `sequence`: what the engine did up to it is in here.
    """

    orders: list[OrderState]
    after: str | None
    sequence: int


class FillPage(msgspec.Struct, frozen=True):
    """Fills, newest first; `after` asks for the next page.

    `sequence`: what the engine did up to it is in here.
    """

    fills: list[AccountFill]
    after: str | None
    sequence: int


class Report(msgspec.Struct, frozen=True):
    """A change of an order, or (with `command` and `detail`) a command that changed nothing."""

    sequence: int
    timestamp: str
    order_id: str | None
    client_order_id: str | None
    account: str | None
    reason: str | None
    status: str | None = None
    symbol: str | None = None
    side: str | None = None
    order_type: str | None = None
    price: str | None = None
    stop_price: str | None = None
    triggered: bool | None = None
    quantity: str | None = None
    filled_quantity: str | None = None
    remaining_quantity: str | None = None
    filled_notional: str | None = None
    average_price: str | None = None
    last_trade: Fill | None = None
    command: str | None = None
    detail: str | None = None


class Update(msgspec.Struct, frozen=True):
    """A message of the private stream; `number` is one more than that of the message before.

    A heartbeat has the number of the last one; `in_sync` false: what has happened since may come
    later. A snapshot has the exchange's id: with another one all numbers began anew.
    """

    type: str
    number: int
    sequence: int | None = None
    orders: list[OrderState] = []
    data: Report | None = None
    in_sync: bool = True
    exchange_id: str | None = None

    @property
    def fill(self) -> Fill | None:
        """The trade that it is about, if it is about one."""
        return self.data.last_trade if self.data else None
