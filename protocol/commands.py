"""What the gateway pushes onto `order_queue`, and the rules that make an order well-formed."""

import re
from hashlib import blake2b
from typing import Any

import msgspec

from protocol.assets import LedgerSettings
from protocol.decimals import read_digits
from protocol.durations import DURATION_RULE
from protocol.enums import (
    PRICED_TYPES,
    TRIGGERED_TYPES,
    CancelRestriction,
    CancelScope,
    CommandType,
    OrderType,
    Phase,
    Reason,
    ReplaceMode,
    SelfTradePrevention,
    Side,
    Uniqueness,
)
from protocol.exchange_id import tells_shard
from protocol.instrument import Instrument
from protocol.limits import TradingLimits
from protocol.refusal import Refusal
from protocol.shards import MAX_SHARDS
from protocol.special_terms import check_has_quantity

DEFAULT_ACCOUNT = "default"
IDENTIFIER_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$"
MAX_ORDER_ID = 2**53 - 1
_MAX_ORDER_ID_DIGITS = 16
_is_identifier = re.compile(IDENTIFIER_PATTERN.strip("^$"), re.ASCII).fullmatch
MAX_TIMER_SECONDS = 86_400
MAX_ADVANCE = 366 * 86_400_000_000
"""Microseconds of one `advance`."""
VALID_MICROSECONDS = 10_000_000
"""How long after its arrival the engine takes an entry whose repeat it would not know."""
MAX_ENTRY_BYTES = 64 * 1024
"""Of an element of `order_queue`; the engine does not read a longer one."""


class Target(msgspec.Struct, omit_defaults=True, frozen=True, gc=False):
    """The order that a `replace` cancels: by its id, its number or the account's name for it.

    `restriction` and `cancel_id` are as in a `cancel`.
    """

    order_id: str | None = None
    number: int | None = None
    client_order_id: str | None = None
    restriction: CancelRestriction | None = None
    cancel_id: str | None = None


class QueueEntry(msgspec.Struct, omit_defaults=True, gc=False):
    """One element of `order_queue`.

    `new` uses the fields of an order, without `price` and `stop_price` if the type has none;
    `cancel` and `amend` need an order, by `order_id`, `number` or `client_order_id`, `replace` an
    order and the `replaced` one, `cancel_all` an account and optionally a symbol,
    `cancel_after` an account and `seconds`, and has a `scope`, `halt` and `resume` a symbol,
    `set_phase` also a `phase`.
    `new_list` has a `list_type` and its `orders`, `cancel_list` a `list_id` or `client_list_id`.
    `expire_timers` (with `elapsed`) and `configure` (with `limits`, `level` and `ledger`) are the
    engine's own.
    `advance` moves a manual clock on by `elapsed` microseconds.
    `clear_queue`, put at the head, rejects the orders among the next `quantity` entries. `credit`
    and `debit` need an account, `asset`, `amount` and `id`, `set_fees` an account, `maker` and
    `taker` and optionally a symbol, `open_account` an account. `transfer` has the fields of a
    `debit` and the `shard` that it goes to, `receive_transfer` those of a `credit`, the `shard`
    that it comes from and its number as `transfer`, `close_transfers` a `shard` and a `transfer`:
    the last two are engines' own. `dead` stands in the journal for an entry that cannot be used,
    with the `reason`. `barrier` changes nothing and is answered, which shows that everything before
    it has been done. After `valid_until` an entry is refused.
    `received_at` is the time by the clock of whoever
    pushed the entry; `reply_to` (a gateway worker) and `request_id` ask for a reply. An entry
    pushed by hand may leave out everything that has a default here. What few orders have
    (`special_terms.py`) may be any JSON value: before its level it does not count. `strategy` says
    nothing to the engine: the archive keeps it with the order.
    """

    symbol: str | None = None
    side: Side | None = None
    order_type: OrderType | None = None
    quantity: str | None = None
    price: str | None = None
    stop_price: str | None = None
    order_id: str | None = None
    client_order_id: str | None = None
    account: str = DEFAULT_ACCOUNT
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE
    command: CommandType = CommandType.NEW
    received_at: str | None = None
    reply_to: str | None = None
    request_id: str | None = None
    reason: Reason | None = None
    detail: str | None = None
    seconds: int | None = None
    scope: CancelScope = CancelScope.ALL
    limits: TradingLimits | None = None
    level: int | None = None
    elapsed: int | None = None
    ledger: LedgerSettings | None = None
    asset: str | None = None
    amount: str | None = None
    id: str | None = None
    maker: str | None = None
    taker: str | None = None
    number: int | None = None
    unique: Uniqueness | None = None
    valid_until: str | None = None
    restriction: CancelRestriction | None = None
    cancel_id: str | None = None
    new_client_order_id: str | None = None
    only_lower: bool = False
    replaced: Target | None = None
    mode: ReplaceMode = ReplaceMode.STOP_ON_FAILURE
    time_in_force: Any = None
    expires_at: Any = None
    display_quantity: Any = None
    quote_quantity: Any = None
    reject_if_triggered: Any = False
    trailing_offset: Any = None
    trailing_offset_type: Any = None
    activation_price: Any = None
    phase: Phase | None = None
    list_type: Any = None
    orders: Any = None
    list_id: Any = None
    client_list_id: Any = None
    shard: Any = None
    transfer: Any = None
    strategy: Any = None


