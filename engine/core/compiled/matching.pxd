"""Match an incoming order: trades, self-trade prevention, triggers that trades reach."""

from libc.stdint cimport uint32_t

from engine.core.compiled.book cimport crosses, drop_level, level_at, worse_price
from engine.core.compiled.events cimport emit, emit_canceled, emit_expired, touch
from engine.core.compiled.ledger cimport has_ledger, hold, lacks_cost, settle
from engine.core.compiled.orders cimport is_own, limit_of, release, rest, watch
from engine.core.compiled.queue cimport enqueue, sort_queue
from engine.core.compiled.sorted_levels cimport find_level, remove_level
from engine.core.compiled.state cimport (
    FOK,
    FOK_NOT_FILLABLE,
    INSUFFICIENT_BALANCE,
    IOC,
    IOC_REMAINDER,
    MARKET_REMAINDER,
    PREVENT_CANCEL_MAKER,
    PREVENT_CANCEL_TAKER,
    PREVENT_DECREMENT,
    REASON_NONE,
    REDUCED,
    SELF_TRADE_PREVENTION,
    TRADE,
    TRIGGERED,
    Book,
    Core,
    Incoming,
    Level,
    Order,
    price_t,
    qty_t,
    slot_t,
    unlikely,
)
from engine.core.compiled.state_hash cimport slot_mix


# Triggers

cdef inline void fire_level(
    Core* core, Book* book, bint on_rise, price_t stop_price
) noexcept nogil:
    """Move the orders that wait for a stop price into the queue."""
    cdef slot_t slot = find_level(&book.waiting[on_rise], stop_price).head
    while slot:
        core.order_hash -= slot_mix(core, slot)
        enqueue(core, slot)
        slot = core.pool[slot].next
    remove_level(&book.waiting[on_rise], stop_price)
    watch(book, on_rise)


cdef inline void fire_reached(Core* core, Book* book, price_t price) noexcept nogil:
    """Queue all orders whose stop price a trade at `price` has reached, by arrival."""
    cdef uint32_t first = core.queue_count
    while book.rise_at <= price:
        fire_level(core, book, True, book.rise_at)
    while book.fall_at >= price:
        fire_level(core, book, False, book.fall_at)
    sort_queue(core, first)


cdef inline bint has_reached(const Book* book, bint on_rise, price_t stop_price) noexcept nogil:
    """Whether the last trade price has already reached the stop price."""
    if book.last_trade_price == 0:
        return False
    if on_rise:
        return book.last_trade_price >= stop_price
    return book.last_trade_price <= stop_price


# Makers

cdef inline void drop_maker(Core* core, Level* level, slot_t slot) noexcept nogil:
    """Take the first order of a level out of everything; its quantity is already subtracted."""
    cdef Order* maker = &core.pool[slot]
    level.head = maker.next
    if maker.next:
        core.pool[maker.next].prev = 0
    else:
        level.tail = 0
    release(core, slot)


cdef inline void trade(
    Core* core, Book* book, Order* taker, Level* level, slot_t slot, price_t price
) noexcept nogil:
    cdef Order* maker = &core.pool[slot]
    cdef qty_t quantity = min(taker.remaining, maker.remaining)
    core.order_hash -= slot_mix(core, slot)
    level.quantity -= quantity
    maker.remaining -= quantity
    maker.filled += quantity
    taker.remaining -= quantity
    taker.filled += quantity
    book.trade_id += 1
    book.last_trade_price = price
    if has_ledger(core):
        settle(core, taker, maker, price, quantity, book.trade_id)
    emit(
        core, TRADE, REASON_NONE, taker, maker.order_id, price, quantity,
        taker.remaining, maker.remaining, book.trade_id,
    )
    if maker.remaining == 0:
        drop_maker(core, level, slot)
    else:
        core.order_hash += slot_mix(core, slot)


# Self-trade prevention

cdef inline void cancel_maker(Core* core, Level* level, slot_t slot) noexcept nogil:
    cdef const Order* maker = &core.pool[slot]
    core.order_hash -= slot_mix(core, slot)
    level.quantity -= maker.remaining
    hold(core, maker, -maker.remaining)
    emit_canceled(core, maker, SELF_TRADE_PREVENTION)
    drop_maker(core, level, slot)


cdef inline void cancel_taker(Core* core, Order* taker) noexcept nogil:
    hold(core, taker, -taker.remaining)
    emit_canceled(core, taker, SELF_TRADE_PREVENTION)
    taker.remaining = 0


cdef inline void reduce(
    Core* core, Order* order, const Order* counterparty, qty_t quantity
) noexcept nogil:
    order.remaining -= quantity
    hold(core, order, -quantity)
    emit(
        core, REDUCED, SELF_TRADE_PREVENTION, order, counterparty.order_id, order.price,
        quantity, order.remaining, 0, 0,
    )


cdef inline void reduce_maker(
    Core* core, Level* level, slot_t slot, const Order* taker
) noexcept nogil:
    core.order_hash -= slot_mix(core, slot)
    level.quantity -= taker.remaining
    reduce(core, &core.pool[slot], taker, taker.remaining)
    core.order_hash += slot_mix(core, slot)


