"""The first reason against a command, or none: post-only, ranges, duplicate ids, room.

Nothing here changes the core.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from engine.core.compiled.book cimport crosses
from engine.core.compiled.id_index cimport find_slot
from engine.core.compiled.ledger cimport (
    has_ledger,
    held_for,
    is_out_of_range,
    lacks_cost,
    lacks_funds,
)
from engine.core.compiled.state cimport (
    DUPLICATE_ORDER_ID,
    FOK,
    INSUFFICIENT_BALANCE,
    INVALID_ACCOUNT,
    INVALID_ORDER_ID,
    INVALID_ORDER_TYPE,
    INVALID_PRICE,
    INVALID_QUANTITY,
    INVALID_SELF_TRADE_PREVENTION,
    INVALID_SIDE,
    INVALID_STOP_PRICE,
    INVALID_SYMBOL,
    IOC,
    MARKET,
    MAX_ORDER_ID,
    MAX_PRICE,
    MAX_QUANTITY,
    NOTHING_TO_AMEND,
    NOTIONAL_OUT_OF_RANGE,
    POST_ONLY,
    PREVENT_DECREMENT,
    REASON_NONE,
    SELL,
    STOP_LOSS,
    TAKE_PROFIT,
    TAKE_PROFIT_LIMIT,
    TOO_MANY_OPEN_ORDERS,
    WOULD_TRADE,
    CommandRecord,
    Core,
    Order,
    Terms,
    price_t,
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


cdef inline uint32_t refuse_amounts(const CommandRecord* command) noexcept nogil:
    if not is_between(command.quantity, 1, MAX_QUANTITY):
        return INVALID_QUANTITY
    if not is_valid_price(command.price, has_price(command.order_type)):
        return INVALID_PRICE
    if not is_valid_price(command.stop_price, command.order_type >= STOP_LOSS):
        return INVALID_STOP_PRICE
    return REASON_NONE


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


cdef inline uint32_t refuse_new(const Core* core, const CommandRecord* command) noexcept nogil:
    """Return the first reason against a new order, in the order that the README lists them."""
    cdef uint32_t reason = refuse_identity(core, command)
    if reason == REASON_NONE:
        reason = refuse_kind(command)
    if reason == REASON_NONE:
        reason = refuse_amounts(command)
    return reason if reason != REASON_NONE else refuse_place(core, command)


cdef inline uint32_t refuse_funds(
    Core* core, const Order* order, const Order* before
) noexcept nogil:
    """Return what the ledger has against an order; `before` is what an amend replaces, or NULL."""
    cdef const Terms* terms = &core.ledger.terms[order.symbol]
    cdef int64_t held = 0
    if terms.lot_units == 0:
        return REASON_NONE
    if is_out_of_range(core, order):
        return NOTIONAL_OUT_OF_RANGE
    if before != NULL:
        held = held_for(terms, before, before.remaining)
    if lacks_funds(core, order, held):
        return INSUFFICIENT_BALANCE
    if order.order_type == MARKET and lacks_cost(core, order):
        return INSUFFICIENT_BALANCE
    return REASON_NONE


cdef inline uint32_t refuse_replace(
    Core* core, const Order* amended, const Order* before
) noexcept nogil:
    """Return the first reason against an amend that has an order come in again."""
    if amended.order_type == POST_ONLY and would_trade(
        core, amended.symbol, amended.side, amended.price
    ):
        return WOULD_TRADE
    return refuse_funds(core, amended, before) if has_ledger(core) else REASON_NONE


cdef inline uint32_t refuse_amend(
    const Order* order, const CommandRecord* command
) noexcept nogil:
    if command.quantity == 0 and command.price == 0 and command.stop_price == 0:
        return NOTHING_TO_AMEND
    if command.quantity and not is_between(command.quantity, 1, MAX_QUANTITY):
        return INVALID_QUANTITY
    if command.price and not is_valid_price(command.price, order.price != 0):
        return INVALID_PRICE
    if command.stop_price and not is_valid_price(command.stop_price, order.waiting):
        return INVALID_STOP_PRICE
    return REASON_NONE
