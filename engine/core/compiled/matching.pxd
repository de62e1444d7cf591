"""Match an incoming order: trades, self-trade prevention, triggers that trades reach."""

from libc.stdint cimport int64_t, uint32_t

from engine.core.compiled.book cimport crosses, drop_level, level_at, worse_price
from engine.core.compiled.events cimport emit, emit_canceled, emit_expired, touch
from engine.core.compiled.extras cimport (
    extra_at,
    hidden_of,
    incoming_stop_price,
    load_order,
    rest_of,
)
from engine.core.compiled.ledger cimport (
    has_ledger,
    hold,
    lacks_cost,
    release_received,
    settle,
)
from engine.core.compiled.lists cimport (
    fill_working,
    claim_hold,
    end_linked,
    end_partner,
    part,
    slot_of,
)
from engine.core.compiled.orders cimport (
    activate,
    fires_on_rise,
    is_own,
    limit_of,
    release,
    remove,
    rest,
    show_next,
    trail,
    wait,
)
from engine.core.compiled.queue cimport await_turns, enqueue, sort_queue
from engine.core.compiled.sorted_levels cimport (
    find_level,
    price_above,
    price_below,
    remove_level,
)
from engine.core.compiled.state cimport (
    ACTIVATED,
    BUY,
    RELEASED,
    CANCELED,
    EXPIRED,
    IN_FORCE_FOK,
    FOK_NOT_FILLABLE,
    IN_FORCE_FOK,
    IN_FORCE_IOC,
    INSUFFICIENT_BALANCE,
    IOC_REMAINDER,
    LIST_ENDED,
    MARKET,
    MARKET_REMAINDER,
    NO_ASK,
    NOT_WAITING,
    WORKING_ORDER,
    POST_ONLY,
    PREVENT_CANCEL_MAKER,
    PREVENT_CANCEL_TAKER,
    PREVENT_DECREMENT,
    PREVENTED,
    REASON_NONE,
    REDUCED,
    SELF_TRADE_PREVENTION,
    SELL,
    STOP_LOSS,
    TRADE,
    TRAILING,
    TRIGGERED,
    WOULD_TRADE,
    Book,
    Core,
    Extra,
    Incoming,
    Level,
    Order,
    price_t,
    qty_t,
    slot_t,
    unlikely,
)
from engine.core.compiled.state_hash cimport slot_mix
from engine.core.compiled.trailing cimport follow, leave_trail, watch
from engine.core.compiled.trails cimport first_extreme, stop_from, trailing_stop


# Triggers

cdef inline void fire_level(
    Core* core, Book* book, bint on_rise, price_t stop_price
) noexcept nogil:
    """Move the orders that wait for a stop price into the queue."""
    cdef slot_t slot = find_level(&book.waiting[on_rise], stop_price).head
    while slot:
        core.order_hash -= slot_mix(core, slot)
        enqueue(core, slot)
        if core.pool[slot].waiting == TRAILING:
            leave_trail(core, slot, True)  # the next one may join this level
            extra_at(core, slot).offset = 0
            extra_at(core, slot).stop_price = stop_price
        slot = core.pool[slot].next
    remove_level(&book.waiting[on_rise], stop_price)


cdef inline void activate_reached(
    Core* core, uint32_t first, price_t price
) noexcept nogil:
    """Have those of the queue that are to trail now begin; the others stay in it."""
    cdef uint32_t i, kept = first
    cdef slot_t slot
    cdef const Order* order
    for i in range(first, core.queue_count):
        slot = core.queue[i].slot
        order = &core.pool[slot]
        if extra_at(core, slot).offset:
            activate(core, slot, price)
            emit(
                core, ACTIVATED, REASON_NONE, order, 0, price, order.remaining + order.filled,
                order.remaining, trailing_stop(core, slot), 0,
            )
        else:
            core.queue[kept] = core.queue[i]
            kept += 1
    core.queue_count = kept


