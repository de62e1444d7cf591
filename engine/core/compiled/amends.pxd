"""Amends: an open order gets other terms, in its place or by coming in again."""

from libc.stdint cimport int64_t, uint32_t

from engine.core.compiled.book cimport level_at
from engine.core.compiled.events cimport emit, refuse_command, refuse_order, touch
from engine.core.compiled.extras cimport (
    extra_at,
    hidden_of,
    load_order,
    rest_of,
)
from engine.core.compiled.ledger cimport (
    has_ledger,
    held_for,
    hold,
    is_out_of_range,
    lacks_funds,
)
from engine.core.compiled.list_commands cimport choose_holder, take_place
from engine.core.compiled.list_refusals cimport are_related
from engine.core.compiled.lists cimport cancel_slot, slot_of
from engine.core.compiled.matching cimport execute, execute_working, start
from engine.core.compiled.orders cimport remove, visible_slot
from engine.core.compiled.refusals cimport most_of, refuse_amend, refuse_replace, would_trade
from engine.core.compiled.state cimport (
    AMENDED,
    AMENDED_BELOW_FILLED,
    HAS_EXTRA,
    INSUFFICIENT_BALANCE,
    INVALID_DISPLAY_QUANTITY,
    INVALID_QUANTITY,
    NOTIONAL_OUT_OF_RANGE,
    WORKING_ORDER,
    POST_ONLY,
    PRICE_RELATION,
    REASON_NONE,
    TRAILING,
    UNHELD,
    UNKNOWN_ORDER,
    WOULD_TRADE,
    CommandRecord,
    Core,
    Extra,
    Incoming,
    Level,
    Order,
    Terms,
    price_t,
    qty_t,
    slot_t,
)
from engine.core.compiled.state_hash cimport slot_mix
from engine.core.compiled.trails cimport stop_price_now


cdef inline void shrink(Core* core, slot_t slot, qty_t remaining) noexcept nogil:
    """Lower an order's quantity in its place: what is hidden first."""
    cdef Order* order = &core.pool[slot]
    cdef qty_t hidden = hidden_of(core, slot)
    cdef qty_t removed = order.remaining + hidden - remaining
    cdef Level* level
    core.order_hash -= slot_mix(core, slot)
    hold(core, order, -removed)
    if hidden:
        extra_at(core, slot).hidden -= min(removed, hidden)
        removed -= min(removed, hidden)
    if not order.waiting:
        level = level_at(core.books[order.symbol], order.side, order.price)
        touch(
            core, order.symbol, order.side, order.price, level.quantity,
            level.quantity - removed,
        )
        level.quantity -= removed
    order.remaining -= removed
    core.order_hash += slot_mix(core, slot)


cdef inline void emit_amended(
    Core* core, const Incoming* amended, bint has_priority
) noexcept nogil:
    cdef const Order* order = &amended.order
    cdef price_t stop_price = 0
    if order.has_extra:
        stop_price = stop_price_now(core, order, &amended.extra)
    emit(
        core, AMENDED, REASON_NONE, order, 0, order.price, order.remaining + order.filled,
        order.remaining, stop_price, has_priority,
    )


cdef inline void replace(Core* core, slot_t slot, Incoming* amended) noexcept nogil:
    """Take the amended order from its place and let it come in again."""
    hold(core, &core.pool[slot], -rest_of(core, slot))
    hold(core, &amended.order, amended.order.remaining)
    remove(core, slot)
    core.is_compound = True
    emit_amended(core, amended, False)
    if amended.order.waiting:
        start(core, amended)
    elif amended.order.has_extra and amended.extra.link:
        execute_working(core, amended)
    else:
        execute(core, amended)


cdef inline void set_terms(Core* core, slot_t slot, const Incoming* amended) noexcept nogil:
    """Give an order that trails other terms where it is: it loses nothing that it has followed."""
    cdef Order* order = &core.pool[slot]
    core.order_hash -= slot_mix(core, slot)
    order.remaining = amended.order.remaining
    order.price = amended.order.price
    order.has_extra = amended.order.has_extra
    core.order_hash += slot_mix(core, slot)
    emit_amended(core, amended, True)


