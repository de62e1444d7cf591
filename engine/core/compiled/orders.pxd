"""Let orders come and go: the pool, the id index, the queues, the account counts."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.core.compiled.book cimport append, drop_level, level_at, open_level, unlink
from engine.core.compiled.events cimport touch
from engine.core.compiled.extras cimport drop_extra, extra_at, hide, keep_extra
from engine.core.compiled.id_index cimport find_slot, grow_index, insert_slot, remove_slot
from engine.core.compiled.memory cimport grown
from engine.core.compiled.sorted_levels cimport (
    find_level,
    insert_level,
    remove_level,
)
from engine.core.compiled.state cimport (
    ACCOUNT_BUCKETS,
    BUY,
    FOK,
    HASH_SPREAD,
    MAX_ORDERS,
    MAX_PRICE,
    STOP_LIMIT,
    STOP_LOSS,
    STOP_PRICE,
    TRAILING,
    WORKING_ORDER,
    Book,
    CommandRecord,
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
from engine.core.compiled.trailing cimport enter_trail, leave_trail, watch
from engine.core.compiled.trails cimport open_trail


cdef inline uint32_t bucket_of(int64_t account) noexcept nogil:
    return <uint32_t>((<uint64_t>account * HASH_SPREAD) >> 48) & (ACCOUNT_BUCKETS - 1)


cdef inline price_t limit_of(const Order* order) noexcept nogil:
    """Return the worst price that the order takes; one without a price takes any."""
    if order.price:
        return order.price
    return MAX_PRICE if order.side == BUY else 1


cdef inline bint is_own(const Order* taker, const Order* maker) noexcept nogil:
    return taker.prevention != 0 and maker.account == taker.account and taker.account != 0


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
    order.time_in_force = command.order_type if command.order_type <= FOK else 0
    order.has_extra = False


cdef inline slot_t visible_slot(const Core* core, const CommandRecord* command) noexcept nogil:
    """Return the order's slot, or 0 if the account has no such order."""
    cdef slot_t slot = find_slot(&core.index, core.pool, command.order_id)
    return slot if slot and core.pool[slot].account == command.account else 0


cdef inline void grow_pool(Core* core) noexcept nogil:
    cdef uint32_t capacity = min(core.capacity * 2, <uint32_t>MAX_ORDERS + 1)
    core.pool = <Order*>grown(
        core.pool, core.capacity * sizeof(Order), capacity * sizeof(Order)
    )
    core.extra_of = <uint32_t*>grown(
        core.extra_of, core.capacity * sizeof(uint32_t), capacity * sizeof(uint32_t)
    )
    core.capacity = capacity


cdef inline slot_t take_slot(Core* core) noexcept nogil:
    cdef slot_t slot = core.free_slot
    if slot:
        core.free_slot = core.pool[slot].next
        return slot
    if unlikely(core.next_slot == core.capacity):
        grow_pool(core)
    core.next_slot += 1
    return core.next_slot - 1


cdef inline slot_t store(Core* core, Incoming* incoming) noexcept nogil:
    """Put an order into the pool and the id index; its place in a queue is yet to come."""
    cdef slot_t slot = take_slot(core)
    core.pool[slot] = incoming.order
    if unlikely(incoming.order.has_extra):
        keep_extra(core, slot, &incoming.extra)
    core.open_orders += 1
    if unlikely(core.open_orders * 4 > core.index.mask):
        grow_index(&core.index)
    insert_slot(&core.index, incoming.order.order_id, slot)
    core.account_orders[bucket_of(incoming.order.account)] += 1
    core.order_hash += slot_mix(core, slot)
    return slot


cdef inline slot_t arrive(Core* core, Incoming* incoming) noexcept nogil:
    """Store an order that is about to take the last place of a queue."""
    core.arrival += 1
    incoming.order.arrival = core.arrival
    return store(core, incoming)


cdef inline void release(Core* core, slot_t slot) noexcept nogil:
    """Take an order that has left its queue and the hash out of the pool and the id index."""
    cdef Order* order = &core.pool[slot]
    remove_slot(&core.index, order.order_id, slot)
    core.account_orders[bucket_of(order.account)] -= 1
    core.open_orders -= 1
    if unlikely(order.has_extra):
        drop_extra(core, slot)
    order.order_id = 0
    order.next = core.free_slot
    core.free_slot = slot


