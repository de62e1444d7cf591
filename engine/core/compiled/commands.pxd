"""The four commands: refused before anything changes (`refusals`), or carried out."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from engine.core.compiled.events cimport (
    emit,
    emit_canceled,
    emit_refusal,
    refuse_command,
    report_levels,
    touch,
)
from engine.core.compiled.book cimport level_at
from engine.core.compiled.id_index cimport find_slot
from engine.core.compiled.ledger cimport has_ledger, hold
from engine.core.compiled.matching cimport execute, has_reached, run_fired, trigger
from engine.core.compiled.orders cimport bucket_of, fires_on_rise, remove, wait
from engine.core.compiled.queue cimport enqueue, sort_queue
from engine.core.compiled.refusals cimport (
    is_between,
    refuse_amend,
    refuse_funds,
    refuse_new,
    refuse_replace,
)
from engine.core.compiled.state cimport (
    ACCEPTED,
    AMENDED,
    AMENDED_BELOW_FILLED,
    CANCEL_ALL,
    CANCEL_REQUESTED,
    COMMAND_AMEND,
    COMMAND_CANCEL,
    COMMAND_CANCEL_ALL,
    COMMAND_NEW,
    COMMAND_REJECTED,
    INVALID_COMMAND,
    INVALID_SYMBOL,
    REASON_NONE,
    REJECTED,
    SELL,
    STOP_LOSS,
    UNKNOWN_ORDER,
    CommandRecord,
    Core,
    Incoming,
    Level,
    Order,
    likely,
    qty_t,
    slot_t,
    unlikely,
)
from engine.core.compiled.state_hash cimport slot_mix


# New orders

cdef inline void reject_new(
    Core* core, const CommandRecord* command, uint32_t reason
) noexcept nogil:
    cdef uint32_t symbol = command.symbol if reason != INVALID_SYMBOL else <uint32_t>-1
    cdef uint8_t side = command.side if command.side <= SELL else 0
    emit_refusal(core, REJECTED, reason, symbol, side, command.order_id)


cdef inline void start(Core* core, Incoming* incoming) noexcept nogil:
    """Let an order with a stop price wait for it, unless it is already reached."""
    cdef Order* order = &incoming.order
    if has_reached(core.books[order.symbol], fires_on_rise(order), incoming.stop_price):
        trigger(core, incoming)
    else:
        wait(core, incoming)


cdef inline void fill_order(Order* order, const CommandRecord* command) noexcept nogil:
    order.order_id = command.order_id
    order.account = command.account
    order.price = command.price
    order.remaining = command.quantity
    order.filled = 0
    order.arrival = 0
    order.next = 0
    order.prev = 0
    order.symbol = command.symbol
    order.side = command.side
    order.order_type = command.order_type
    order.prevention = command.prevention
    order.waiting = False


cdef inline void new_order(Core* core, const CommandRecord* command) noexcept nogil:
    cdef uint32_t reason = refuse_new(core, command)
    cdef Incoming incoming
    if likely(reason == REASON_NONE):
        fill_order(&incoming.order, command)
        if has_ledger(core):
            reason = refuse_funds(core, &incoming.order, NULL)
    if unlikely(reason != REASON_NONE):
        reject_new(core, command, reason)
        return
    incoming.stop_price = command.stop_price
    hold(core, &incoming.order, command.quantity)
    emit(
        core, ACCEPTED, REASON_NONE, &incoming.order, 0, command.price, command.quantity,
        command.quantity, command.stop_price, 0,
    )
    if unlikely(command.order_type >= STOP_LOSS):
        start(core, &incoming)
    else:
        execute(core, &incoming)


# Cancels

cdef inline slot_t visible_slot(const Core* core, const CommandRecord* command) noexcept nogil:
    """Return the order's slot, or 0 if the account has no such order."""
    cdef slot_t slot = find_slot(&core.index, core.pool, command.order_id)
    return slot if slot and core.pool[slot].account == command.account else 0


cdef inline void cancel_slot(Core* core, slot_t slot, uint32_t reason) noexcept nogil:
    hold(core, &core.pool[slot], -core.pool[slot].remaining)
    emit_canceled(core, &core.pool[slot], reason)
    remove(core, slot)


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
        cancel_slot(core, core.queue[i].slot, CANCEL_ALL)
    core.queue_count = 0