cdef inline void change(Core* core, slot_t slot, const Incoming* amended) noexcept nogil:
    """Amend an order that trails."""
    hold(core, &core.pool[slot], -core.pool[slot].remaining)
    hold(core, &amended.order, amended.order.remaining)
    set_terms(core, slot, amended)


cdef inline void read_amend(
    const Core* core, slot_t slot, const CommandRecord* command, Incoming* amended
) noexcept nogil:
    """Make the order as it would be after the amend."""
    cdef const Order* order = &core.pool[slot]
    load_order(core, slot, amended)
    if command.quantity:
        amended.order.remaining = command.quantity - order.filled
    if command.price:
        amended.order.price = command.price
    if command.stop_price:
        amended.extra.stop_price = command.stop_price


cdef inline bint has_kept_priority(
    const Core* core, slot_t slot, const Incoming* amended
) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    if amended.order.price != order.price or amended.order.remaining > rest_of(core, slot):
        return False
    return not order.waiting or amended.extra.stop_price == extra_at(core, slot).stop_price


# Orders that depend on another one

cdef inline bint is_dependent(const Core* core, slot_t slot) noexcept nogil:
    """Whether an order is a leg of an OCO, or waits for its working order."""
    if not core.pool[slot].has_extra:
        return False
    return core.pool[slot].waiting == WORKING_ORDER or extra_at(core, slot).partner


cdef inline bint is_bought(const Core* core, slot_t slot) noexcept nogil:
    """Whether an order waits for what its working order buys for it."""
    cdef const Extra* extra = extra_at(core, slot)
    if core.pool[slot].waiting != WORKING_ORDER:
        return False
    return extra_at(core, slot_of(core, extra.link)).is_keeping


cdef inline void load_partner(
    Core* core, slot_t partner, const Incoming* amended, Incoming* other
) noexcept nogil:
    """Make the other leg as it would be after the amend; an order that has none stands for it."""
    other[0] = amended[0]
    if partner:
        load_order(core, partner, other)
        other.order.remaining = amended.order.remaining


cdef inline uint32_t refuse_dependent(
    Core* core, slot_t slot, const Incoming* amended, const Incoming* other
) noexcept nogil:
    """Return the first reason against the amend of an order and of the other leg with it."""
    cdef const Order* order = &amended.order
    cdef const Order* before = &core.pool[slot]
    if order.remaining != before.remaining + hidden_of(core, slot) and is_bought(core, slot):
        return INVALID_QUANTITY
    if order.remaining > most_of(&other.extra):
        return INVALID_DISPLAY_QUANTITY
    if amended.extra.partner and not are_related(amended, other):
        return PRICE_RELATION
    if order.order_type == POST_ONLY and not order.waiting and would_trade(
        core, order.symbol, order.side, order.price
    ):
        return WOULD_TRADE
    return refuse_dependent_funds(core, slot, amended, other) if has_ledger(core) else REASON_NONE


cdef inline uint32_t refuse_dependent_funds(
    Core* core, slot_t slot, const Incoming* amended, const Incoming* other
) noexcept nogil:
    cdef const Terms* terms = &core.ledger.terms[amended.order.symbol]
    cdef const Order* dearer = &amended.order
    cdef int64_t held
    if terms.lot_units == 0:
        return REASON_NONE
    if is_out_of_range(core, &amended.order) or is_out_of_range(core, &other.order):
        return NOTIONAL_OUT_OF_RANGE
    if is_bought(core, slot):
        return REASON_NONE
    held = held_by(core, terms, slot) + held_by(core, terms, slot_of(core, amended.extra.partner))
    if other.order.price > amended.order.price:
        dearer = &other.order
    return INSUFFICIENT_BALANCE if lacks_funds(core, dearer, held) else REASON_NONE


cdef inline int64_t held_by(const Core* core, const Terms* terms, slot_t slot) noexcept nogil:
    """Return what an open order holds; nothing for slot 0."""
    if slot == 0 or core.pool[slot].has_extra & UNHELD:
        return 0
    return held_for(terms, &core.pool[slot], rest_of(core, slot))


