"""The first reason against a command, or none: post-only, ranges, duplicate ids, room.

Nothing here changes the core.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from engine.core.compiled.id_index cimport find_slot
from engine.core.compiled.matching cimport crosses
from engine.core.compiled.state cimport (
    DUPLICATE_ORDER_ID,
    FOK,
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
    price_t,
)


cdef inline bint is_between(int64_t number, int64_t lowest, int64_t highest) noexcept nogil:
    return lowest <= number <= highest


cdef inline bint has_price(uint8_t order_type) noexcept nogil:
    return order_type != MARKET and order_type != STOP_LOSS and order_type != TAKE_PROFIT


cdef inline bint is_valid_price(int64_t price, bint is_wanted) noexcept nogil:
    """Whether a price is in range if the order's type wants one, or else 0."""
    return is_between(price, 1, MAX_PRICE) if is_wanted else price == 0


cdef inline uint32_t refuse_identity(const Core* core, const CommandRecord* command) noexcept nogil:
    if not is_between(command.symbol, 0, <int64_t>core.symbols - 1):
        return INVALID_SYMBOL
    if not is_between(command.order_id, 1, MAX_ORDER_ID):
        return INVALID_ORDER_ID
    if command.account < 0:
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
