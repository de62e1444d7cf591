"""Write orders to the records of saved bytes, and read them back."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from engine.core.compiled.accounts cimport lock_again, lock_received
from engine.core.compiled.book cimport append, level_at, open_level, worse_price
from engine.core.compiled.extras cimport (
    begin_extra,
    extra_at,
    hidden_of,
    rest_of,
    stop_price_of,
)
from engine.core.compiled.id_index cimport find_slot
from engine.core.compiled.ledger cimport is_out_of_range
from engine.core.compiled.lists cimport slot_of
from engine.core.compiled.orders cimport fires_on_rise, store
from engine.core.compiled.queue cimport enqueue, sort_queue
from engine.core.compiled.refusals cimport (
    can_rest,
    has_price,
    is_account,
    is_between,
    is_valid_offset,
    is_valid_price,
    takes_time_in_force,
)
from engine.core.compiled.sorted_levels cimport find_level, insert_level, price_above, price_below
from engine.core.compiled.state cimport (
    BUY,
    HAS_EXTRA,
    IN_FORCE_FOK,
    MAX_AMOUNT,
    MAX_ORDER_ID,
    MAX_PARTS,
    MAX_PRICE,
    MAX_QUANTITY,
    NO_ASK,
    NO_BID,
    WORKING_ORDER,
    PREVENT_DECREMENT,
    SELL,
    STOP_LOSS,
    TAKE_PROFIT_LIMIT,
    TRAILING,
    UNHELD,
    Book,
    Core,
    Extra,
    ExtraRecord,
    Incoming,
    Level,
    ListRecord,
    Order,
    OrderRecord,
    TrailingRecord,
    Trails,
    price_t,
    qty_t,
    slot_t,
)
from engine.core.compiled.trailing cimport enter_trail, watch
from engine.core.compiled.trails cimport (
    extreme_of,
    first_extreme,
    is_beyond,
    last_trail,
    open_trail,
)


cdef inline void write_order(const Core* core, slot_t slot, OrderRecord* record) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    record.order_id = order.order_id
    record.account = order.account
    record.price = order.price
    record.stop_price = stop_price_of(core, slot)
    record.remaining = rest_of(core, slot)
    record.filled = order.filled
    record.arrival = order.arrival
    record.symbol = order.symbol
    record.side = order.side
    record.order_type = order.order_type
    record.prevention = order.prevention
    record.waiting = order.waiting


# What few orders have: each kind of it is written, or with NULL only looked for.
ctypedef bint (*write_few_t)(const Core*, slot_t, uint32_t, void*) noexcept nogil


cdef inline uint64_t write_few(
    const Core* core, const OrderRecord* records, uint64_t count, write_few_t write, char* room,
    size_t size,
) noexcept nogil:
    """Write a record of that size for each saved order that has something; return how many.

    With NULL for `room`, only count.
    """
    cdef uint64_t i, found = 0
    cdef slot_t slot
    for i in range(count):
        slot = find_slot(&core.index, core.pool, records[i].order_id)
        found += write(core, slot, <uint32_t>i, room + found * size if room != NULL else NULL)
    return found


cdef inline bint write_extra(
    const Core* core, slot_t slot, uint32_t place, void* room
) noexcept nogil:
    """Write the time in force and the parts of an order; return whether it has any of it."""
    cdef const Order* order = &core.pool[slot]
    cdef qty_t display = extra_at(core, slot).display if order.has_extra else 0
    if display == 0 and order.time_in_force == 0:
        return False
    if room != NULL:
        (<ExtraRecord*>room)[0] = ExtraRecord(
            place, order.time_in_force, display, hidden_of(core, slot)
        )
    return True


cdef inline bint write_links(
    const Core* core, slot_t slot, uint32_t place, void* room
) noexcept nogil:
    """Write what an order has in its list; return whether it is in one."""
    cdef const Extra* extra = extra_at(core, slot)
    if not core.pool[slot].has_extra or not (extra.partner or extra.link):
        return False
    if room != NULL:
        (<ListRecord*>room)[0] = ListRecord(
            place, core.pool[slot].has_extra & UNHELD != 0, extra.is_keeping, extra.partner,
            extra.link, extra.received,
        )
    return True


cdef inline bint write_trail(
    const Core* core, slot_t slot, uint32_t place, void* room
) noexcept nogil:
    """Write what a trailing stop has; return whether the order is one."""
    cdef const Extra* extra = extra_at(core, slot)
    if not core.pool[slot].has_extra or extra.offset == 0:
        return False
    if room != NULL:
        (<TrailingRecord*>room)[0] = TrailingRecord(
            place, extra.unit, extra.offset, extreme_of(core, &core.pool[slot])
        )
    return True


cdef inline uint64_t write_level(
    const Core* core, const Level* level, OrderRecord* records
) noexcept nogil:
    """Write a queue and return its length; with NULL for `records`, only count.

    What trails is not of it: there are more than wait in the queues.
    """
    cdef slot_t slot = level.head
    cdef uint64_t count = 0
    while slot:
        if core.pool[slot].waiting != TRAILING:
            if records != NULL:
                write_order(core, slot, &records[count])
            count += 1
        slot = core.pool[slot].next
    return count


cdef inline OrderRecord* behind(OrderRecord* records, uint64_t count) noexcept nogil:
    return records + count if records != NULL else NULL


cdef inline uint64_t write_side(
    const Core* core, Book* book, uint32_t side, OrderRecord* records
) noexcept nogil:
    cdef price_t price = book.best[side]
    cdef uint64_t count = 0
    while price != NO_BID and price != NO_ASK:
        count += write_level(core, level_at(book, side, price), behind(records, count))
        price = worse_price(book, side, price)
    return count


cdef inline price_t next_stop(const Book* book, bint on_rise, price_t stop_price) noexcept nogil:
    """Return the stop price that is reached next after `stop_price`, or 0."""
    if on_rise:
        return price_above(&book.waiting[1], stop_price, 0)
    return price_below(&book.waiting[0], stop_price, 0)


cdef inline uint64_t write_waiting(
    const Core* core, Book* book, bint on_rise, OrderRecord* records
) noexcept nogil:
    cdef price_t price = next_stop(book, on_rise, 0 if on_rise else NO_ASK)
    cdef uint64_t count = 0
    while price:
        count += write_level(
            core, find_level(&book.waiting[on_rise], price), behind(records, count)
        )
        price = next_stop(book, on_rise, price)
    return count


cdef inline void queue_heap(Core* core, slot_t root) noexcept nogil:
    """Queue the orders of a heap."""
    cdef uint32_t i = core.queue_count
    cdef slot_t slot
    if root:
        enqueue(core, root)
    while i < core.queue_count:
        slot = extra_at(core, core.queue[i].slot).child
        while slot:
            enqueue(core, slot)
            slot = core.pool[slot].next
        i += 1


cdef inline uint64_t write_trails(
    Core* core, const Trails* trails, OrderRecord* records
) noexcept nogil:
    """Write the orders that follow the price on a side, as they began."""
    cdef uint32_t i
    cdef uint64_t count
    for i in range(trails.count):
        queue_heap(core, trails.records[i].roots[0])
        queue_heap(core, trails.records[i].roots[1])
    sort_queue(core, 0)
    count = core.queue_count
    if records != NULL:
        for i in range(core.queue_count):
            write_order(core, core.queue[i].slot, &records[i])
    core.queue_count = 0
    return count


cdef inline uint64_t write_book(
    Core* core, uint32_t symbol, OrderRecord* records
) noexcept nogil:
    """Write the open orders of a symbol in the order of saved bytes, and return how many."""
    cdef Book* book = core.books[symbol]
    cdef uint64_t count = write_side(core, book, BUY, records)
    count += write_side(core, book, SELL, behind(records, count))
    count += write_waiting(core, book, False, behind(records, count))
    count += write_waiting(core, book, True, behind(records, count))
    count += write_trails(core, &book.trails[BUY], behind(records, count))
    count += write_trails(core, &book.trails[SELL], behind(records, count))
    count += write_level(core, &book.pending, behind(records, count))
    return count


cdef inline bint can_own(const Core* core, const OrderRecord* record) noexcept nogil:
    """Whether its account could have this order: one from before the ledger may be any number."""
    if core.ledger.terms[record.symbol].lot_units == 0:
        return record.account >= 0
    return is_account(core, record.account)


cdef inline bint is_sound(const Core* core, const OrderRecord* record) noexcept nogil:
    """Whether an order could be open in this matcher."""
    cdef bint has_stop_price = record.order_type >= STOP_LOSS
    if record.waiting >= TRAILING and record.stop_price == 0:  # it trails, or is to, at once
        has_stop_price = False
    return (
        record.symbol < core.symbols
        and is_between(record.order_id, 1, MAX_ORDER_ID)
        and can_own(core, record)
        and record.side <= SELL
        and record.order_type <= TAKE_PROFIT_LIMIT
        and (can_rest(record.order_type) or record.waiting == WORKING_ORDER)
        and record.prevention <= PREVENT_DECREMENT
        and is_valid_price(record.price, has_price(record.order_type))
        and is_valid_price(record.stop_price, has_stop_price)
        and is_sound_state(core, record)
    )


cdef inline bint is_sound_state(const Core* core, const OrderRecord* record) noexcept nogil:
    cdef uint8_t most_waiting = TRAILING if record.order_type >= STOP_LOSS else 0
    return (
        is_between(record.remaining, 1, MAX_QUANTITY)
        and is_between(record.filled, 0, MAX_QUANTITY - record.remaining)
        and record.arrival <= core.arrival
        and (record.waiting <= most_waiting or record.waiting == WORKING_ORDER)
        and (record.waiting or record.price)
        and not find_slot(&core.index, core.pool, record.order_id)
    )


cdef inline void read_order(const OrderRecord* record, Incoming* incoming) noexcept nogil:
    cdef Order* order = &incoming.order
    order.order_id = record.order_id
    order.account = record.account
    order.price = record.price
    order.remaining = record.remaining
    order.filled = record.filled
    order.arrival = record.arrival
    order.next = 0
    order.prev = 0
    order.symbol = record.symbol
    order.side = record.side
    order.order_type = record.order_type
    order.prevention = record.prevention
    order.waiting = record.waiting
    order.time_in_force = 0
    order.has_extra = record.stop_price != 0
    begin_extra(&incoming.extra, record.stop_price, 0)


cdef inline void place_order(Core* core, slot_t slot, price_t stop_price) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    cdef Book* book = core.books[order.symbol]
    cdef bint on_rise
    if order.waiting == TRAILING:
        enter_trail(core, slot)
    elif order.waiting == WORKING_ORDER:
        append(core.pool, &book.pending, slot)
    elif order.waiting:
        on_rise = fires_on_rise(order)
        append(core.pool, insert_level(&book.waiting[on_rise], stop_price), slot)
        watch(book)
    else:
        append(core.pool, open_level(core, book, order.side, order.price), slot)


cdef inline bint is_in_turn(const Core* core, slot_t slot) noexcept nogil:
    """Whether an order came after the one before it in its queue."""
    cdef const Order* order = &core.pool[slot]
    if order.waiting == TRAILING:  # seen by `read_trail`
        return True
    return not order.prev or core.pool[order.prev].arrival < order.arrival


cdef inline bint has_time_in_force(const Order* order, uint32_t time_in_force) noexcept nogil:
    """Whether an order that is open can have a time in force that ends it at once."""
    if order.waiting and takes_time_in_force(order.order_type):
        return time_in_force <= IN_FORCE_FOK
    return order.waiting == WORKING_ORDER and time_in_force == order.order_type


cdef inline bint read_list(const ListRecord* record, Incoming* incoming) noexcept nogil:
    """Give an order what it has in a list; return False if it could not have that."""
    cdef Order* order = &incoming.order
    if not (record.partner or record.link) or record.is_unheld > 1 or record.is_keeping > 1:
        return False
    if not is_between(record.received, 0, MAX_AMOUNT if record.is_keeping else 0):
        return False
    if record.partner and order.filled:
        return False
    order.has_extra = HAS_EXTRA | (UNHELD if record.is_unheld else 0)
    incoming.extra.partner = record.partner
    incoming.extra.link = record.link
    incoming.extra.received = record.received
    incoming.extra.is_keeping = <uint8_t>record.is_keeping
    return True


cdef inline bint are_partners(const Core* core, slot_t slot, slot_t partner) noexcept nogil:
    """Whether two legs know each other, and one of them holds, or neither of what is bought."""
    cdef const Order* order = &core.pool[slot]
    cdef const Order* other = &core.pool[partner]
    if not partner or not other.has_extra or extra_at(core, partner).partner != order.order_id:
        return False
    return (
        other.account == order.account
        and other.symbol == order.symbol
        and other.side == order.side
        and rest_of(core, partner) == rest_of(core, slot)
        and ((order.has_extra | other.has_extra) & UNHELD)
        and extra_at(core, slot).link == (
            extra_at(core, partner).link if order.waiting == WORKING_ORDER else 0
        )
    )


cdef inline bint is_followed(const Core* core, slot_t slot) noexcept nogil:
    """Whether a working order and a pending one know each other."""
    cdef const Order* order = &core.pool[slot]
    cdef slot_t linked = slot_of(core, extra_at(core, slot).link)
    cdef const Order* other = &core.pool[linked]
    cdef int64_t back
    if not linked or not other.has_extra or (
        (order.waiting == WORKING_ORDER) == (other.waiting == WORKING_ORDER)
    ):
        return False
    back = extra_at(core, linked).link
    return (
        other.account == order.account
        and other.symbol == order.symbol
        and (
            back == order.order_id
            or (order.waiting == WORKING_ORDER and back == extra_at(core, slot).partner)
        )
    )


cdef inline bint are_lists_whole(
    const Core* core, const OrderRecord* records, const ListRecord* lists, uint64_t count
) noexcept nogil:
    """Whether restored orders that name each other belong to each other."""
    cdef const Extra* extra
    cdef uint64_t i
    cdef slot_t slot
    for i in range(count):
        slot = slot_of(core, records[lists[i].place].order_id)
        extra = extra_at(core, slot)
        if extra.partner and not are_partners(core, slot, slot_of(core, extra.partner)):
            return False
        if extra.link and not is_followed(core, slot):
            return False
    return True


cdef inline bint read_trailing(
    Core* core, const TrailingRecord* record, Incoming* incoming
) noexcept nogil:
    """Have a restored order trail, or be about to; return False if it could not."""
    cdef Order* order = &incoming.order
    if record.offset == 0 or not is_valid_offset(order.order_type, record.unit, record.offset):
        return False
    if incoming.extra.link and order.waiting != WORKING_ORDER:
        return False
    order.has_extra |= HAS_EXTRA
    incoming.extra.offset = record.offset
    incoming.extra.unit = <uint8_t>record.unit
    if order.waiting == TRAILING:
        return read_trail(core, order, record.extreme)
    return record.extreme == 0 and (
        incoming.extra.stop_price > 0 or order.waiting == WORKING_ORDER
    )


cdef inline bint must_trail(const Order* order, price_t stop_price) noexcept nogil:
    """Whether an order could not be without a trailing offset."""
    return order.waiting == TRAILING or (order.order_type >= STOP_LOSS and stop_price == 0)


cdef inline bint read_trail(Core* core, const Order* order, price_t extreme) noexcept nogil:
    """Open the trail of an order that follows `extreme`; return False if that cannot be."""
    cdef Book* book = core.books[order.symbol]
    cdef Trails* trails = &book.trails[order.side]
    if not is_between(extreme, 0, MAX_PRICE) or (extreme == 0) != (book.last_trade_price == 0):
        return False
    extreme = first_extreme(order.side, extreme)
    if book.last_trade_price and is_beyond(order.side, book.last_trade_price, extreme):
        return False
    if trails.count and (
        is_beyond(order.side, extreme, last_trail(trails).extreme)
        or order.arrival <= trails.latest
    ):
        return False
    open_trail(trails, extreme, order.arrival)
    return True


cdef inline bint read_extra(const ExtraRecord* record, Incoming* incoming) noexcept nogil:
    """Give an order what few have; return False if it could not have that."""
    cdef Order* order = &incoming.order
    if record.time_in_force and not has_time_in_force(order, record.time_in_force):
        return False
    order.time_in_force = <uint8_t>record.time_in_force
    if not is_between(record.display, 0, MAX_QUANTITY) or not is_between(
        record.hidden, 0, order.remaining - 1
    ):
        return False
    if (record.display == 0 or order.waiting) and record.hidden:
        return False
    if record.display and (order.price == 0 or order.remaining > record.display * MAX_PARTS):
        return False
    if record.display and not order.waiting and order.remaining - record.hidden > record.display:
        return False
    if record.display:
        order.has_extra |= HAS_EXTRA
    order.remaining -= record.hidden
    incoming.extra.display = record.display
    incoming.extra.hidden = record.hidden
    return record.time_in_force or record.display


cdef inline bint restore_orders(
    Core* core, const OrderRecord* records, uint64_t count, const ExtraRecord* extras,
    uint64_t extra_count, const ListRecord* lists, uint64_t list_count,
    const TrailingRecord* trailing, uint64_t trailing_count,
) noexcept nogil:
    """Put saved orders back; return False at the first that could not have been there."""
    cdef Incoming incoming
    cdef uint64_t i, next_extra = 0, next_list = 0, next_trailing = 0
    cdef slot_t slot
    for i in range(count):
        if not is_sound(core, &records[i]):
            return False
        read_order(&records[i], &incoming)
        if is_out_of_range(core, &incoming.order):
            return False
        if next_list < list_count and lists[next_list].place == i:
            if not read_list(&lists[next_list], &incoming):
                return False
            next_list += 1
        if incoming.order.waiting == WORKING_ORDER and not incoming.extra.link:
            return False
        lock_again(core, &incoming.order)
        lock_received(core, &incoming.order, incoming.extra.received)
        if next_extra < extra_count and extras[next_extra].place == i:
            if not read_extra(&extras[next_extra], &incoming):
                return False
            next_extra += 1
        if next_trailing < trailing_count and trailing[next_trailing].place == i:
            if not read_trailing(core, &trailing[next_trailing], &incoming):
                return False
            next_trailing += 1
        elif must_trail(&incoming.order, records[i].stop_price):
            return False
        slot = store(core, &incoming)
        place_order(core, slot, records[i].stop_price)
        if not is_in_turn(core, slot):
            return False
    if next_extra != extra_count or next_list != list_count or next_trailing != trailing_count:
        return False
    return are_lists_whole(core, records, lists, list_count)


cdef inline bint is_uncrossed(const Core* core) noexcept nogil:
    cdef uint32_t symbol
    for symbol in range(core.symbols):
        if core.books[symbol].best[BUY] >= core.books[symbol].best[SELL]:
            return False
    return True