# Amends

cdef inline void shrink(Core* core, slot_t slot, qty_t remaining) noexcept nogil:
    """Lower an order's quantity in its place."""
    cdef Order* order = &core.pool[slot]
    cdef Level* level
    core.order_hash -= slot_mix(core, slot)
    hold(core, order, remaining - order.remaining)
    if not order.waiting:
        level = level_at(core.books[order.symbol], order.side, order.price)
        touch(
            core, order.symbol, order.side, order.price, level.quantity,
            level.quantity - (order.remaining - remaining),
        )
        level.quantity -= order.remaining - remaining
    order.remaining = remaining
    core.order_hash += slot_mix(core, slot)


cdef inline void emit_amended(
    Core* core, const Incoming* amended, bint has_priority
) noexcept nogil:
    cdef const Order* order = &amended.order
    emit(
        core, AMENDED, REASON_NONE, order, 0, order.price, order.remaining + order.filled,
        order.remaining, amended.stop_price, has_priority,
    )


cdef inline void replace(Core* core, slot_t slot, Incoming* amended) noexcept nogil:
    """Take the amended order from its place and let it come in again."""
    hold(core, &core.pool[slot], -core.pool[slot].remaining)
    hold(core, &amended.order, amended.order.remaining)
    remove(core, slot)
    core.is_compound = True
    emit_amended(core, amended, False)
    if amended.order.waiting:
        start(core, amended)
    else:
        execute(core, amended)


cdef inline void refuse_order(Core* core, const Order* order, uint32_t reason) noexcept nogil:
    emit_refusal(core, COMMAND_REJECTED, reason, order.symbol, order.side, order.order_id)


cdef inline void read_amend(
    const Core* core, slot_t slot, const CommandRecord* command, Incoming* amended
) noexcept nogil:
    """Make the order as it would be after the amend."""
    cdef const Order* order = &core.pool[slot]
    amended.order = order[0]
    amended.stop_price = core.stop_prices[slot] if order.order_type >= STOP_LOSS else 0
    if command.quantity:
        amended.order.remaining = command.quantity - order.filled
    if command.price:
        amended.order.price = command.price
    if command.stop_price:
        amended.stop_price = command.stop_price


cdef inline bint has_kept_priority(
    const Core* core, slot_t slot, const Incoming* amended
) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    if amended.order.price != order.price or amended.order.remaining > order.remaining:
        return False
    return not order.waiting or amended.stop_price == core.stop_prices[slot]


cdef inline void apply_amend(Core* core, slot_t slot, Incoming* amended) noexcept nogil:
    cdef const Order* order = &amended.order
    cdef uint32_t reason
    if order.remaining <= 0:
        cancel_slot(core, slot, AMENDED_BELOW_FILLED)
    elif has_kept_priority(core, slot, amended):
        shrink(core, slot, order.remaining)
        emit_amended(core, amended, True)
    else:
        reason = refuse_replace(core, order, &core.pool[slot])
        if reason == REASON_NONE:
            replace(core, slot, amended)
        else:
            refuse_order(core, order, reason)


cdef inline void amend_order(Core* core, const CommandRecord* command) noexcept nogil:
    cdef slot_t slot = visible_slot(core, command)
    cdef const Order* order = &core.pool[slot]
    cdef Incoming amended
    cdef uint32_t reason
    if slot == 0:
        refuse_command(core, UNKNOWN_ORDER, command.order_id)
        return
    reason = refuse_amend(order, command)
    if reason != REASON_NONE:
        refuse_order(core, order, reason)
        return
    read_amend(core, slot, command, &amended)
    apply_amend(core, slot, &amended)


cdef inline void run_command(Core* core, const CommandRecord* command) noexcept nogil:
    """Run one command and all that follows from it; its events join those in the buffer."""
    if command.kind == COMMAND_NEW:
        new_order(core, command)
    elif command.kind == COMMAND_CANCEL:
        cancel_order(core, command)
    elif command.kind == COMMAND_AMEND:
        amend_order(core, command)
    elif command.kind == COMMAND_CANCEL_ALL:
        cancel_all_orders(core, command)
    else:
        refuse_command(core, INVALID_COMMAND, command.order_id)
    if unlikely(core.queue_count):
        run_fired(core)
    report_levels(core)