cdef inline void fire_reached(Core* core, uint32_t symbol, price_t price) noexcept nogil:
    """Queue all orders whose stop price a trade at `price` has reached, by arrival."""
    cdef Book* book = core.books[symbol]
    cdef uint32_t first = core.queue_count
    cdef price_t stop_price
    follow(core, symbol, BUY, price)
    follow(core, symbol, SELL, price)
    stop_price = price_above(&book.waiting[1], 0, NO_ASK)
    while stop_price <= price:
        fire_level(core, book, True, stop_price)
        stop_price = price_above(&book.waiting[1], 0, NO_ASK)
    stop_price = price_below(&book.waiting[0], NO_ASK, 0)
    while stop_price >= price:
        fire_level(core, book, False, stop_price)
        stop_price = price_below(&book.waiting[0], NO_ASK, 0)
    sort_queue(core, first)
    activate_reached(core, first, price)
    watch(book)
    await_turns(core, first)


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
    cdef qty_t left
    core.order_hash -= slot_mix(core, slot)
    level.quantity -= quantity
    maker.remaining -= quantity
    maker.filled += quantity
    taker.remaining -= quantity
    taker.filled += quantity
    book.trade_id += 1
    book.last_trade_price = price
    if has_ledger(core):
        if unlikely(maker.has_extra):
            claim_hold(core, maker, extra_at(core, slot), quantity + rest_of(core, slot))
        settle(core, taker, maker, price, quantity, book.trade_id)
    left = rest_of(core, slot)
    emit(
        core, TRADE, REASON_NONE, taker, maker.order_id, price, quantity,
        taker.remaining, left, book.trade_id,
    )
    if unlikely(maker.has_extra):
        meet_links(core, slot, left)
    if left == 0:
        drop_maker(core, level, slot)
    elif unlikely(maker.remaining == 0):
        show_next(core, level, slot)
    else:
        core.order_hash += slot_mix(core, slot)


cdef inline void meet_links(Core* core, slot_t slot, qty_t left) noexcept nogil:
    """Do what a trade of a maker means for the others of its list, if it is in one."""
    cdef Order* maker = &core.pool[slot]
    cdef Extra* extra = extra_at(core, slot)
    if extra.partner:
        end_partner(core, maker, extra, left)
    if extra.link and left == 0:
        fill_working(core, maker, extra)


# Self-trade prevention

cdef inline void cancel_maker(Core* core, Level* level, slot_t slot) noexcept nogil:
    cdef const Order* maker = &core.pool[slot]
    cdef qty_t left = rest_of(core, slot)
    cdef bint has_extra = maker.has_extra != 0
    cdef Extra links
    core.order_hash -= slot_mix(core, slot)
    level.quantity -= maker.remaining
    hold(core, maker, -left)
    if has_extra:
        links = extra_at(core, slot)[0]
        release_received(core, maker, links.received)
    emit_canceled(core, maker, left, SELF_TRADE_PREVENTION)
    drop_maker(core, level, slot)
    if has_extra:
        end_linked(core, &links, CANCELED, SELF_TRADE_PREVENTION)


cdef inline void cancel_taker(Core* core, Order* taker) noexcept nogil:
    hold(core, taker, -taker.remaining)
    emit_canceled(core, taker, taker.remaining, SELF_TRADE_PREVENTION)
    taker.remaining = 0
    core.is_taker_canceled = True


cdef inline void reduce(
    Core* core, Order* order, int64_t other_id, qty_t quantity, qty_t hidden
) noexcept nogil:
    order.remaining -= quantity
    hold(core, order, -quantity)
    emit(
        core, REDUCED, SELF_TRADE_PREVENTION, order, other_id, order.price,
        quantity, order.remaining + hidden, 0, 0,
    )


cdef inline void reduce_maker(
    Core* core, Level* level, slot_t slot, const Order* taker, qty_t quantity
) noexcept nogil:
    cdef Order* maker = &core.pool[slot]
    core.order_hash -= slot_mix(core, slot)
    level.quantity -= quantity
    if maker.has_extra:
        claim_hold(core, maker, extra_at(core, slot), rest_of(core, slot))
    reduce(core, maker, taker.order_id, quantity, hidden_of(core, slot))
    if maker.has_extra:
        meet_links(core, slot, rest_of(core, slot))
    if maker.remaining == 0:
        show_next(core, level, slot)
    else:
        core.order_hash += slot_mix(core, slot)


cdef inline void decrement(
    Core* core, Order* taker, Level* level, slot_t slot, qty_t quantity
) noexcept nogil:
    """Take the smaller quantity off both; cancel the order that has nothing left."""
    cdef int64_t maker_id = core.pool[slot].order_id
    if rest_of(core, slot) > quantity:
        reduce_maker(core, level, slot, taker, quantity)
    else:
        cancel_maker(core, level, slot)
    if taker.remaining > quantity:
        reduce(core, taker, maker_id, quantity, 0)
    else:
        cancel_taker(core, taker)


