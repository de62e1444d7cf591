"""The commands: refused before anything changes (`refusals`), or carried out."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from engine.core.compiled.amends cimport amend_order
from engine.core.compiled.events cimport emit, emit_refusal, refuse_command, report_levels
from engine.core.compiled.extras cimport begin_extra
from engine.core.compiled.ledger cimport has_ledger, hold, lacks_amount
from engine.core.compiled.list_commands cimport new_list
from engine.core.compiled.lists cimport cancel_slot, end_list, end_slot
from engine.core.compiled.matching cimport execute, first_stop_price, run_fired, start
from engine.core.compiled.orders cimport bucket_of, fill_order, visible_slot
from engine.core.compiled.quote cimport quantity_for
from engine.core.compiled.queue cimport enqueue, sort_queue
from engine.core.compiled.refusals cimport is_between, refuse_funds, refuse_new, refuse_new_special
from engine.core.compiled.state cimport (
    ACCEPTED,
    CANCEL_ALL,
    CANCEL_REQUESTED,
    COMMAND_AMEND,
    COMMAND_CANCEL,
    COMMAND_CANCEL_ALL,
    COMMAND_EXPIRE,
    COMMAND_NEW,
    EXPIRED,
    INSUFFICIENT_BALANCE,
    INSUFFICIENT_LIQUIDITY,
    INVALID_COMMAND,
    INVALID_SYMBOL,
    LIST_ENDED,
    QUANTITY_OUT_OF_RANGE,
    REASON_NONE,
    REJECTED,
    SELL,
    STOP_LOSS,
    TIME_REACHED,
    TRAILING,
    UNKNOWN_ORDER,
    CommandRecord,
    Core,
    Incoming,
    Leg,
    Order,
    Special,
    likely,
    price_t,
    qty_t,
    slot_t,
    unlikely,
)


# New orders

cdef inline void reject_new(
    Core* core, const CommandRecord* command, uint32_t reason
) noexcept nogil:
    cdef uint32_t symbol = command.symbol if reason != INVALID_SYMBOL else <uint32_t>-1
    cdef uint8_t side = command.side if command.side <= SELL else 0
    emit_refusal(core, REJECTED, reason, symbol, side, command.order_id)


cdef inline uint32_t find_quantity(Core* core, Order* order, const Special* special) noexcept nogil:
    """Find the quantity of an order that names an amount; return the reason against it, if any."""
    cdef qty_t least = order.remaining
    if special.quote_amount:
        order.remaining = quantity_for(core, order, special.quote_amount)
        if special.most and order.remaining > special.most:
            return QUANTITY_OUT_OF_RANGE
    return REASON_NONE if order.remaining >= least else INSUFFICIENT_LIQUIDITY


cdef inline uint32_t refuse_means(
    Core* core, const Order* order, const Special* special
) noexcept nogil:
    """Return what the ledger has against an order that may name an amount."""
    if special.quote_amount and lacks_amount(core, order, special.quote_amount):
        return INSUFFICIENT_BALANCE
    return refuse_funds(core, order, NULL, 0)


cdef inline void enter(Core* core, Incoming* incoming, price_t stop_price) noexcept nogil:
    """Accept an order."""
    cdef const Order* order = &incoming.order
    hold(core, order, order.remaining)
    emit(
        core, ACCEPTED, REASON_NONE, order, 0, order.price, order.remaining, order.remaining,
        stop_price, 0,
    )
    if unlikely(order.order_type >= STOP_LOSS):
        start(core, incoming)
    else:
        execute(core, incoming)


cdef inline void new_order(Core* core, const CommandRecord* command) noexcept nogil:
    cdef uint32_t reason = refuse_new(core, command)
    cdef Incoming incoming
    if likely(reason == REASON_NONE):
        fill_order(&incoming.order, command)
        if has_ledger(core):
            reason = refuse_funds(core, &incoming.order, NULL, 0)
    if unlikely(reason != REASON_NONE):
        reject_new(core, command, reason)
        return
    if unlikely(command.order_type >= STOP_LOSS):
        incoming.order.has_extra = True
        begin_extra(&incoming.extra, command.stop_price, 0)
    enter(core, &incoming, command.stop_price)


cdef inline void new_special(
    Core* core, const CommandRecord* command, const Special* special
) noexcept nogil:
    """Take an order that has more than its command says: apart, to spare all others the look."""
    cdef uint32_t reason = refuse_new_special(core, command, special)
    cdef Incoming incoming
    if reason == REASON_NONE:
        fill_order(&incoming.order, command)
        reason = find_quantity(core, &incoming.order, special)
    if reason == REASON_NONE and has_ledger(core):
        reason = refuse_means(core, &incoming.order, special)
    if reason != REASON_NONE:
        reject_new(core, command, reason)
        return
    if special.time_in_force:
        incoming.order.time_in_force = special.time_in_force
    incoming.order.has_extra = (
        command.stop_price != 0 or special.display != 0 or special.trailing_offset != 0
    )
    begin_extra(&incoming.extra, command.stop_price, special.display)
    incoming.extra.offset = special.trailing_offset
    incoming.extra.unit = special.trailing_unit
    enter(core, &incoming, first_stop_price(core, &incoming))


# Cancels

cdef inline void expire_order(Core* core, const CommandRecord* command) noexcept nogil:
    """End an order whose time has come."""
    cdef slot_t slot = visible_slot(core, command)
    if slot == 0:
        refuse_command(core, UNKNOWN_ORDER, command.order_id)
    elif core.pool[slot].has_extra:
        end_list(core, slot, EXPIRED, TIME_REACHED, LIST_ENDED)
    else:
        end_slot(core, slot, EXPIRED, TIME_REACHED)


cdef inline void cancel_order(Core* core, const CommandRecord* command) noexcept nogil:
    cdef slot_t slot = visible_slot(core, command)
    if slot:
        cancel_slot(core, slot, CANCEL_REQUESTED)
    else:
        refuse_command(core, UNKNOWN_ORDER, command.order_id)


cdef inline void queue_orders(Core* core, int64_t account, int64_t symbol) noexcept nogil:
    """Queue an account's open orders; -1 stands for every symbol."""
    cdef uint32_t missing = core.account_orders[bucket_of(account)]
    cdef slot_t slot = 1
    cdef const Order* order
    while missing and slot < core.next_slot:
        order = &core.pool[slot]
        if order.order_id and bucket_of(order.account) == bucket_of(account):
            missing -= 1
            if order.account == account and (symbol < 0 or order.symbol == symbol):
                enqueue(core, slot)
        slot += 1


