"""What few orders have beyond type, prices and quantity, and the rules for it.

A name, an amount or a moment is checked here and nowhere else: the gateway and the engine read an
order's fields with the same function.
"""

from typing import Protocol

import msgspec

from protocol.decimals import DECIMAL_RULE, is_decimal
from protocol.enums import TRIGGERED_TYPES, OrderType, Reason, TimeInForce, TrailingOffsetType
from protocol.instrument import Instrument
from protocol.refusal import Refusal
from protocol.timestamps import MOMENT_RULE, parse_moment

MAX_PARTS = 100
"""Most parts in which an iceberg is shown; the core's number."""
MAX_BASIS_POINTS = 9_999
"""Largest offset of a trailing stop; 10,000 would be all of the price."""
_MAX_AMOUNT = 2**63 - 1

SPECIAL_FIELDS = (
    "time_in_force",
    "expires_at",
    "display_quantity",
    "quote_quantity",
    "prevented_quantity",
    "self_trade_prevention",
    "list",
    "reject_if_triggered",
    "trailing_offset",
    "trailing_offset_type",
    "activation_price",
)
"""Fields of a report that is left out if the order has not what it tells."""

_TAKES_ALL = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT})
_LASTING = frozenset({TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY})
_TIMES_IN_FORCE = {
    **dict.fromkeys(_TAKES_ALL, frozenset(TimeInForce)),
    OrderType.POST_ONLY: _LASTING,
    OrderType.IOC: frozenset({TimeInForce.IOC}),
    OrderType.FOK: frozenset({TimeInForce.FOK}),
}
"""What each type may have; a type without a price has none."""
_CAN_REST = _TAKES_ALL | {OrderType.POST_ONLY}
_WORDS = {word.value: word for word in TimeInForce}
_POINTS = TrailingOffsetType.BASIS_POINTS
_OFFSET_TYPES = {word.value: word for word in TrailingOffsetType}


class SpecialFields(Protocol):
    """The fields as they were sent; None and False for what was not."""

    @property
    def time_in_force(self) -> object:
        """A word of TimeInForce."""

    @property
    def expires_at(self) -> object:
        """A moment."""

    @property
    def display_quantity(self) -> object:
        """A decimal."""

    @property
    def quote_quantity(self) -> object:
        """A decimal."""

    @property
    def reject_if_triggered(self) -> object:
        """A flag."""

    @property
    def trailing_offset(self) -> object:
        """A decimal."""

    @property
    def trailing_offset_type(self) -> object:
        """A word of TrailingOffsetType."""

    @property
    def activation_price(self) -> object:
        """A decimal."""