cdef inline void tell_prevented(
    Core* core, const Order* taker, const Order* maker, qty_t from_taker, qty_t from_maker
) noexcept nogil:
    """Number a meeting that self-trade prevention kept from being a trade."""
    cdef Book* book = core.books[taker.symbol]
    if core.numbers_prevented:
        book.prevented_id += 1
        emit(
            core, PREVENTED, REASON_NONE, taker, maker.order_id, maker.price, from_taker,
            from_maker, 0, book.prevented_id,
        )


cdef inline void prevent_self_trade(
    Core* core, Order* taker, Level* level, slot_t slot
) noexcept nogil:
    """Do what the taker's mode says; of an iceberg it is the part shown that is met."""
    cdef const Order* maker = &core.pool[slot]
    cdef qty_t quantity = min(taker.remaining, maker.remaining)
    cdef bint is_decrement = taker.prevention == PREVENT_DECREMENT
    cdef qty_t from_taker = quantity if is_decrement else taker.remaining
    cdef qty_t from_maker = quantity if is_decrement else rest_of(core, slot)
    if taker.prevention == PREVENT_CANCEL_MAKER:
        from_taker = 0
    elif taker.prevention == PREVENT_CANCEL_TAKER:
        from_maker = 0
    tell_prevented(core, taker, maker, from_taker, from_maker)
    if taker.prevention == PREVENT_DECREMENT:
        decrement(core, taker, level, slot, quantity)
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
                fire_reached(core, taker.symbol, price)
    touch(core, taker.symbol, side, price, before, level.quantity)
    if level.head == 0:
        drop_level(book, side, price)


cdef inline qty_t tradable(
    const Core* core, const Order* taker, const Level* level, bint* is_last
) noexcept nogil:
    """Return what a FOK may trade with at a level; set `is_last` if its own order would stop it.

    What is hidden comes behind all that is shown, its own orders too.
    """
    cdef slot_t slot = level.head
    cdef qty_t total = 0, hidden = 0
    if core.icebergs == 0 and (taker.prevention == 0 or taker.account == 0):
        return level.quantity
    while slot and total < taker.remaining:
        if not is_own(taker, &core.pool[slot]):
            total += core.pool[slot].remaining
            hidden += hidden_of(core, slot)
        elif taker.prevention != PREVENT_CANCEL_MAKER:
            is_last[0] = True
            return total
        slot = core.pool[slot].next
    return total + hidden


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
    emit_expired(core, order, order.remaining, reason)


cdef inline void execute(Core* core, Incoming* incoming) noexcept nogil:
    """Trade what an accepted order can; let the rest expire or rest, as its type says."""
    cdef Order* order = &incoming.order
    cdef Book* book = core.books[order.symbol]
    if unlikely(order.time_in_force == IN_FORCE_FOK) and not is_fillable(core, book, order):
        expire(core, order, FOK_NOT_FILLABLE)
        return
    if crosses(order.side, limit_of(order), book.best[1 - order.side]):  # few do: spare the call
        match(core, book, order)
    if order.remaining == 0:
        return
    if order.time_in_force == IN_FORCE_IOC:
        expire(core, order, IOC_REMAINDER)
    elif order.price == 0:
        expire(core, order, MARKET_REMAINDER)
    else:
        rest(core, incoming)


cdef inline void execute_working(Core* core, Incoming* incoming) noexcept nogil:
    """Execute an order that others wait for, and do what its end means for them."""
    cdef Order* order = &incoming.order
    core.taker_extra = &incoming.extra
    core.is_taker_canceled = False
    execute(core, incoming)
    core.taker_extra = NULL
    if core.is_taker_canceled:
        release_received(core, order, incoming.extra.received)
        end_linked(core, &incoming.extra, CANCELED, SELF_TRADE_PREVENTION)
    elif order.remaining == 0:
        fill_working(core, order, &incoming.extra)
    elif not slot_of(core, order.order_id):
        release_received(core, order, incoming.extra.received)
        end_linked(core, &incoming.extra, EXPIRED, LIST_ENDED)


cdef inline void trigger(Core* core, Incoming* incoming) noexcept nogil:
    cdef Order* order = &incoming.order
    order.waiting = NOT_WAITING
    if incoming.extra.partner:
        end_partner(core, order, &incoming.extra, order.remaining)
    emit(
        core, TRIGGERED, REASON_NONE, order, 0, core.books[order.symbol].last_trade_price,
        order.remaining + order.filled, order.remaining, incoming.extra.stop_price, 0,
    )
    if has_ledger(core) and lacks_cost(core, order):
        emit_expired(core, order, order.remaining, INSUFFICIENT_BALANCE)
    else:
        execute(core, incoming)