cdef inline void decrement(Core* core, Order* taker, Level* level, slot_t slot) noexcept nogil:
    """Take the smaller remaining quantity off both; cancel the order that has nothing left."""
    cdef Order maker = core.pool[slot]
    if maker.remaining > taker.remaining:
        reduce_maker(core, level, slot, taker)
        cancel_taker(core, taker)
        return
    cancel_maker(core, level, slot)
    if taker.remaining == maker.remaining:
        cancel_taker(core, taker)
    else:
        reduce(core, taker, &maker, maker.remaining)


cdef inline void prevent_self_trade(
    Core* core, Order* taker, Level* level, slot_t slot
) noexcept nogil:
    if taker.prevention == PREVENT_DECREMENT:
        decrement(core, taker, level, slot)
        return
    if taker.prevention != PREVENT_CANCEL_TAKER:
        cancel_maker(core, level, slot)
    if taker.prevention != PREVENT_CANCEL_MAKER:
        cancel_taker(core, taker)


# Incoming orders

cdef inline void take_level(Core* core, Book* book, Order* taker, price_t price) noexcept nogil:
    cdef uint32_t side = 1 - taker.side
    cdef Level* level = level_at(book, side, price)
    cdef qty_t before = level.quantity
    while taker.remaining and level.head:
        if unlikely(is_own(taker, &core.pool[level.head])):
            prevent_self_trade(core, taker, level, level.head)
        else:
            trade(core, book, taker, level, level.head, price)
            if unlikely(price >= book.rise_at or price <= book.fall_at):
                fire_reached(core, book, price)
    touch(core, taker.symbol, side, price, before, level.quantity)
    if level.head == 0:
        drop_level(book, side, price)


cdef inline qty_t tradable(
    const Core* core, const Order* taker, const Level* level, bint* is_last
) noexcept nogil:
    """Return what a FOK may trade with at a level; set `is_last` if its own order would stop it."""
    cdef slot_t slot = level.head
    cdef qty_t total = 0
    if taker.prevention == 0 or taker.account == 0:
        return level.quantity
    while slot and total < taker.remaining:
        if not is_own(taker, &core.pool[slot]):
            total += core.pool[slot].remaining
        elif taker.prevention != PREVENT_CANCEL_MAKER:
            is_last[0] = True
            break
        slot = core.pool[slot].next
    return total


cdef inline bint is_fillable(const Core* core, Book* book, const Order* taker) noexcept nogil:
    """Whether a FOK would be filled in full by trades."""
    cdef uint32_t side = 1 - taker.side
    cdef price_t price = book.best[side]
    cdef qty_t missing = taker.remaining
    cdef bint is_last = False
    while missing > 0 and not is_last and crosses(taker.side, taker.price, price):
        missing -= tradable(core, taker, level_at(book, side, price), &is_last)
        price = worse_price(book, side, price)
    return missing <= 0


cdef inline void match(Core* core, Book* book, Order* taker) noexcept nogil:
    cdef price_t limit = limit_of(taker)
    cdef price_t* best = &book.best[1 - taker.side]
    while taker.remaining and crosses(taker.side, limit, best[0]):
        take_level(core, book, taker, best[0])


cdef inline void expire(Core* core, const Order* order, uint32_t reason) noexcept nogil:
    hold(core, order, -order.remaining)
    emit_expired(core, order, reason)


cdef inline void execute(Core* core, Incoming* incoming) noexcept nogil:
    """Trade what an accepted order can; let the rest expire or rest, as its type says."""
    cdef Order* order = &incoming.order
    cdef Book* book = core.books[order.symbol]
    if unlikely(order.order_type == FOK) and not is_fillable(core, book, order):
        expire(core, order, FOK_NOT_FILLABLE)
        return
    match(core, book, order)
    if order.remaining == 0:
        return
    if order.order_type == IOC:
        expire(core, order, IOC_REMAINDER)
    elif order.price == 0:
        expire(core, order, MARKET_REMAINDER)
    else:
        rest(core, incoming)


cdef inline void trigger(Core* core, Incoming* incoming) noexcept nogil:
    cdef Order* order = &incoming.order
    order.waiting = False
    emit(
        core, TRIGGERED, REASON_NONE, order, 0, core.books[order.symbol].last_trade_price,
        order.remaining + order.filled, order.remaining, incoming.stop_price, 0,
    )
    if has_ledger(core) and lacks_cost(core, order):
        emit_expired(core, order, INSUFFICIENT_BALANCE)
    else:
        execute(core, incoming)


cdef inline void run_fired(Core* core) noexcept nogil:
    """Run the orders in the queue; what their trades reach joins its end."""
    cdef Incoming incoming
    cdef uint32_t i = 0
    cdef slot_t slot
    while i < core.queue_count:
        slot = core.queue[i].slot
        incoming.order = core.pool[slot]
        incoming.stop_price = core.stop_prices[slot]
        release(core, slot)
        core.is_compound = True
        trigger(core, &incoming)
        i += 1
    core.queue_count = 0
