"""What the methods of the gateway's clients return.

An answer whose `is_pending` is true came before the engine had answered: `accepted` is in the
queue, `unknown` may be there or not, and its `detail` says what to do.
"""

import msgspec

from goquant.client.book import Json
from protocol.canceled_quantity import derive_canceled
from protocol.enums import OPEN_STATUSES
from protocol.events import Balance, BalanceChanged, Fill

_PENDING = frozenset({"accepted", "unknown"})


class PreventedMatch(msgspec.Struct, frozen=True):
    """What self-trade prevention took from an order that met another of its account."""

    prevented_match_id: int
    price: str
    quantity: str
    liquidity: str
    other_order_id: str


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """An order. What an answer does not have of it is None.

    `order_id` is empty before the engine has made one, with `unique="open"`.

    `detail`, `field`, `nearest` and `step` say why it has just been rejected.
    """

    order_id: str = ""
    status: str
    number: int | None = None
    execution_number: int | None = None
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
    time_in_force: str | None = None
    expires_at: str | None = None
    display_quantity: str | None = None
    quote_quantity: str | None = None
    prevented_quantity: str | None = None
    reject_if_triggered: bool | None = None
    trailing_offset: str | None = None
    trailing_offset_type: str | None = None
    activation_price: str | None = None
    detail: str | None = None
    field: str | None = None
    nearest: str | None = None
    step: str | None = None
    timestamp: str | None = None
    fills: list[Fill] | None = None
    list: "OfList | None" = None

    @property
    def is_pending(self) -> bool:
        """Whether the engine's answer is not known yet."""
        return self.status in _PENDING

    @property
    def is_open(self) -> bool:
        """Whether the order may still trade."""
        return self.status in OPEN_STATUSES

    @property
    def canceled_quantity(self) -> str | None:
        """What ended without a trade, canceled or expired; 0 while it is open."""
        if self.filled_quantity is None:
            return None
        return derive_canceled(
            self.status, self.quantity, self.filled_quantity, self.prevented_quantity
        )


class OfList(msgspec.Struct, frozen=True):
    """The list of an order; `state` is `pending` as long as the order waits for the first one."""

    list_id: int
    list_type: str
    client_list_id: str
    order_ids: list[str]
    state: str


class ReplaceState(msgspec.Struct, frozen=True):
    """The new order, and the one that was canceled for it; None while it is pending.

    `cancel_reason` says why none was canceled, if that was allowed.
    """

    order: OrderState | None = None
    canceled_order: OrderState | None = None
    cancel_reason: str | None = None
    status: str = "done"
    detail: str | None = None

    @property
    def is_pending(self) -> bool:
        """Whether the engine's answer is not known yet."""
        return self.status in _PENDING


class ListState(msgspec.Struct, frozen=True):
    """An order list with its orders, the one on which the others wait first; none while pending."""

    list_id: int | None = None
    list_type: str | None = None
    client_list_id: str | None = None
    symbol: str | None = None
    orders: list[OrderState] = []
    status: str = "done"
    detail: str | None = None

    @property
    def is_pending(self) -> bool:
        """Whether the engine's answer is not known yet."""
        return self.status in _PENDING


class ChangeState(msgspec.Struct, frozen=True):
    """The outcome of a change that concerns no single order."""

    status: str = "done"
    detail: str | None = None

    @property
    def is_pending(self) -> bool:
        """Whether the engine's answer is not known yet."""
        return self.status in _PENDING


class CanceledOrders(ChangeState, frozen=True):
    """How many orders were canceled; None while it is pending."""

    canceled: int | None = None


class TimerState(ChangeState, frozen=True):
    """The timer's seconds and scope, and when it is due; None if it is disarmed, or while pending.

    `scope` says which orders it cancels: `all`, or `except_stops`.
    """

    seconds: int | None = None
    scope: str | None = None
    due: str | None = None


class SwitchState(ChangeState, frozen=True):
    """`trading` or `halted`, and which phase that is; None while it is pending."""

    symbol: str | None = None
    state: str | None = None
    phase: str | None = None