def derive_order_id(key: bytes, account: str, client_order_id: str) -> int:
    """Return the order id of a pair, 1 to 2**53 - 1: the same for a retry through any gateway.

    `key` is the exchange's own, from `STATE_ID_KEY`, so that the ids of one exchange say nothing
    about those of another. If it `tells_shard`, so does the id, as a number does.
    """
    digest = blake2b(f"{account}\0{client_order_id}".encode(), key=key, digest_size=8).digest()
    order_id = int.from_bytes(digest) & MAX_ORDER_ID
    if tells_shard(key):
        return (order_id - order_id % MAX_SHARDS or MAX_SHARDS) + key[-1]
    return order_id or 1


def is_identifier(text: str) -> bool:
    """Whether `text` matches IDENTIFIER_PATTERN."""
    return _is_identifier(text) is not None


def parse_order_id(text: str | None) -> int:
    """Return the id in `text`; raises Refusal if it is none."""
    order_id = read_digits(text) if text is not None and len(text) <= _MAX_ORDER_ID_DIGITS else 0
    if 0 < order_id <= MAX_ORDER_ID:
        return order_id
    raise Refusal(
        Reason.INVALID_ORDER_ID, "order_id", "order_id must be a whole number from 1 to 2**53 - 1"
    )


def parse_number(text: str, field: str = "number") -> int:
    """Return the number of an order, or of a list, in `text`; raises Refusal if it is none."""
    try:
        return parse_order_id(text)
    except Refusal:
        raise Refusal(
            Reason.INVALID_ORDER_ID, field, f"{field} must be a whole number from 1 to 2**53 - 1"
        ) from None


def check_client_order_id(text: str, field: str = "client_order_id") -> str:
    """Return `text`; raises Refusal if it is not a usable client order id, or name of a cancel."""
    if not is_identifier(text):
        raise Refusal(
            Reason.INVALID_CLIENT_ORDER_ID,
            field,
            f"{field} must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -",
        )
    return text


def check_account(text: str) -> str:
    """Return `text`; raises Refusal if it is not a usable account name."""
    if not is_identifier(text):
        raise Refusal(
            Reason.INVALID_ACCOUNT,
            "account",
            "account must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -",
        )
    return text


def check_transfer_id(text: str) -> str:
    """Return `text`; raises Refusal if it cannot be the id of a credit, debit or transfer."""
    if not is_identifier(text):
        raise Refusal(
            Reason.INVALID_TRANSFER_ID,
            "id",
            "id must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -",
        )
    return text


def check_seconds(seconds: int | None) -> int:
    """Return `seconds`; raises Refusal if no timer can be set to it."""
    if seconds is None or not 0 <= seconds <= MAX_TIMER_SECONDS:
        raise Refusal(
            Reason.INVALID_SECONDS,
            "seconds",
            f"seconds must be a whole number from 1 to {MAX_TIMER_SECONDS}, or 0 to disarm",
        )
    return seconds


def check_advance(microseconds: int | None) -> int:
    """Return `microseconds`; raises Refusal if no clock can be moved by it."""
    if microseconds is None or not 0 <= microseconds <= MAX_ADVANCE:
        raise Refusal(
            Reason.INVALID_DURATION,
            "advance",
            f"advance must be {DURATION_RULE}, at most 366d",
        )
    return microseconds


def check_order_values(
    instrument: Instrument,
    order_type: OrderType,
    quantity: str | None,
    price: str | None,
    stop_price: str | None,
    quote_quantity: object = None,
    trailing_offset: object = None,
) -> tuple[int, int, int]:
    """Return quantity in lots, price and stop price in ticks (0 if the order has none).

    Raises Refusal if a field is missing or forbidden, or a value is off the grid or out of bounds.
    """
    check_has_quantity(order_type, quantity, quote_quantity)
    lots = 0 if quantity is None else instrument.quantity_to_lots(quantity)
    ticks = _check_price(instrument, order_type, price)
    if trailing_offset is None:
        stop_ticks = _check_stop_price(instrument, order_type, stop_price)
    else:
        stop_ticks = _check_trails(stop_price)
    if ticks:
        instrument.check_notional(ticks, lots)
    return lots, ticks, stop_ticks


def _check_price(instrument: Instrument, order_type: OrderType, price: str | None) -> int:
    if order_type in PRICED_TYPES:
        if price is None:
            raise Refusal(Reason.PRICE_REQUIRED, "price", f"a {order_type} order needs a price")
        return instrument.price_to_ticks(price)
    if price is not None:
        raise Refusal(Reason.PRICE_FORBIDDEN, "price", f"a {order_type} order has no price")
    return 0


def _check_stop_price(instrument: Instrument, order_type: OrderType, stop_price: str | None) -> int:
    if order_type in TRIGGERED_TYPES:
        if stop_price is None:
            raise Refusal(
                Reason.STOP_PRICE_REQUIRED, "stop_price", f"a {order_type} order needs a stop price"
            )
        return instrument.price_to_ticks(stop_price, "stop_price")
    if stop_price is not None:
        raise Refusal(
            Reason.STOP_PRICE_FORBIDDEN, "stop_price", f"a {order_type} order has no stop price"
        )
    return 0


def _check_trails(stop_price: str | None) -> int:
    """Raise Refusal if a trailing stop names a stop price; return what it has of one."""
    if stop_price is not None:
        raise Refusal(
            Reason.STOP_PRICE_FORBIDDEN,
            "stop_price",
            "the stop price of a trailing stop follows the market; what begins it is its"
            " activation_price",
        )
    return 0