cdef inline void start(Core* core, Incoming* incoming) noexcept nogil:
    """Let an order with a stop price wait for it, unless it is already reached."""
    cdef Order* order = &incoming.order
    if incoming.extra.offset:
        start_trailing(core, incoming)
    elif has_reached(core.books[order.symbol], fires_on_rise(order), incoming.extra.stop_price):
        trigger(core, incoming)
    else:
        wait(core, incoming)


# Trailing stops

cdef inline bint trails_at_once(const Core* core, const Incoming* incoming) noexcept nogil:
    """Whether nothing has to happen first before a trailing stop follows the price."""
    cdef const Order* order = &incoming.order
    cdef price_t begins_at = incoming.extra.stop_price
    return begins_at == 0 or has_reached(
        core.books[order.symbol], fires_on_rise(order), begins_at
    )


cdef inline price_t first_stop_price(const Core* core, const Incoming* incoming) noexcept nogil:
    """Return the stop price with which an order comes in, 0 for none."""
    cdef const Order* order = &incoming.order
    cdef price_t last_price = core.books[order.symbol].last_trade_price
    if not (order.has_extra and incoming.extra.offset):
        return incoming_stop_price(incoming)
    if not trails_at_once(core, incoming):
        return 0
    return stop_from(order.side, first_extreme(order.side, last_price), &incoming.extra)


cdef inline void start_trailing(Core* core, Incoming* incoming) noexcept nogil:
    """Have a stop follow the price from the last trade on, or let it wait for its price first."""
    cdef const Order* order = &incoming.order
    if trails_at_once(core, incoming):
        trail(
            core, incoming,
            first_extreme(order.side, core.books[order.symbol].last_trade_price),
        )
    else:
        wait(core, incoming)


# Pending orders

cdef inline uint32_t refuse_late(Core* core, const Order* order) noexcept nogil:
    """Return the reason against an order that comes in after its working one."""
    cdef Book* book = core.books[order.symbol]
    if order.order_type == POST_ONLY and crosses(
        order.side, order.price, book.best[1 - order.side]
    ):
        return WOULD_TRADE
    if order.order_type == MARKET and has_ledger(core) and lacks_cost(core, order):
        return INSUFFICIENT_BALANCE
    return REASON_NONE


cdef inline void bring_in(Core* core, slot_t slot) noexcept nogil:
    """Let a pending order come in, now that its working one is filled."""
    cdef Incoming incoming
    cdef Order* order = &incoming.order
    cdef uint32_t reason
    load_order(core, slot, &incoming)
    remove(core, slot)
    order.waiting = False
    emit(
        core, RELEASED, REASON_NONE, order, 0, order.price, order.remaining, order.remaining,
        first_stop_price(core, &incoming), 0,
    )
    reason = refuse_late(core, order)
    if reason != REASON_NONE:
        expire(core, order, reason)
        end_linked(core, &incoming.extra, EXPIRED, LIST_ENDED)
    elif order.order_type >= STOP_LOSS:
        start(core, &incoming)
    else:
        execute(core, &incoming)


cdef inline void bring_in_list(Core* core, slot_t slot) noexcept nogil:
    """Let the pending orders of a list come in, the second one if the first leaves it there."""
    cdef int64_t partner = extra_at(core, slot).partner
    cdef qty_t quantity = core.pool[slot].remaining
    bring_in(core, slot)
    slot = slot_of(core, partner)
    if slot:
        part(core, slot, quantity)
        bring_in(core, slot)


cdef inline void run_fired(Core* core) noexcept nogil:
    """Run the orders in the queue; what their trades reach joins its end."""
    cdef Incoming incoming
    cdef uint32_t i = 0
    cdef slot_t slot
    while i < core.queue_count:
        slot = core.queue[i].slot
        core.is_compound = True
        if slot == 0:  # the other leg has traded, or fired, before its turn came
            pass
        elif core.pool[slot].waiting == WORKING_ORDER:
            bring_in_list(core, slot)
        else:
            load_order(core, slot, &incoming)
            release(core, slot)
            trigger(core, &incoming)
        i += 1
    core.queue_count = 0