cdef inline void show_next(Core* core, Level* level, slot_t slot) noexcept nogil:
    """Give the next part of an iceberg, which is the first and out of the hash, the last place."""
    cdef Order* order = &core.pool[slot]
    cdef Extra* extra = extra_at(core, slot)
    order.remaining = min(extra.display, extra.hidden)
    extra.hidden -= order.remaining
    level.head = order.next
    if order.next:
        core.pool[order.next].prev = 0
    else:
        level.tail = 0
    core.arrival += 1
    order.arrival = core.arrival
    append(core.pool, level, slot)
    core.order_hash += slot_mix(core, slot)


cdef inline void rest(Core* core, Incoming* incoming) noexcept nogil:
    """Give the order the last place at its price."""
    cdef slot_t slot
    cdef const Order* order
    cdef Book* book = core.books[incoming.order.symbol]
    cdef Level* level
    cdef qty_t before
    if unlikely(incoming.order.has_extra):
        hide(incoming)
    slot = arrive(core, incoming)
    order = &core.pool[slot]
    level = open_level(core, book, order.side, order.price)
    before = level.quantity
    append(core.pool, level, slot)
    touch(core, order.symbol, order.side, order.price, before, level.quantity)


cdef inline bint fires_on_rise(const Order* order) noexcept nogil:
    """Whether it waits for a higher price: a buy stop and a sell take-profit do."""
    cdef bint is_stop = order.order_type == STOP_LOSS or order.order_type == STOP_LIMIT
    return is_stop == (order.side == BUY)


cdef inline void wait(Core* core, Incoming* incoming) noexcept nogil:
    """Give the order the last place of those that wait for its stop price."""
    cdef Book* book = core.books[incoming.order.symbol]
    cdef bint on_rise = fires_on_rise(&incoming.order)
    cdef slot_t slot
    incoming.order.waiting = STOP_PRICE
    slot = arrive(core, incoming)
    append(core.pool, insert_level(&book.waiting[on_rise], incoming.extra.stop_price), slot)
    watch(book)


cdef inline void trail(Core* core, Incoming* incoming, price_t extreme) noexcept nogil:
    """Have a new order follow the price from `extreme` on."""
    cdef Order* order = &incoming.order
    order.waiting = TRAILING
    open_trail(&core.books[order.symbol].trails[order.side], extreme, core.arrival + 1)
    enter_trail(core, arrive(core, incoming))


cdef inline void activate(Core* core, slot_t slot, price_t price) noexcept nogil:
    """Have an order that has left its queue and the hash follow the price from a trade on."""
    cdef Order* order = &core.pool[slot]
    core.arrival += 1
    order.arrival = core.arrival
    order.waiting = TRAILING
    open_trail(&core.books[order.symbol].trails[order.side], price, order.arrival)
    enter_trail(core, slot)
    core.order_hash += slot_mix(core, slot)


cdef inline void pend(Core* core, Incoming* incoming) noexcept nogil:
    """Give the order the last place of those that wait for another order."""
    cdef slot_t slot
    incoming.order.waiting = WORKING_ORDER
    slot = arrive(core, incoming)
    append(core.pool, &core.books[incoming.order.symbol].pending, slot)


cdef inline void stop_waiting(Core* core, slot_t slot) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    cdef Book* book = core.books[order.symbol]
    if order.waiting == WORKING_ORDER:
        unlink(core.pool, &book.pending, slot)
    else:
        leave_stops(core, book, slot)


cdef inline void leave_stops(Core* core, Book* book, slot_t slot) noexcept nogil:
    cdef bint on_rise = fires_on_rise(&core.pool[slot])
    cdef price_t stop_price = extra_at(core, slot).stop_price
    cdef Level* level
    if core.pool[slot].waiting == TRAILING:
        leave_trail(core, slot, False)
        watch(book)
        return
    level = find_level(&book.waiting[on_rise], stop_price)
    unlink(core.pool, level, slot)
    if level.head == 0:
        remove_level(&book.waiting[on_rise], stop_price)
        watch(book)


cdef inline void leave_book(Core* core, slot_t slot) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    cdef Book* book = core.books[order.symbol]
    cdef Level* level = level_at(book, order.side, order.price)
    cdef qty_t before = level.quantity
    unlink(core.pool, level, slot)
    touch(core, order.symbol, order.side, order.price, before, level.quantity)
    if level.head == 0:
        drop_level(book, order.side, order.price)


cdef inline void remove(Core* core, slot_t slot) noexcept nogil:
    """Take an open order, resting or waiting, out of everything."""
    core.order_hash -= slot_mix(core, slot)
    if unlikely(core.pool[slot].waiting):
        stop_waiting(core, slot)
    else:
        leave_book(core, slot)
    release(core, slot)
