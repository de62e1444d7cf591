"""The first reason against an order list, or none; it is taken as a whole or not at all.

Nothing here changes the core.
"""

from libc.stdint cimport uint8_t, uint32_t

from engine.core.compiled.id_index cimport find_slot
from engine.core.compiled.ledger cimport is_out_of_range, lacks_both, lacks_funds
from engine.core.compiled.refusals cimport refuse_form, refuse_special, would_trade
from engine.core.compiled.state cimport (
    BUY,
    DUPLICATE_ORDER_ID,
    INSUFFICIENT_BALANCE,
    INVALID_LIST,
    INVALID_QUANTITY,
    NOTIONAL_OUT_OF_RANGE,
    OCO,
    OPO,
    OTO,
    POST_ONLY,
    PRICE_RELATION,
    REASON_NONE,
    SELL,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TAKE_PROFIT_LIMIT,
    TOO_MANY_OPEN_ORDERS,
    TRAILING,
    UNHELD,
    WOULD_TRADE,
    CommandRecord,
    Core,
    Incoming,
    Leg,
    Special,
    Terms,
    price_t,
)


cdef inline bint is_pending_leg(uint32_t kind, uint32_t place) noexcept nogil:
    """Whether an order of a list waits for the one before all others."""
    return kind >= OTO and place > 0


cdef inline bint is_double(const Leg* legs, uint32_t place) noexcept nogil:
    """Whether an order of a list has the id of one before it."""
    cdef uint32_t i
    for i in range(place):
        if legs[i].command.order_id == legs[place].command.order_id:
            return True
    return False


cdef inline uint32_t refuse_leg(
    const Core* core, uint32_t kind, const Leg* legs, uint32_t count, uint32_t place
) noexcept nogil:
    """Return the first reason against one order of a list of so many."""
    cdef const CommandRecord* command = &legs[place].command
    cdef const Special* special = &legs[place].special
    cdef uint32_t reason = refuse_form(core, command, special.trailing_offset != 0)
    if reason == REASON_NONE:
        reason = refuse_special(command, special)
    if reason != REASON_NONE:
        return reason
    if special.quote_amount:
        return INVALID_QUANTITY
    if is_double(legs, place) or find_slot(&core.index, core.pool, command.order_id):
        return DUPLICATE_ORDER_ID
    if core.open_orders + count > core.max_orders:
        return TOO_MANY_OPEN_ORDERS
    if command.order_type == POST_ONLY and not is_pending_leg(kind, place) and would_trade(
        core, command.symbol, command.side, command.price
    ):
        return WOULD_TRADE
    return REASON_NONE


cdef inline bint takes_profit(uint8_t order_type) noexcept nogil:
    return (
        order_type == POST_ONLY or order_type == TAKE_PROFIT or order_type == TAKE_PROFIT_LIMIT
    )


cdef inline bint takes_loss(uint8_t order_type) noexcept nogil:
    return order_type == STOP_LOSS or order_type == STOP_LIMIT


cdef inline bint is_pair(const CommandRecord* first, const CommandRecord* second) noexcept nogil:
    """Whether two orders can be the legs of an OCO, one with profit and one with loss."""
    return (
        first.side == second.side
        and first.quantity == second.quantity
        and (
            (takes_profit(first.order_type) and takes_loss(second.order_type))
            or (takes_loss(first.order_type) and takes_profit(second.order_type))
        )
    )


cdef inline bint can_work(uint32_t kind, const CommandRecord* command) noexcept nogil:
    """Whether others can wait for an order of this type."""
    return command.order_type <= POST_ONLY and (kind < OPO or command.side == BUY)


cdef inline bint is_related(uint32_t side, price_t profit, price_t stop_price) noexcept nogil:
    """Whether the price of a leg that takes profit, if any, is on the right side of a loss's."""
    if profit == 0 or stop_price == 0:
        return True
    return profit > stop_price if side == SELL else profit < stop_price


cdef inline price_t awaited_price(const Incoming* leg) noexcept nogil:
    """Return the price that a leg waits for; 0 if it follows the market, or will at once."""
    if leg.order.order_type == POST_ONLY:
        return leg.order.price
    return leg.extra.stop_price if leg.order.waiting != TRAILING else 0


cdef inline bint are_related(const Incoming* first, const Incoming* second) noexcept nogil:
    """Whether the prices of two legs are on the right sides of each other."""
    cdef const Incoming* profit = second if takes_loss(first.order.order_type) else first
    cdef const Incoming* loss = first if takes_loss(first.order.order_type) else second
    return is_related(first.order.side, awaited_price(profit), awaited_price(loss))


cdef inline bint is_around(
    const Incoming* first, const Incoming* second, price_t last_price
) noexcept nogil:
    """Whether the last trade, if there was one, is between the prices of two legs."""
    cdef const Incoming* profit = second if takes_loss(first.order.order_type) else first
    cdef const Incoming* loss = first if takes_loss(first.order.order_type) else second
    return last_price == 0 or (
        is_related(profit.order.side, awaited_price(profit), last_price)
        and is_related(loss.order.side, last_price, awaited_price(loss))
    )


cdef inline uint32_t refuse_shape(
    const Core* core, uint32_t kind, const Leg* legs, const Incoming* orders, uint32_t count,
    uint32_t* place
) noexcept nogil:
    """Return the first reason against a list of orders of good form, and which one it is about."""
    cdef uint32_t i
    cdef const Incoming* first = &orders[count - 2]
    cdef const Incoming* second = &orders[count - 1]
    if kind >= OTO and not can_work(kind, &legs[0].command):
        return INVALID_LIST
    for i in range(1, count):
        place[0] = i
        if kind >= OPO and legs[i].command.side != SELL:
            return INVALID_LIST
    if kind == OTO or kind == OPO:
        return REASON_NONE
    if not is_pair(&legs[count - 2].command, &legs[count - 1].command):
        return INVALID_LIST
    if not are_related(first, second):
        return PRICE_RELATION
    if kind == OCO and not is_around(
        first, second, core.books[first.order.symbol].last_trade_price
    ):
        return PRICE_RELATION
    return REASON_NONE


cdef inline uint32_t refuse_list_funds(
    Core* core, uint32_t kind, const Incoming* orders, uint32_t count, uint32_t* place
) noexcept nogil:
    """Return what the ledger has against a list: of an OCO one leg alone holds."""
    cdef uint32_t i
    cdef const Terms* terms = &core.ledger.terms[orders[0].order.symbol]
    if terms.lot_units == 0:
        return REASON_NONE
    for i in range(count):
        place[0] = i
        if is_out_of_range(core, &orders[i].order):
            return NOTIONAL_OUT_OF_RANGE
    for i in range(count):
        place[0] = i
        if orders[i].order.has_extra & UNHELD:
            continue
        if is_pending_leg(kind, i):
            if lacks_both(core, &orders[0].order, &orders[i].order):
                return INSUFFICIENT_BALANCE
        elif lacks_funds(core, &orders[i].order, 0):
            return INSUFFICIENT_BALANCE
    return REASON_NONE