class TransferState(ChangeState, frozen=True):
    """What an account has of the asset after a credit or debit; None while it is pending.

    If `duplicate` is true, it had been done before.
    """

    account: str | None = None
    asset: str | None = None
    free: str | None = None
    locked: str | None = None
    duplicate: bool = False


class MoveState(ChangeState, frozen=True, rename={"source": "from", "target": "to"}):
    """A transfer from one shard to another, and what is left there; None while it is pending.

    If `duplicate` is true, it had been done before.
    """

    id: str | None = None
    account: str | None = None
    asset: str | None = None
    amount: str | None = None
    source: int | None = None
    target: int | None = None
    number: int | None = None
    state: str | None = None
    free: str | None = None
    locked: str | None = None
    duplicate: bool = False


class FeesState(ChangeState, frozen=True):
    """The rates that an account pays from now on; None while it is pending.

    `symbol` is None if they are those of all instruments.
    """

    account: str | None = None
    symbol: str | None = None
    maker: str | None = None
    taker: str | None = None


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
    """The outcome of one order of a batch: `order`, or the `problem` with it."""

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
    commission: str | None = None
    commission_asset: str | None = None
    number: int | None = None
    execution_number: int | None = None


class AccountPreventedMatch(msgspec.Struct, frozen=True):
    """A match of two orders of the account that self-trade prevention prevented.

    A side's quantity is what it lost, None: nothing; `self_trade_prevention` is the taker's mode.
    """

    symbol: str
    prevented_match_id: int
    taker_order_id: str
    maker_order_id: str
    taker_number: int | None
    maker_number: int | None
    price: str
    taker_quantity: str | None
    maker_quantity: str | None
    self_trade_prevention: str | None
    timestamp: str


class ShardBalances(msgspec.Struct, frozen=True):
    """What the account has on one of several shards."""

    shard: int
    balances: list[Balance]


class AmountOnWay(msgspec.Struct, frozen=True):
    """What was sent from one shard and is not received by another, of an asset."""

    asset: str
    amount: str


class AccountBalances(msgspec.Struct, frozen=True):
    """What the account has of every asset, as of `sequence`, on all shards together.

    `is_uncertain`: a part of the history was lost, and some balance was not told since. `shards`
    says where it is, if not all is on shard 1; `on_way` is on its way from one to another.
    """

    account: str
    sequence: int
    is_uncertain: bool
    balances: list[Balance]
    shards: list[ShardBalances] = []
    on_way: list[AmountOnWay] = []


class PositionState(msgspec.Struct, frozen=True):
    """What the account's fills of an instrument come to, valued at the last trade's price.

    Commission in base is not in `quantity`, commission in quote is in `realized` or `cost`; both
    are net. Quantity and cost of a sold position are negative. `average_entry_price` is None if
    nothing is held.
    """

    symbol: str
    quantity: str
    cost: str
    average_entry_price: str | None
    realized: str
    unrealized: str
    last_price: str
    base_commission: str
    quote_commission: str


class AccountPositions(msgspec.Struct, frozen=True):
    """The account's positions, as of `sequence`; none of an instrument that it has not traded.

    `is_uncertain`: a part of the history was lost, perhaps with fills of the account.
    """

    account: str
    sequence: int
    is_uncertain: bool
    positions: list[PositionState]


class LedgerEntry(msgspec.Struct, frozen=True):
    """One change of what the account has of an asset.

    `cause` says why. `id` is that of a credit, debit or transfer; symbol, trade and order are those
    of a trade or its commission.
    """

    cursor: str
    account: str
    asset: str
    amount: str
    cause: str
    id: str | None
    symbol: str | None
    trade_id: int | None
    order_id: str | None
    sequence: int
    timestamp: str


class LedgerPage(msgspec.Struct, frozen=True):
    """Changes of balances, newest first. `after`, if not None, asks for the next page.

    The page has everything that the engine has done up to `sequence`.
    """

    entries: list[LedgerEntry]
    after: str | None
    sequence: int


