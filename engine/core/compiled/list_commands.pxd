"""The command that enters an order list."""

from libc.stdint cimport uint32_t

from engine.core.compiled.events cimport emit
from engine.core.compiled.extras cimport begin_extra
from engine.core.compiled.ledger cimport has_ledger, hold
from engine.core.compiled.list_refusals cimport (
    is_pending_leg,
    refuse_leg,
    refuse_list_funds,
    refuse_shape,
)
from engine.core.compiled.matching cimport (
    execute,
    execute_working,
    first_stop_price,
    start,
)
from engine.core.compiled.orders cimport fill_order, pend
from engine.core.compiled.state cimport (
    ACCEPTED,
    HAS_EXTRA,
    MAX_LEGS,
    OPO,
    OTO,
    OTOCO,
    WORKING_ORDER,
    REASON_NONE,
    STOP_LOSS,
    UNHELD,
    Core,
    Incoming,
    Leg,
    Order,
    price_t,
)


# New lists

cdef inline uint32_t count_legs(uint32_t kind) noexcept nogil:
    return MAX_LEGS if kind == OTOCO or kind > OPO else 2


cdef inline bint has_pair(uint32_t kind) noexcept nogil:
    """Whether the last two orders of a list are the legs of an OCO."""
    return kind != OTO and kind != OPO


cdef inline void choose_holder(Incoming* first, Incoming* second) noexcept nogil:
    """Have the leg with the higher price hold for both, the first of equal ones."""
    cdef Incoming* other = first if second.order.price > first.order.price else second
    other.order.has_extra |= UNHELD


cdef inline void read_legs(const Leg* legs, uint32_t kind, Incoming* orders) noexcept nogil:
    """Make the orders of a list, with their links to each other."""
    cdef uint32_t count = count_legs(kind), i
    cdef Incoming* order
    for i in range(count):
        order = &orders[i]
        fill_order(&order.order, &legs[i].command)
        order.order.has_extra = HAS_EXTRA
        begin_extra(&order.extra, legs[i].command.stop_price, legs[i].special.display)
        order.extra.offset = legs[i].special.trailing_offset
        order.extra.unit = legs[i].special.trailing_unit
        if legs[i].special.time_in_force:
            order.order.time_in_force = legs[i].special.time_in_force
        if is_pending_leg(kind, i):
            order.extra.link = orders[0].order.order_id
        if kind >= OPO and i:
            order.order.has_extra |= UNHELD
    if kind >= OTO:
        orders[0].extra.link = orders[1].order.order_id
        orders[0].extra.is_keeping = kind >= OPO
    if has_pair(kind):
        orders[count - 2].extra.partner = orders[count - 1].order.order_id
        orders[count - 1].extra.partner = orders[count - 2].order.order_id
        if kind < OPO:
            choose_holder(&orders[count - 2], &orders[count - 1])


cdef inline uint32_t refuse_list(
    Core* core, const Leg* legs, uint32_t kind, Incoming* orders, uint32_t* place
) noexcept nogil:
    """Make the orders of a list; return the first reason against it, and which one it is about."""
    cdef uint32_t count = count_legs(kind), reason, i
    for i in range(count):
        place[0] = i
        reason = refuse_leg(core, kind, legs, count, i)
        if reason != REASON_NONE:
            return reason
    read_legs(legs, kind, orders)
    place[0] = 0
    reason = refuse_shape(core, kind, legs, orders, count, place)
    if reason == REASON_NONE and has_ledger(core):
        reason = refuse_list_funds(core, kind, orders, count, place)
    return reason


cdef inline void accept_leg(Core* core, Incoming* incoming, bint is_pending) noexcept nogil:
    cdef const Order* order = &incoming.order
    cdef price_t stop_price = 0
    if not (is_pending and incoming.extra.offset):  # which has yet to begin
        stop_price = first_stop_price(core, incoming)
    hold(core, order, order.remaining)
    emit(
        core, ACCEPTED, REASON_NONE, order, 0, order.price, order.remaining, order.remaining,
        stop_price, is_pending,
    )
    if is_pending:
        pend(core, incoming)


cdef inline void take_place(Core* core, Incoming* incoming) noexcept nogil:
    """Let an order that does not trade take its place, or fire if its stop price is reached."""
    if incoming.order.waiting == WORKING_ORDER:
        pend(core, incoming)
    elif incoming.order.order_type >= STOP_LOSS:
        start(core, incoming)
    else:
        execute(core, incoming)


cdef inline uint32_t new_list(
    Core* core, Leg* legs, uint32_t kind, uint32_t* place
) noexcept nogil:
    """Take an order list, or return the reason against it, and which of its orders has it."""
    cdef Incoming orders[MAX_LEGS]
    cdef uint32_t count = count_legs(kind), i, reason
    if kind >= OPO:
        for i in range(1, count):
            legs[i].command.quantity = legs[0].command.quantity
    reason = refuse_list(core, legs, kind, orders, place)
    if reason != REASON_NONE:
        return reason
    for i in range(count):
        accept_leg(core, &orders[i], is_pending_leg(kind, i))
    if kind >= OTO:
        execute_working(core, &orders[0])
    else:
        take_place(core, &orders[0])
        take_place(core, &orders[1])
    return REASON_NONE
