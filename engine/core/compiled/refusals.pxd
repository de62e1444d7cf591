"""The first reason against a command, or none: post-only, ranges, duplicate ids, room.

Nothing here changes the core.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from engine.core.compiled.book cimport crosses
from engine.core.compiled.extras cimport extra_at, rest_of
from engine.core.compiled.id_index cimport find_slot
from engine.core.compiled.ledger cimport (
    has_ledger,
    held_for,
    is_out_of_range,
    lacks_cost,
    lacks_funds,
)
from engine.core.compiled.state cimport (
    BASIS_POINT_UNIT,
    BASIS_POINTS,
    DUPLICATE_ORDER_ID,
    FOK,
    IN_FORCE_FOK,
    INSUFFICIENT_BALANCE,
    INVALID_ACCOUNT,
    INVALID_DISPLAY_QUANTITY,
    INVALID_ORDER_ID,
    INVALID_ORDER_TYPE,
    INVALID_PRICE,
    INVALID_QUANTITY,
    INVALID_SELF_TRADE_PREVENTION,
    INVALID_SIDE,
    INVALID_STOP_PRICE,
    INVALID_SYMBOL,
    INVALID_TIME_IN_FORCE,
    INVALID_TRAILING_OFFSET,
    IOC,
    LIMIT,
    MARKET,
    MAX_ORDER_ID,
    MAX_PARTS,
    MAX_PRICE,
    MAX_QUANTITY,
    NOTHING_TO_AMEND,
    NOTIONAL_OUT_OF_RANGE,
    POST_ONLY,
    PREVENT_DECREMENT,
    REASON_NONE,
    SELL,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TAKE_PROFIT_LIMIT,
    TICKS,
    TOO_MANY_OPEN_ORDERS,
    UNITS,
    WOULD_TRADE,
    CommandRecord,
    Core,
    Extra,
    Order,
    Special,
    Terms,
    price_t,
    qty_t,
    slot_t,
)


cdef inline bint is_between(int64_t number, int64_t lowest, int64_t highest) noexcept nogil:
    return lowest <= number <= highest


cdef inline bint has_price(uint8_t order_type) noexcept nogil:
    return order_type != MARKET and order_type != STOP_LOSS and order_type != TAKE_PROFIT


cdef inline bint is_valid_price(int64_t price, bint is_wanted) noexcept nogil:
    """Whether a price is in range if the order's type wants one, or else 0."""
    return is_between(price, 1, MAX_PRICE) if is_wanted else price == 0


cdef inline bint is_account(const Core* core, int64_t account) noexcept nogil:
    """Whether an account can trade: any number, or with a ledger one that was opened."""
    if core.ledger.accounts == 0:
        return account >= 0
    return is_between(account, 1, <int64_t>core.ledger.accounts - 1)


cdef inline uint32_t refuse_identity(const Core* core, const CommandRecord* command) noexcept nogil:
    if not is_between(command.symbol, 0, <int64_t>core.symbols - 1):
        return INVALID_SYMBOL
    if not is_between(command.order_id, 1, MAX_ORDER_ID):
        return INVALID_ORDER_ID
    if not is_account(core, command.account):
        return INVALID_ACCOUNT
    return REASON_NONE


cdef inline uint32_t refuse_kind(const CommandRecord* command) noexcept nogil:
    if command.side > SELL:
        return INVALID_SIDE
    if command.order_type > TAKE_PROFIT_LIMIT:
        return INVALID_ORDER_TYPE
    if command.prevention > PREVENT_DECREMENT:
        return INVALID_SELF_TRADE_PREVENTION
    return REASON_NONE


cdef inline uint32_t refuse_amounts(
    const CommandRecord* command, bint is_trailing
) noexcept nogil:
    """Return the first reason against quantity and prices; a trailing stop may have none."""
    if not is_between(command.quantity, 1, MAX_QUANTITY):
        return INVALID_QUANTITY
    if not is_valid_price(command.price, has_price(command.order_type)):
        return INVALID_PRICE
    if is_trailing and command.stop_price == 0:
        return REASON_NONE
    if not is_valid_price(command.stop_price, command.order_type >= STOP_LOSS):
        return INVALID_STOP_PRICE
    return REASON_NONE


cdef inline bint has_parts(const CommandRecord* command, qty_t display) noexcept nogil:
    """Whether an order can show so much at a time."""
    return (
        is_between(display, 1, command.quantity - 1)
        and command.quantity <= display * MAX_PARTS
        and can_rest(command.order_type)
        and has_price(command.order_type)
    )


cdef inline uint32_t refuse_special(
    const CommandRecord* command, const Special* special
) noexcept nogil:
    """Return the first reason against what a new order has beyond its command."""
    if special.time_in_force > IN_FORCE_FOK:
        return INVALID_TIME_IN_FORCE
    if special.time_in_force and not takes_time_in_force(command.order_type):
        return INVALID_TIME_IN_FORCE
    if special.display and (special.time_in_force or not has_parts(command, special.display)):
        return INVALID_DISPLAY_QUANTITY
    if special.quote_amount < 0 or (special.quote_amount and command.order_type != MARKET):
        return INVALID_QUANTITY
    if not is_valid_offset(command.order_type, special.trailing_unit, special.trailing_offset):
        return INVALID_TRAILING_OFFSET
    return REASON_NONE