cdef inline void cancel_all_orders(Core* core, const CommandRecord* command) noexcept nogil:
    cdef uint32_t i
    if not is_between(command.symbol, -1, <int64_t>core.symbols - 1):
        refuse_command(core, INVALID_SYMBOL, 0)
        return
    queue_orders(core, command.account, command.symbol)
    sort_queue(core, 0)
    core.is_compound = True
    for i in range(core.queue_count):
        if core.pool[core.queue[i].slot].order_id:  # else its list has ended before
            cancel_slot(core, core.queue[i].slot, CANCEL_ALL)
    core.queue_count = 0


cdef inline void finish_command(Core* core) noexcept nogil:
    if unlikely(core.queue_count):
        run_fired(core)
    report_levels(core)


cdef inline bint is_special(const Special* special) noexcept nogil:
    """Whether a new order has anything beyond its command."""
    return (
        special.time_in_force or special.display or special.quote_amount
        or special.trailing_offset or special.trailing_unit
    )


cdef inline void run_special(
    Core* core, const CommandRecord* command, const Special* special
) noexcept nogil:
    """Enter an order that has more than its command says; do the same as `run_command`."""
    new_special(core, command, special)
    finish_command(core)


cdef inline void run_list(Core* core, Leg* legs, uint32_t kind) noexcept nogil:
    """Enter an order list; do the same as `run_command`."""
    cdef uint32_t place = 0
    cdef uint32_t reason = new_list(core, legs, kind, &place)
    if reason != REASON_NONE:
        reject_new(core, &legs[place].command, reason)
    finish_command(core)


cdef inline void run_rare(Core* core, const CommandRecord* command) noexcept nogil:
    if command.kind == COMMAND_AMEND:
        amend_order(core, command)
    elif command.kind == COMMAND_CANCEL_ALL:
        cancel_all_orders(core, command)
    elif command.kind == COMMAND_EXPIRE:
        expire_order(core, command)
    else:
        refuse_command(core, INVALID_COMMAND, command.order_id)


cdef inline void run_command(Core* core, const CommandRecord* command) noexcept nogil:
    """Run one command and all that follows from it; its events join those in the buffer."""
    if command.kind == COMMAND_NEW:
        new_order(core, command)
    elif command.kind == COMMAND_CANCEL:
        cancel_order(core, command)
    else:
        run_rare(core, command)
    finish_command(core)
