"""A core's memory, from its beginning to its end."""

from libc.stdint cimport uint32_t
from libc.stdlib cimport free

from engine.core.compiled.accounts cimport close_ledger
from engine.core.compiled.book cimport free_book, new_book
from engine.core.compiled.events cimport own_events
from engine.core.compiled.id_index cimport open_index
from engine.core.compiled.memory cimport allocate, grown
from engine.core.compiled.state cimport (
    ACCOUNT_BUCKETS,
    Book,
    Core,
    EventRecord,
    Extra,
    Order,
    QueuedOrder,
    Terms,
    TouchedLevel,
)

cdef enum:
    FIRST_EVENTS = 1024
    FIRST_LEVELS = 64
    FIRST_IDS = 1024
    FIRST_EXTRAS = 64


cdef inline void open_core(Core* core, uint32_t capacity, uint32_t max_orders) noexcept nogil:
    core.capacity = capacity + 1
    core.max_orders = max_orders
    core.next_slot = 1
    core.pool = <Order*>allocate(core.capacity * sizeof(Order))
    core.extra_of = <uint32_t*>allocate(core.capacity * sizeof(uint32_t))
    core.extra_capacity = FIRST_EXTRAS
    core.next_extra = 1
    core.extras = <Extra*>allocate(FIRST_EXTRAS * sizeof(Extra))
    core.account_orders = <uint32_t*>allocate(ACCOUNT_BUCKETS * sizeof(uint32_t))
    open_index(&core.index, FIRST_IDS)
    core.own_capacity = FIRST_EVENTS
    core.own_events = <EventRecord*>allocate(FIRST_EVENTS * sizeof(EventRecord))
    own_events(core)
    core.touched_capacity = FIRST_LEVELS
    core.touched = <TouchedLevel*>allocate(FIRST_LEVELS * sizeof(TouchedLevel))
    core.queue_capacity = FIRST_LEVELS
    core.queue = <QueuedOrder*>allocate(FIRST_LEVELS * sizeof(QueuedOrder))


cdef inline void close_core(Core* core) noexcept nogil:
    cdef uint32_t i
    for i in range(core.symbols):
        free_book(core.books[i])
    for i in range(core.window_block_count):
        free(core.window_blocks[i])
    free(core.window_blocks)
    free(core.books)
    free(core.pool)
    free(core.extra_of)
    free(core.extras)
    free(core.account_orders)
    free(core.index.entries)
    free(core.own_events)
    free(core.touched)
    free(core.seen)
    free(core.queue)
    close_ledger(&core.ledger)


cdef inline void append_book(Core* core) noexcept nogil:
    cdef size_t old = core.symbol_capacity
    cdef size_t new = 2 * old + 8
    if core.symbols == core.symbol_capacity:
        core.books = <Book**>grown(core.books, old * sizeof(void*), new * sizeof(void*))
        core.ledger.terms = <Terms*>grown(
            core.ledger.terms, old * sizeof(Terms), new * sizeof(Terms)
        )
        core.symbol_capacity = <uint32_t>new
    core.books[core.symbols] = new_book()
    core.symbols += 1