cdef inline void shrink_both(
    Core* core, slot_t slot, slot_t partner, const Incoming* amended, const Incoming* other
) noexcept nogil:
    """Lower the quantity of an order in its place, and of the other leg in its own."""
    cdef qty_t remaining = amended.order.remaining
    cdef bint is_lower = remaining < rest_of(core, slot)
    shrink(core, slot, remaining)
    emit_amended(core, amended, True)
    if partner and is_lower:
        shrink(core, partner, remaining)
        emit_amended(core, other, True)


cdef inline void move_hold(
    Core* core, slot_t slot, slot_t partner, Incoming* amended, Incoming* other
) noexcept nogil:
    """Free what an order and the other leg hold, and hold what they will need."""
    cdef bint is_holder = not amended.order.has_extra & UNHELD
    hold(core, &core.pool[slot], -rest_of(core, slot))
    if partner and not is_bought(core, slot):
        hold(core, &core.pool[partner], -rest_of(core, partner))
        amended.order.has_extra = other.order.has_extra = HAS_EXTRA
        if is_holder:
            choose_holder(amended, other)
        else:
            choose_holder(other, amended)
        hold(core, &other.order, other.order.remaining)
    hold(core, &amended.order, amended.order.remaining)


cdef inline void step_out(Core* core, slot_t slot, const Incoming* amended) noexcept nogil:
    """Take an amended order from its place, but leave one that trails where it is."""
    if amended.order.waiting == TRAILING:
        set_terms(core, slot, amended)
        return
    remove(core, slot)
    core.is_compound = True
    emit_amended(core, amended, False)


cdef inline void step_in(Core* core, Incoming* amended) noexcept nogil:
    """Let an amended order come in again, unless it has stayed."""
    if amended.order.waiting != TRAILING:
        take_place(core, amended)


cdef inline void replace_both(
    Core* core, slot_t slot, slot_t partner, Incoming* amended, Incoming* other
) noexcept nogil:
    """Let an amended order come in again, and the other leg if it has another quantity now."""
    cdef bint has_grown = amended.order.remaining != rest_of(core, slot)
    move_hold(core, slot, partner, amended, other)
    step_out(core, slot, amended)
    if partner and has_grown:
        step_out(core, partner, other)
        step_in(core, other)
    elif partner:
        core.pool[partner].has_extra = other.order.has_extra
    step_in(core, amended)


cdef inline void amend_dependent(Core* core, slot_t slot, Incoming* amended) noexcept nogil:
    """Amend an order that depends on another one; the legs of an OCO keep one quantity."""
    cdef slot_t partner = slot_of(core, amended.extra.partner)
    cdef Incoming other
    cdef uint32_t reason
    load_partner(core, partner, amended, &other)
    reason = refuse_dependent(core, slot, amended, &other)
    if reason != REASON_NONE:
        refuse_order(core, &core.pool[slot], reason)
    elif has_kept_priority(core, slot, amended):
        shrink_both(core, slot, partner, amended, &other)
    else:
        replace_both(core, slot, partner, amended, &other)


# The command

cdef inline void apply_amend(Core* core, slot_t slot, Incoming* amended) noexcept nogil:
    cdef const Order* order = &amended.order
    cdef uint32_t reason
    if order.remaining <= 0:
        cancel_slot(core, slot, AMENDED_BELOW_FILLED)
    elif is_dependent(core, slot):
        amend_dependent(core, slot, amended)
    elif has_kept_priority(core, slot, amended):
        shrink(core, slot, order.remaining)
        emit_amended(core, amended, True)
    else:
        reason = refuse_replace(core, order, slot)
        if reason != REASON_NONE:
            refuse_order(core, order, reason)
        elif order.waiting == TRAILING:
            change(core, slot, amended)
        else:
            replace(core, slot, amended)


cdef inline void amend_order(Core* core, const CommandRecord* command) noexcept nogil:
    cdef slot_t slot = visible_slot(core, command)
    cdef const Order* order = &core.pool[slot]
    cdef Incoming amended
    cdef uint32_t reason
    if slot == 0:
        refuse_command(core, UNKNOWN_ORDER, command.order_id)
        return
    reason = refuse_amend(core, slot, command)
    if reason != REASON_NONE:
        refuse_order(core, order, reason)
        return
    read_amend(core, slot, command, &amended)
    apply_amend(core, slot, &amended)
