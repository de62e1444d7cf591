"""What a command produces: its events, and the levels whose quantity it changed."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from engine.core.compiled.book cimport quantity_at
from engine.core.compiled.memory cimport allocate, grown
from engine.core.compiled.state cimport (
    CANCELED,
    COMMAND_REJECTED,
    EXPIRED,
    HASH_SPREAD,
    LEVEL,
    Book,
    Core,
    EventRecord,
    Order,
    TouchedLevel,
    price_t,
    qty_t,
    unlikely,
)

cdef enum:
    FEW_TOUCHED = 16  # levels that are compared with each other rather than looked up


cdef inline void grow_events(Core* core) noexcept nogil:
    """Give the events twice the room, in memory of the core's own."""
    cdef size_t size = core.event_capacity * sizeof(EventRecord)
    cdef EventRecord* larger = <EventRecord*>allocate(2 * size)
    memcpy(larger, core.events, size)
    free(core.own_events)
    core.events = core.own_events = larger
    core.event_capacity = core.own_capacity = 2 * core.event_capacity


cdef inline void lend_events(Core* core, EventRecord* room, uint64_t capacity) noexcept nogil:
    """Have the next events written to `room`, as long as they fit."""
    core.events = room
    core.event_capacity = capacity


cdef inline void own_events(Core* core) noexcept nogil:
    """Have events written to memory of the core's own again."""
    core.events = core.own_events
    core.event_capacity = core.own_capacity


cdef inline EventRecord* next_event(
    Core* core, uint64_t kind, uint64_t reason, uint32_t symbol, uint64_t side
) noexcept nogil:
    cdef EventRecord* event
    if unlikely(core.event_count == core.event_capacity):
        grow_events(core)
    event = &core.events[core.event_count]
    core.event_count += 1
    event.head = kind | reason << 8 | <uint64_t>symbol << 16 | side << 48
    return event


cdef inline void emit(
    Core* core,
    uint64_t kind,
    uint64_t reason,
    const Order* order,
    int64_t other_id,
    price_t price,
    qty_t quantity,
    qty_t remaining,
    qty_t other_remaining,
    int64_t number,
) noexcept nogil:
    """Emit one event of an order, with the fields that `codes.Event` names."""
    cdef EventRecord* event = next_event(core, kind, reason, order.symbol, order.side)
    event.order_id = order.order_id
    event.other_id = other_id
    event.price = price
    event.quantity = quantity
    event.remaining = remaining
    event.other_remaining = other_remaining
    event.number = number


cdef inline void emit_canceled(
    Core* core, const Order* order, qty_t quantity, uint64_t reason
) noexcept nogil:
    emit(core, CANCELED, reason, order, 0, order.price, quantity, 0, 0, 0)


cdef inline void emit_expired(
    Core* core, const Order* order, qty_t quantity, uint64_t reason
) noexcept nogil:
    emit(core, EXPIRED, reason, order, 0, order.price, quantity, 0, 0, 0)


cdef inline void emit_refusal(
    Core* core, uint64_t kind, uint64_t reason, uint32_t symbol, uint64_t side, int64_t order_id
) noexcept nogil:
    """Emit a REJECTED or a COMMAND_REJECTED."""
    cdef EventRecord* event = next_event(core, kind, reason, symbol, side)
    event.order_id = order_id
    event.other_id = 0
    event.price = 0
    event.quantity = 0
    event.remaining = 0
    event.other_remaining = 0
    event.number = 0


cdef inline void refuse_command(Core* core, uint64_t reason, int64_t order_id) noexcept nogil:
    """Refuse a command about no order that the sender can see, without symbol and side."""
    emit_refusal(core, COMMAND_REJECTED, reason, <uint32_t>-1, 0, order_id)


cdef inline void refuse_order(Core* core, const Order* order, uint32_t reason) noexcept nogil:
    emit_refusal(core, COMMAND_REJECTED, reason, order.symbol, order.side, order.order_id)