cdef inline bint is_valid_offset(
    uint8_t order_type, uint32_t unit, int64_t offset
) noexcept nogil:
    """Whether an order can trail by an offset, or has none."""
    if offset == 0 and unit == TICKS:
        return True
    if order_type < STOP_LOSS or unit >= UNITS:
        return False
    return is_between(offset, 1, BASIS_POINT_UNIT - 1 if unit == BASIS_POINTS else MAX_PRICE)


cdef inline bint takes_time_in_force(uint8_t order_type) noexcept nogil:
    """Whether a type leaves open what becomes of an order that does not trade at once."""
    return (
        order_type == LIMIT or order_type == STOP_LIMIT or order_type == TAKE_PROFIT_LIMIT
    )


cdef inline bint can_rest(uint8_t order_type) noexcept nogil:
    return order_type != IOC and order_type != FOK and order_type != MARKET


cdef inline bint would_trade(
    const Core* core, uint32_t symbol, uint32_t side, price_t price
) noexcept nogil:
    return crosses(side, price, core.books[symbol].best[1 - side])


cdef inline uint32_t refuse_place(const Core* core, const CommandRecord* command) noexcept nogil:
    if find_slot(&core.index, core.pool, command.order_id):
        return DUPLICATE_ORDER_ID
    if core.open_orders >= core.max_orders and can_rest(command.order_type):
        return TOO_MANY_OPEN_ORDERS
    if command.order_type == POST_ONLY and would_trade(
        core, command.symbol, command.side, command.price
    ):
        return WOULD_TRADE
    return REASON_NONE


cdef inline uint32_t refuse_form(
    const Core* core, const CommandRecord* command, bint is_trailing
) noexcept nogil:
    cdef uint32_t reason = refuse_identity(core, command)
    if reason == REASON_NONE:
        reason = refuse_kind(command)
    return reason if reason != REASON_NONE else refuse_amounts(command, is_trailing)


cdef inline uint32_t refuse_new(const Core* core, const CommandRecord* command) noexcept nogil:
    """Return the first reason against a new order, in the order that the README lists them."""
    cdef uint32_t reason = refuse_form(core, command, False)
    return reason if reason != REASON_NONE else refuse_place(core, command)


cdef inline uint32_t refuse_new_special(
    const Core* core, const CommandRecord* command, const Special* special
) noexcept nogil:
    """Do the same for one that has more than its command says."""
    cdef uint32_t reason = refuse_form(core, command, special.trailing_offset != 0)
    if reason == REASON_NONE:
        reason = refuse_special(command, special)
    return reason if reason != REASON_NONE else refuse_place(core, command)


cdef inline uint32_t refuse_funds(
    Core* core, const Order* order, const Order* before, qty_t before_remaining
) noexcept nogil:
    """Return what the ledger has against an order; `before` is what an amend replaces, or NULL."""
    cdef const Terms* terms = &core.ledger.terms[order.symbol]
    cdef int64_t held = 0
    if terms.lot_units == 0:
        return REASON_NONE
    if is_out_of_range(core, order):
        return NOTIONAL_OUT_OF_RANGE
    if before != NULL:
        held = held_for(terms, before, before_remaining)
    if lacks_funds(core, order, held):
        return INSUFFICIENT_BALANCE
    if order.order_type == MARKET and lacks_cost(core, order):
        return INSUFFICIENT_BALANCE
    return REASON_NONE


cdef inline uint32_t refuse_replace(
    Core* core, const Order* amended, slot_t slot
) noexcept nogil:
    """Return the first reason against an amend that has an order come in again."""
    if amended.order_type == POST_ONLY and would_trade(
        core, amended.symbol, amended.side, amended.price
    ):
        return WOULD_TRADE
    if has_ledger(core):
        return refuse_funds(core, amended, &core.pool[slot], rest_of(core, slot))
    return REASON_NONE


cdef inline qty_t most_of(const Extra* extra) noexcept nogil:
    """Return the largest total that an order can have, whose parts are counted."""
    return extra.display * MAX_PARTS if extra.display else MAX_QUANTITY


cdef inline uint32_t refuse_amend(
    const Core* core, slot_t slot, const CommandRecord* command
) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    if command.quantity == 0 and command.price == 0 and command.stop_price == 0:
        return NOTHING_TO_AMEND
    if command.quantity and not is_between(command.quantity, 1, MAX_QUANTITY):
        return INVALID_QUANTITY
    if order.has_extra and command.quantity > most_of(extra_at(core, slot)):
        return INVALID_DISPLAY_QUANTITY
    if command.price and not is_valid_price(command.price, order.price != 0):
        return INVALID_PRICE
    if command.stop_price and not is_valid_price(command.stop_price, has_own_stop(core, slot)):
        return INVALID_STOP_PRICE
    return REASON_NONE


cdef inline bint has_own_stop(const Core* core, slot_t slot) noexcept nogil:
    """Whether an order waits, or will, for a stop price that does not follow the market."""
    cdef const Order* order = &core.pool[slot]
    return order.waiting and order.order_type >= STOP_LOSS and extra_at(core, slot).offset == 0