class SpecialTerms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an order has of it: `expires_at` in microseconds, quantities in lots, 0 for none.

    `quote_quantity` is in ticks * lots.
    """

    time_in_force: TimeInForce = TimeInForce.GTC
    expires_at: int = 0
    display_quantity: int = 0
    quote_quantity: int = 0
    reject_if_triggered: bool = False


class TrailingTerms(SpecialTerms, frozen=True, array_like=True, gc=False):
    """The same of a trailing stop.

    `trailing_offset` is in basis points or in ticks, `activation_price` in ticks, 0 for none.
    """

    trailing_offset: int = 0
    trailing_offset_type: TrailingOffsetType = TrailingOffsetType.PRICE
    activation_price: int = 0


PLAIN = SpecialTerms()
"""What most orders have."""


def has_special_fields(order: SpecialFields) -> bool:
    """Whether an order names anything of it."""
    return not (
        order.time_in_force is None
        and order.expires_at is None
        and order.display_quantity is None
        and order.quote_quantity is None
        and order.reject_if_triggered is False
        and order.trailing_offset is None
        and order.trailing_offset_type is None
        and order.activation_price is None
    )


def read_special_terms(
    instrument: Instrument, order_type: OrderType, lots: int, order: SpecialFields
) -> SpecialTerms:
    """Return what an order of `lots` has beyond the usual; raise Refusal if it cannot have that."""
    if not has_special_fields(order):
        return PLAIN
    time_in_force = _read_time_in_force(order_type, order.time_in_force)
    terms = SpecialTerms(
        time_in_force,
        _read_expiry(time_in_force, order.expires_at),
        _read_display(instrument, order_type, time_in_force, lots, order.display_quantity),
        read_quote_quantity(instrument, order.quote_quantity),
        _read_flag(order_type, order.reject_if_triggered),
    )
    if is_trailing(order):
        return _read_trailing(instrument, order_type, terms, order)
    return PLAIN if terms == PLAIN else terms


def is_trailing(order: SpecialFields) -> bool:
    """Whether an order names anything that only a trailing stop has."""
    return not (
        order.trailing_offset is None
        and order.trailing_offset_type is None
        and order.activation_price is None
    )


def check_has_quantity(order_type: OrderType, quantity: str | None, quote_quantity: object) -> None:
    """Raise Refusal unless the order has a quantity, or in its place an amount that it may name."""
    if quote_quantity is None:
        if quantity is None:
            raise Refusal(Reason.QUANTITY_REQUIRED, "quantity", "quantity is required")
        return
    if order_type is not OrderType.MARKET:
        detail = f"a {order_type} order has a quantity; only a market order may name an amount"
        raise Refusal(Reason.INVALID_QUOTE_QUANTITY, "quote_quantity", detail)
    if quantity is not None:
        detail = "an order has a quantity or a quote_quantity, not both"
        raise Refusal(Reason.INVALID_QUOTE_QUANTITY, "quote_quantity", detail)


def read_quote_quantity(instrument: Instrument, text: object) -> int:
    """Return an amount of the quote asset in ticks * lots, what is finer left out; 0 for none."""
    if text is None:
        return 0
    if not isinstance(text, str) or not is_decimal(text):
        detail = f"quote_quantity must be {DECIMAL_RULE}"
        raise Refusal(Reason.INVALID_DECIMAL, "quote_quantity", detail)
    amount = instrument.notional_to_steps(text)
    if 1 <= amount <= _MAX_AMOUNT:
        return amount
    least, most = instrument.format_notional(1), instrument.format_notional(_MAX_AMOUNT)
    raise Refusal(
        Reason.INVALID_QUOTE_QUANTITY,
        "quote_quantity",
        f"quote_quantity must be from {least} to {most}",
        most if amount else least,
    )


def _read_time_in_force(order_type: OrderType, word: object) -> TimeInForce:
    if word is None:
        return TimeInForce.GTC
    time_in_force = _WORDS.get(word) if isinstance(word, str) else None
    if time_in_force is None:
        detail = f"time_in_force must be one of {', '.join(_WORDS)}"
        raise Refusal(Reason.INVALID_TIME_IN_FORCE, "time_in_force", detail)
    allowed = _TIMES_IN_FORCE.get(order_type)
    if allowed is None:
        detail = f"a {order_type} order has no time_in_force"
        raise Refusal(Reason.INVALID_TIME_IN_FORCE, "time_in_force", detail)
    if time_in_force not in allowed:
        words = ", ".join(each for each in _WORDS if each in allowed)
        detail = f"time_in_force of a {order_type} order must be one of {words}"
        raise Refusal(Reason.INVALID_TIME_IN_FORCE, "time_in_force", detail)
    # the type says it already: then it is the same order as without the word
    return TimeInForce.GTC if order_type in (OrderType.IOC, OrderType.FOK) else time_in_force


def _read_expiry(time_in_force: TimeInForce, text: object) -> int:
    if time_in_force is not TimeInForce.GTD:
        if text is None:
            return 0
        detail = "expires_at is of an order whose time_in_force is gtd"
        raise Refusal(Reason.INVALID_EXPIRES_AT, "expires_at", detail)
    try:
        return max(1, parse_moment(text if isinstance(text, str) else ""))  # 0 is no end
    except ValueError:
        detail = f"expires_at must be {MOMENT_RULE}"
        raise Refusal(Reason.INVALID_EXPIRES_AT, "expires_at", detail) from None


def _read_display(
    instrument: Instrument,
    order_type: OrderType,
    time_in_force: TimeInForce,
    lots: int,
    text: object,
) -> int:
    if text is None:
        return 0
    if order_type not in _CAN_REST or time_in_force not in _LASTING:
        detail = "display_quantity is of an order that can rest in the book at a price"
        raise Refusal(Reason.INVALID_DISPLAY_QUANTITY, "display_quantity", detail)
    if not isinstance(text, str):
        detail = f"display_quantity must be {DECIMAL_RULE}"
        raise Refusal(Reason.INVALID_DECIMAL, "display_quantity", detail)
    display = instrument.read_lots(text, "display_quantity")
    if display < lots <= display * MAX_PARTS:
        return display
    least = -(-lots // MAX_PARTS)
    raise Refusal(
        Reason.INVALID_DISPLAY_QUANTITY,
        "display_quantity",
        f"display_quantity must be less than the quantity, and make at most {MAX_PARTS} parts",
        instrument.lots_to_quantity(max(least, min(display, lots - 1))) if lots > 1 else None,
    )


def check_parts(instrument: Instrument, display: int, lots: int) -> None:
    """Raise Refusal if a total of `lots` makes too many parts of an iceberg."""
    if display and lots > display * MAX_PARTS:
        raise Refusal(
            Reason.INVALID_DISPLAY_QUANTITY,
            "quantity",
            f"an iceberg has at most {MAX_PARTS} parts",
            instrument.lots_to_quantity(display * MAX_PARTS),
        )


def _read_flag(order_type: OrderType, flag: object) -> bool:
    if flag is False or flag is None:
        return False
    if flag is not True:
        detail = "reject_if_triggered must be true or false"
        raise Refusal(Reason.INVALID_TYPE, "reject_if_triggered", detail)
    if order_type not in TRIGGERED_TYPES:
        detail = f"a {order_type} order waits for no stop price"
        raise Refusal(Reason.REJECT_IF_TRIGGERED_FORBIDDEN, "reject_if_triggered", detail)
    return True


def _read_trailing(
    instrument: Instrument, order_type: OrderType, terms: SpecialTerms, order: SpecialFields
) -> TrailingTerms:
    if order.trailing_offset is None:
        if order.trailing_offset_type is None:
            detail = "activation_price is of an order with a trailing_offset"
            raise Refusal(Reason.ACTIVATION_PRICE_FORBIDDEN, "activation_price", detail)
        detail = "trailing_offset is required with a trailing_offset_type"
        raise Refusal(Reason.INVALID_TRAILING_OFFSET, "trailing_offset", detail)
    if order_type not in TRIGGERED_TYPES:
        detail = f"a {order_type} order waits for no stop price that could trail"
        raise Refusal(Reason.INVALID_TRAILING_OFFSET, "trailing_offset", detail)
    kind, text = _read_offset_type(order.trailing_offset_type), order.trailing_offset
    return TrailingTerms(
        **msgspec.structs.asdict(terms),
        trailing_offset=(
            _read_basis_points(text) if kind is _POINTS else _read_distance(instrument, text)
        ),
        trailing_offset_type=kind,
        activation_price=_read_activation_price(instrument, order.activation_price),
    )


def _read_offset_type(word: object) -> TrailingOffsetType:
    kind = _OFFSET_TYPES.get(word) if isinstance(word, str) else None
    if kind is None:
        detail = f"trailing_offset_type must be one of {', '.join(_OFFSET_TYPES)}"
        raise Refusal(Reason.INVALID_TRAILING_OFFSET, "trailing_offset_type", detail)
    return kind


def _read_basis_points(text: object) -> int:
    points = 0
    if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= 9:
        points = int(text)
    if 1 <= points <= MAX_BASIS_POINTS:
        return points
    raise Refusal(
        Reason.INVALID_TRAILING_OFFSET,
        "trailing_offset",
        f"trailing_offset must be a whole number of basis points from 1 to {MAX_BASIS_POINTS}",
        str(MAX_BASIS_POINTS) if points else "1",
    )


def _read_distance(instrument: Instrument, text: object) -> int:
    if not isinstance(text, str):
        detail = f"trailing_offset must be {DECIMAL_RULE}"
        raise Refusal(Reason.INVALID_DECIMAL, "trailing_offset", detail)
    return instrument.price_to_ticks(text, "trailing_offset")


def _read_activation_price(instrument: Instrument, text: object) -> int:
    if text is None:
        return 0
    if not isinstance(text, str):
        detail = f"activation_price must be {DECIMAL_RULE}"
        raise Refusal(Reason.INVALID_DECIMAL, "activation_price", detail)
    return instrument.price_to_ticks(text, "activation_price")