cdef inline void touch(
    Core* core, uint32_t symbol, uint32_t side, price_t price, qty_t before, qty_t after
) noexcept nogil:
    """Remember a level's quantity from before a change and from after it.

    One incoming order meets each level once; only a command that does more than one thing can
    touch a level again, and says so by `is_compound`.
    """
    cdef size_t size = core.touched_capacity * sizeof(TouchedLevel)
    if unlikely(core.touched_count == core.touched_capacity):
        core.touched = <TouchedLevel*>grown(core.touched, size, 2 * size)
        core.touched_capacity *= 2
    core.touched[core.touched_count] = TouchedLevel(price, before, after, symbol, side)
    core.touched_count += 1


cdef inline bint is_same_level(const TouchedLevel* a, const TouchedLevel* b) noexcept nogil:
    return a.price == b.price and a.symbol == b.symbol and a.side == b.side


cdef inline uint32_t touched_hash(const TouchedLevel* level) noexcept nogil:
    cdef uint64_t key = <uint64_t>level.price ^ <uint64_t>level.symbol << 48
    return <uint32_t>(((key << 1 | level.side) * HASH_SPREAD) >> 32)


cdef inline bint is_first_touch(
    Core* core, uint32_t* seen, uint32_t mask, uint32_t at
) noexcept nogil:
    """Whether entry `at` is not yet among the `seen`; add it to them."""
    cdef uint32_t i = touched_hash(&core.touched[at]) & mask
    while seen[i]:
        if is_same_level(&core.touched[seen[i] - 1], &core.touched[at]):
            return False
        i = (i + 1) & mask
    seen[i] = at + 1
    return True


cdef inline bint is_among(
    const TouchedLevel* levels, uint32_t count, const TouchedLevel* sought
) noexcept nogil:
    cdef uint32_t i
    for i in range(count):
        if is_same_level(&levels[i], sought):
            return True
    return False


cdef inline void drop_few_repeats(Core* core) noexcept nogil:
    """Do what `drop_repeats` does without a table: an amend touches two levels or some more."""
    cdef uint32_t kept = 0, i
    for i in range(core.touched_count):
        if not is_among(core.touched, kept, &core.touched[i]):
            core.touched[kept] = core.touched[i]
            kept += 1
    core.touched_count = kept


cdef inline uint32_t clear_seen(Core* core) noexcept nogil:
    """Empty the table of levels seen, at most half full of the touched ones; return its mask."""
    cdef uint32_t size = FEW_TOUCHED
    while size < 2 * core.touched_count:
        size *= 2
    if size > core.seen_capacity:
        free(core.seen)
        core.seen = <uint32_t*>allocate(size * sizeof(uint32_t))
        core.seen_capacity = size
    else:
        memset(core.seen, 0, size * sizeof(uint32_t))
    return size - 1


cdef inline void drop_repeats(Core* core) noexcept nogil:
    """Keep the first touch of each level, in the order of the first touches."""
    cdef uint32_t kept = 0, mask, i
    if core.touched_count <= FEW_TOUCHED:
        drop_few_repeats(core)
        return
    mask = clear_seen(core)
    for i in range(core.touched_count):
        core.touched[kept] = core.touched[i]
        if is_first_touch(core, core.seen, mask, kept):
            kept += 1
    core.touched_count = kept


cdef inline void report_level(Core* core, const TouchedLevel* touched) noexcept nogil:
    cdef Book* book = core.books[touched.symbol]
    cdef qty_t quantity = touched.after
    cdef EventRecord* event
    if unlikely(core.is_compound):
        quantity = quantity_at(book, touched.side, touched.price)
    if quantity == touched.before:
        return
    book.update_id += 1
    event = next_event(core, LEVEL, 0, touched.symbol, touched.side)
    event.order_id = 0
    event.other_id = 0
    event.price = touched.price
    event.quantity = quantity
    event.remaining = 0
    event.other_remaining = 0
    event.number = book.update_id


cdef inline void report_levels(Core* core) noexcept nogil:
    """Close a command with one LEVEL event for each level whose quantity differs."""
    cdef uint32_t i
    if unlikely(core.is_compound):
        if core.is_joined:  # all that is joined is one compound command
            return
        if core.touched_count > 1:
            drop_repeats(core)
    for i in range(core.touched_count):
        report_level(core, &core.touched[i])
    core.touched_count = 0
    core.is_compound = False
