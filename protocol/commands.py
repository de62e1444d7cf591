"""What the gateway pushes onto `order_queue`, and the rules that make an order well-formed."""

from hashlib import blake2b

import msgspec

from protocol.assets import LedgerSettings
from protocol.decimals import read_digits
from protocol.enums import (
    PRICED_TYPES,
    TRIGGERED_TYPES,
    CancelScope,
    CommandType,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
)
from protocol.instrument import Instrument
from protocol.limits import TradingLimits
from protocol.refusal import Refusal

DEFAULT_ACCOUNT = "default"
IDENTIFIER_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$"
MAX_ORDER_ID = 2**53 - 1
_MAX_ORDER_ID_DIGITS = 16
MAX_TIMER_SECONDS = 86_400
MAX_ENTRY_BYTES = 64 * 1024
"""Of an element of `order_queue`; the engine does not read a longer one."""


class QueueEntry(msgspec.Struct, omit_defaults=True, gc=False):
    """One element of `order_queue`.

    `new` uses the fields of an order, without `price` and `stop_price` if the type has none;
    `cancel` and `amend` need `order_id`, `cancel_all` an account and optionally a symbol,
    `cancel_after` an account and `seconds`, and has a `scope`, `halt` and `resume` a symbol.
    `expire_timers` (with `elapsed`) and `configure` (with `limits`, `level` and `ledger`) are the
    engine's own.
    `clear_queue`, put at the head, rejects the orders among the next `quantity` entries. `credit`
    and `debit` need an account, `asset`, `amount` and `id`, `set_fees` an account, `maker` and
    `taker` and optionally a symbol, `open_account` an account. `dead` stands in the journal for an
    entry that cannot be used, with the `reason`. `received_at` is the time by the clock of whoever
    pushed the entry; `reply_to` (a gateway worker) and `request_id` ask for a reply. An entry
    pushed by hand may leave out everything that has a default here.
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


def derive_order_id(key: bytes, account: str, client_order_id: str) -> int:
    """Return the order id of a pair, 1 to 2**53 - 1: the same for a retry through any gateway.

    `key` is the exchange's own, from `STATE_ID_KEY`, so that the ids of one exchange say nothing
    about those of another.
    """
    digest = blake2b(f"{account}\0{client_order_id}".encode(), key=key, digest_size=8).digest()
    return (int.from_bytes(digest) & MAX_ORDER_ID) or 1


def is_identifier(text: str) -> bool:
    """Whether `text` matches IDENTIFIER_PATTERN."""
    for character in text:
        if character not in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-":
            return False
    return 0 < len(text) <= 64


def parse_order_id(text: str | None) -> int:
    """Return the id in `text`; raises Refusal if it is none."""
    order_id = read_digits(text) if text is not None and len(text) <= _MAX_ORDER_ID_DIGITS else 0
    if 0 < order_id <= MAX_ORDER_ID:
        return order_id
    raise Refusal(
        Reason.INVALID_ORDER_ID, "order_id", "order_id must be a whole number from 1 to 2**53 - 1"
    )


def check_client_order_id(text: str) -> str:
    """Return `text`; raises Refusal if it is not a usable client order id."""
    if not is_identifier(text):
        raise Refusal(
            Reason.INVALID_CLIENT_ORDER_ID,
            "client_order_id",
            "client_order_id must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -",
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
    """Return `text`; raises Refusal if it cannot be the id of a credit or debit."""
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


def check_order_values(
    instrument: Instrument,
    order_type: OrderType,
    quantity: str | None,
    price: str | None,
    stop_price: str | None,
) -> tuple[int, int, int]:
    """Return quantity in lots, price and stop price in ticks (0 if the type has none).

    Raises Refusal if a field is missing or forbidden, or a value is off the grid or out of bounds.
    """
    if quantity is None:
        raise Refusal(Reason.QUANTITY_REQUIRED, "quantity", "quantity is required")
    lots = instrument.quantity_to_lots(quantity)
    ticks = _check_price(instrument, order_type, price)
    stop_ticks = _check_stop_price(instrument, order_type, stop_price)
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
