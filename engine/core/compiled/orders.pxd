"""Let orders come and go: the pool, the id index, the queues, the account counts."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine.core.compiled.book cimport drop_level, level_at, open_level
from engine.core.compiled.events cimport touch
from engine.core.compiled.id_index cimport grow_index, insert_slot, remove_slot
from engine.core.compiled.memory cimport grown
from engine.core.compiled.sorted_levels cimport (
    find_level,
    insert_level,
    price_above,
    price_below,
    remove_level,
)
from engine.core.compiled.state cimport (
    ACCOUNT_BUCKETS,
    BUY,
    HASH_SPREAD,
    MAX_ORDERS,
    MAX_PRICE,
    NO_ASK,
    STOP_LIMIT,
    STOP_LOSS,
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


cdef inline uint32_t bucket_of(int64_t account) noexcept nogil:
    return <uint32_t>((<uint64_t>account * HASH_SPREAD) >> 48) & (ACCOUNT_BUCKETS - 1)


cdef inline price_t limit_of(const Order* order) noexcept nogil:
    """Return the worst price that the order takes; one without a price takes any."""
    if order.price:
        return order.price
    return MAX_PRICE if order.side == BUY else 1


cdef inline bint is_own(const Order* taker, const Order* maker) noexcept nogil:
    return taker.prevention != 0 and maker.account == taker.account and taker.account != 0


cdef inline void grow_pool(Core* core) noexcept nogil:
    cdef uint32_t capacity = min(core.capacity * 2, <uint32_t>MAX_ORDERS + 1)
    core.pool = <Order*>grown(
        core.pool, core.capacity * sizeof(Order), capacity * sizeof(Order)
    )
    core.stop_prices = <price_t*>grown(
        core.stop_prices, core.capacity * sizeof(price_t), capacity * sizeof(price_t)
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
    if unlikely(incoming.order.order_type >= STOP_LOSS):
        core.stop_prices[slot] = incoming.stop_price
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
    order.order_id = 0
    order.next = core.free_slot
    core.free_slot = slot


cdef inline void append(Order* pool, Level* level, slot_t slot) noexcept nogil:
    cdef Order* order = &pool[slot]
    order.next = 0
    order.prev = level.tail
    if level.tail:
        pool[level.tail].next = slot
    else:
        level.head = slot
    level.tail = slot
    level.quantity += order.remaining


cdef inline void unlink(Order* pool, Level* level, slot_t slot) noexcept nogil:
    cdef const Order* order = &pool[slot]
    if order.prev:
        pool[order.prev].next = order.next
    else:
        level.head = order.next
    if order.next:
        pool[order.next].prev = order.prev
    else:
        level.tail = order.prev
    level.quantity -= order.remaining


cdef inline void rest(Core* core, Incoming* incoming) noexcept nogil:
    """Give the order the last place at its price."""
    cdef slot_t slot = arrive(core, incoming)
    cdef const Order* order = &core.pool[slot]
    cdef Book* book = core.books[order.symbol]
    cdef Level* level = open_level(core, book, order.side, order.price)
    cdef qty_t before = level.quantity
    append(core.pool, level, slot)
    touch(core, order.symbol, order.side, order.price, before, level.quantity)


cdef inline bint fires_on_rise(const Order* order) noexcept nogil:
    """Whether it waits for a higher price: a buy stop and a sell take-profit do."""
    cdef bint is_stop = order.order_type == STOP_LOSS or order.order_type == STOP_LIMIT
    return is_stop == (order.side == BUY)


cdef inline void watch(Book* book, bint on_rise) noexcept nogil:
    """Note the stop price that the last trade price will reach first."""
    if on_rise:
        book.rise_at = price_above(&book.waiting[1], 0, NO_ASK)
    else:
        book.fall_at = price_below(&book.waiting[0], NO_ASK, 0)


cdef inline void wait(Core* core, Incoming* incoming) noexcept nogil:
    """Give the order the last place of those that wait for its stop price."""
    cdef Book* book = core.books[incoming.order.symbol]
    cdef bint on_rise = fires_on_rise(&incoming.order)
    cdef slot_t slot
    incoming.order.waiting = True
    slot = arrive(core, incoming)
    append(core.pool, insert_level(&book.waiting[on_rise], incoming.stop_price), slot)
    watch(book, on_rise)


cdef inline void stop_waiting(Core* core, slot_t slot) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    cdef Book* book = core.books[order.symbol]
    cdef bint on_rise = fires_on_rise(order)
    cdef price_t stop_price = core.stop_prices[slot]
    cdef Level* level = find_level(&book.waiting[on_rise], stop_price)
    unlink(core.pool, level, slot)
    if level.head == 0:
        remove_level(&book.waiting[on_rise], stop_price)
        watch(book, on_rise)


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