class ShardTransfer(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """What the account has moved from one shard to another; `state` is `sent` or `received`."""

    cursor: str
    id: str | None
    account: str
    asset: str
    amount: str
    source: int
    target: int
    number: int
    state: str
    sequence: int
    timestamp: str


class TransferPage(msgspec.Struct, frozen=True):
    """Transfers, newest first. `after`, if not None, asks for the next page."""

    transfers: list[ShardTransfer]
    after: str | None
    sequence: int


class SymbolFees(msgspec.Struct, frozen=True):
    """The rates that the account pays for an instrument, as parts of what is received."""

    symbol: str
    maker: str
    taker: str


class InstrumentState(msgspec.Struct, frozen=True):
    """An instrument; `state` is `trading`, `halted`, or None if the gateway does not know.

    `phase` is `continuous`, `halted` or `closed`. `shard` is there if the exchange has several.
    """

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
    phase: str | None = None
    shard: int | None = None


class OrderPage(msgspec.Struct, frozen=True):
    """Orders, newest first. `after`, if not None, asks for the next page.

    The page has everything that the engine has done up to `sequence`.
    """

    orders: list[OrderState]
    after: str | None
    sequence: int


class FillPage(msgspec.Struct, frozen=True):
    """Fills, newest first. `after`, if not None, asks for the next page.

    The page has everything that the engine has done up to `sequence`.
    """

    fills: list[AccountFill]
    after: str | None
    sequence: int


class PreventedMatchPage(msgspec.Struct, frozen=True):
    """Prevented matches, newest first. `after`, if not None, asks for the next page.

    The page has everything that the engine has done up to `sequence`.
    """

    prevented_matches: list[AccountPreventedMatch]
    after: str | None
    sequence: int


class Report(msgspec.Struct, frozen=True):
    """A change of an order, or, with `command` and `detail`, a command that changed nothing."""

    sequence: int
    timestamp: str
    order_id: str | None
    client_order_id: str | None
    account: str | None
    reason: str | None
    status: str | None = None
    number: int | None = None
    execution_number: int | None = None
    previous_client_order_id: str | None = None
    previous_quantity: str | None = None
    cancel_id: str | None = None
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
    time_in_force: str | None = None
    expires_at: str | None = None
    display_quantity: str | None = None
    quote_quantity: str | None = None
    prevented_quantity: str | None = None
    reject_if_triggered: bool | None = None
    trailing_offset: str | None = None
    trailing_offset_type: str | None = None
    activation_price: str | None = None
    prevented_match: PreventedMatch | None = None
    self_trade_prevention: str | None = None
    command: str | None = None
    detail: str | None = None

    @property
    def canceled_quantity(self) -> str | None:
        """What ended without a trade, canceled or expired; 0 while it is open."""
        if self.status is None or self.filled_quantity is None:
            return None
        return derive_canceled(
            self.status, self.quantity, self.filled_quantity, self.prevented_quantity
        )


class Update(msgspec.Struct, frozen=True):
    """A message of the private stream; `number` is one more than that of the message before.

    A heartbeat repeats the last number. If `in_sync` is false, reports may be late. A snapshot has
    the exchange's id; another id means that all numbers have begun anew. `data` is what a report
    says of an order, `change` what a `balance_changed` says. `balances` are all of the account in a
    snapshot (None: the exchange keeps no ledger), in an `account_position` those that changed. If
    the exchange has several `shards`, which a snapshot lists, a message is about one `shard` alone.
    """

    type: str
    number: int
    sequence: int | None = None
    orders: list[OrderState] = []
    data: Report | None = None
    in_sync: bool = True
    exchange_id: str | None = None
    balances: list[Balance] | None = None
    change: BalanceChanged | None = None
    shard: int | None = None
    shards: list[int] = []

    @property
    def fill(self) -> Fill | None:
        """The trade that it tells of; None if it tells of none."""
        return self.data.last_trade if self.data else None


def read_update(message: Json) -> Update:
    """Return the update that a message of the private stream is."""
    kind, data, shard = message["type"], message.get("data"), message.get("shard")
    if kind == "account_position" and data:
        balances = msgspec.convert(data["balances"], list[Balance])
        return Update(kind, message["number"], data["sequence"], balances=balances, shard=shard)
    if kind == "balance_changed" and data:
        change = msgspec.convert(data, BalanceChanged)
        return Update(kind, message["number"], data["sequence"], change=change, shard=shard)
    return msgspec.convert(message, Update)
