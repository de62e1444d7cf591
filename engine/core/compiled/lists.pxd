"""Order lists: what becomes of the other orders of a list when one of them trades, fires or ends.

Orders of a list know each other by order ids, in their extras. The two legs of an OCO are partners,
of the same side and quantity, with one hold: the leg with the higher price holds, the other one is
`UNHELD`, and as long as they are partners neither has traded. A working order has the link of its
first pending order, each pending order that of its working one. Those of an OPO and OPOCO hold
what the working order has bought, which is counted there.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.core.compiled.events cimport emit, emit_canceled
from engine.core.compiled.extras cimport extra_at, rest_of
from engine.core.compiled.id_index cimport find_slot
from engine.core.compiled.ledger cimport hold, release_received
from engine.core.compiled.orders cimport release, remove
from engine.core.compiled.queue cimport enqueue, unqueue
from engine.core.compiled.state cimport (
    CANCELED,
    EXPIRED,
    INVALID_QUANTITY,
    ITS_TURN,
    LIST_ENDED,
    OCO_TRIGGER,
    WORKING_ORDER,
    UNHELD,
    Core,
    Extra,
    Order,
    price_t,
    qty_t,
    slot_t,
    unlikely,
)
from engine.core.compiled.state_hash cimport slot_mix
from engine.core.compiled.trails cimport trailing_stop


cdef inline slot_t slot_of(const Core* core, int64_t order_id) noexcept nogil:
    """Return where an open order is, 0 for none."""
    return find_slot(&core.index, core.pool, order_id) if order_id else 0


# Ends

cdef inline void end_slot(Core* core, slot_t slot, uint64_t kind, uint64_t reason) noexcept nogil:
    """End one open order: free what it holds, tell it, take it out of everything."""
    cdef const Order* order = &core.pool[slot]
    cdef qty_t left = rest_of(core, slot)
    cdef price_t stop_price = trailing_stop(core, slot)
    hold(core, order, -left)
    if unlikely(order.has_extra):
        release_received(core, order, extra_at(core, slot).received)
    emit(core, kind, reason, order, 0, order.price, left, 0, stop_price, 0)
    if order.waiting == ITS_TURN:
        unqueue(core, order)
        release(core, slot)
    else:
        remove(core, slot)


cdef inline void end_linked(
    Core* core, const Extra* links, uint64_t kind, uint64_t reason
) noexcept nogil:
    """End the other orders of the list of an order that has ended; `links` are those it had."""
    cdef slot_t linked = slot_of(core, links.link)
    cdef slot_t partner = slot_of(core, links.partner)
    if linked and core.pool[linked].waiting == WORKING_ORDER:
        partner = slot_of(core, extra_at(core, linked).partner)
    if linked or partner:
        core.is_compound = True
    if linked:
        end_slot(core, linked, kind, reason)
    if partner:
        end_slot(core, partner, kind, reason)


cdef inline void end_list(
    Core* core, slot_t slot, uint64_t kind, uint64_t reason, uint64_t others_reason
) noexcept nogil:
    """End an order that has an extra, and the others of its list if it is in one."""
    cdef Extra links = extra_at(core, slot)[0]
    end_slot(core, slot, kind, reason)
    end_linked(core, &links, kind, others_reason)


cdef inline void cancel_slot(Core* core, slot_t slot, uint64_t reason) noexcept nogil:
    """Cancel an open order, and with it all of its list."""
    cdef const Order* order = &core.pool[slot]
    if unlikely(order.has_extra):
        end_list(core, slot, CANCELED, reason, reason)
        return
    hold(core, order, -order.remaining)
    emit_canceled(core, order, order.remaining, reason)
    remove(core, slot)


# OCO

cdef inline void claim_hold(
    Core* core, Order* order, const Extra* extra, qty_t quantity
) noexcept nogil:
    """Have a leg hold what its quantity needs, and the other one nothing."""
    cdef slot_t partner
    if order.has_extra & UNHELD:
        partner = slot_of(core, extra.partner)
        hold(core, &core.pool[partner], -rest_of(core, partner))
        core.pool[partner].has_extra |= UNHELD
        order.has_extra &= ~UNHELD
        hold(core, order, quantity)


cdef inline void end_partner(
    Core* core, Order* order, Extra* extra, qty_t quantity
) noexcept nogil:
    """End the other leg, because this one, which is out of the hash, has traded or fires."""
    cdef slot_t partner = slot_of(core, extra.partner)
    claim_hold(core, order, extra, quantity)
    extra.partner = 0
    core.is_compound = True
    end_slot(core, partner, EXPIRED, OCO_TRIGGER)


# Pending orders

cdef inline qty_t bought_lots(
    const Core* core, const Order* working, const Extra* extra
) noexcept nogil:
    """Return how many whole lots a working order has brought for the pending ones."""
    cdef int64_t lot_units = core.ledger.terms[working.symbol].lot_units
    return extra.received // lot_units if lot_units else working.filled


cdef inline void part(Core* core, slot_t slot, qty_t quantity) noexcept nogil:
    """Part a pending order from its working one, and give it the quantity that it will have."""
    core.order_hash -= slot_mix(core, slot)
    extra_at(core, slot).link = 0
    core.pool[slot].remaining = quantity
    core.order_hash += slot_mix(core, slot)


cdef inline void hand_over(
    Core* core, const Order* working, const Extra* extra, slot_t slot, qty_t quantity
) noexcept nogil:
    """Let a pending order hold what was bought for it; what is less than a lot is free."""
    cdef int64_t lot_units = core.ledger.terms[working.symbol].lot_units
    if lot_units:
        release_received(core, working, extra.received - quantity * lot_units)
    core.pool[slot].has_extra &= ~UNHELD


cdef inline void fill_working(Core* core, const Order* working, const Extra* extra) noexcept nogil:
    """Queue the pending orders of a working one that is filled: they come in by themselves."""
    cdef slot_t slot = slot_of(core, extra.link)
    cdef slot_t partner = slot_of(core, extra_at(core, slot).partner)
    cdef qty_t quantity = core.pool[slot].remaining
    cdef qty_t bought = bought_lots(core, working, extra) if extra.is_keeping else quantity
    part(core, slot, bought if bought else quantity)
    if partner:
        part(core, partner, quantity)
    if bought == 0:  # nearly all of it was commission
        release_received(core, working, extra.received)
        end_list(core, slot, EXPIRED, INVALID_QUANTITY, LIST_ENDED)
        return
    if extra.is_keeping:
        hand_over(core, working, extra, slot, bought)
    enqueue(core, slot)
