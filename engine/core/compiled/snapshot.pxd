"""Write orders to the records of saved bytes, and read them back."""

from libc.stdint cimport uint32_t, uint64_t

from engine.core.compiled.accounts cimport lock_again
from engine.core.compiled.book cimport level_at, open_level, worse_price
from engine.core.compiled.id_index cimport find_slot
from engine.core.compiled.ledger cimport is_out_of_range
from engine.core.compiled.orders cimport append, fires_on_rise, store, watch
from engine.core.compiled.refusals cimport (
    can_rest,
    has_price,
    is_account,
    is_between,
    is_valid_price,
)
from engine.core.compiled.sorted_levels cimport find_level, insert_level, price_above, price_below
from engine.core.compiled.state cimport (
    BUY,
    MAX_ORDER_ID,
    MAX_QUANTITY,
    NO_ASK,
    NO_BID,
    PREVENT_DECREMENT,
    SELL,
    STOP_LOSS,
    TAKE_PROFIT_LIMIT,
    Book,
    Core,
    Incoming,
    Level,
    Order,
    OrderRecord,
    price_t,
    slot_t,
)


cdef inline void write_order(const Core* core, slot_t slot, OrderRecord* record) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    record.order_id = order.order_id
    record.account = order.account
    record.price = order.price
    record.stop_price = core.stop_prices[slot] if order.order_type >= STOP_LOSS else 0
    record.remaining = order.remaining
    record.filled = order.filled
    record.arrival = order.arrival
    record.symbol = order.symbol
    record.side = order.side
    record.order_type = order.order_type
    record.prevention = order.prevention
    record.waiting = order.waiting


cdef inline uint64_t write_level(
    const Core* core, const Level* level, OrderRecord* records
) noexcept nogil:
    """Write a queue and return its length; with NULL for `records`, only count."""
    cdef slot_t slot = level.head
    cdef uint64_t count = 0
    while slot:
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


cdef inline uint64_t write_book(
    const Core* core, uint32_t symbol, OrderRecord* records
) noexcept nogil:
    """Write the open orders of a symbol in the order of saved bytes, and return how many."""
    cdef Book* book = core.books[symbol]
    cdef uint64_t count = write_side(core, book, BUY, records)
    count += write_side(core, book, SELL, behind(records, count))
    count += write_waiting(core, book, False, behind(records, count))
    count += write_waiting(core, book, True, behind(records, count))
    return count


cdef inline bint can_own(const Core* core, const OrderRecord* record) noexcept nogil:
    """Whether its account could have this order: one from before the ledger may be any number."""
    if core.ledger.terms[record.symbol].lot_units == 0:
        return record.account >= 0
    return is_account(core, record.account)


cdef inline bint is_sound(const Core* core, const OrderRecord* record) noexcept nogil:
    """Whether an order could be open in this matcher."""
    cdef bint is_triggered_type = record.order_type >= STOP_LOSS
    return (
        record.symbol < core.symbols
        and is_between(record.order_id, 1, MAX_ORDER_ID)
        and can_own(core, record)
        and record.side <= SELL
        and record.order_type <= TAKE_PROFIT_LIMIT
        and can_rest(record.order_type)
        and record.prevention <= PREVENT_DECREMENT
        and is_valid_price(record.price, has_price(record.order_type))
        and is_valid_price(record.stop_price, is_triggered_type)
        and is_sound_state(core, record)
    )


cdef inline bint is_sound_state(const Core* core, const OrderRecord* record) noexcept nogil:
    cdef bint has_waited = record.order_type >= STOP_LOSS
    return (
        is_between(record.remaining, 1, MAX_QUANTITY)
        and is_between(record.filled, 0, MAX_QUANTITY - record.remaining)
        and record.arrival <= core.arrival
        and record.waiting <= has_waited
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
    incoming.stop_price = record.stop_price


cdef inline void place_order(Core* core, slot_t slot, price_t stop_price) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    cdef Book* book = core.books[order.symbol]
    cdef bint on_rise
    if order.waiting:
        on_rise = fires_on_rise(order)
        append(core.pool, insert_level(&book.waiting[on_rise], stop_price), slot)
        watch(book, on_rise)
    else:
        append(core.pool, open_level(core, book, order.side, order.price), slot)


cdef inline bint is_in_turn(const Core* core, slot_t slot) noexcept nogil:
    """Whether an order came after the one before it in its queue."""
    cdef const Order* order = &core.pool[slot]
    return not order.prev or core.pool[order.prev].arrival < order.arrival


cdef inline bint restore_orders(
    Core* core, const OrderRecord* records, uint64_t count
) noexcept nogil:
    """Put saved orders back; return False at the first that could not have been there."""
    cdef Incoming incoming
    cdef uint64_t i
    cdef slot_t slot
    for i in range(count):
        if not is_sound(core, &records[i]):
            return False
        read_order(&records[i], &incoming)
        if is_out_of_range(core, &incoming.order):
            return False
        lock_again(core, &incoming.order)
        slot = store(core, &incoming)
        place_order(core, slot, incoming.stop_price)
        if not is_in_turn(core, slot):
            return False
    return True


cdef inline bint is_uncrossed(const Core* core) noexcept nogil:
    cdef uint32_t symbol
    for symbol in range(core.symbols):
        if core.books[symbol].best[BUY] >= core.books[symbol].best[SELL]:
            return False
    return True
