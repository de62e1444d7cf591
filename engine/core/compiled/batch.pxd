"""A batch of packed commands, with the memory that the next ones need fetched ahead.

For a command far ahead the id index entry is fetched; for a nearer one its price level and the
order that it seems to name; for the nearest one that order's neighbours. Nothing here branches on
what it reads: a wrong guess fetches a useless line and changes nothing.
"""

from libc.stdint cimport uint32_t, uint64_t

from engine.core.compiled.book cimport index_of
from engine.core.compiled.commands cimport run_command
from engine.core.compiled.id_index cimport hash_of
from engine.core.compiled.ledger cimport has_ledger
from engine.core.compiled.state cimport (
    Balance,
    CommandRecord,
    Core,
    IdEntry,
    Level,
    Order,
    Terms,
    prefetch,
    price_t,
)
from engine.core.compiled.state_hash cimport balance_place

cdef enum:
    FAR_AHEAD = 10
    AHEAD = 6
    NEAR_AHEAD = 3


cdef inline const IdEntry* home_entry(
    const Core* core, const CommandRecord* command
) noexcept nogil:
    return &core.index.entries[hash_of(command.order_id) >> core.index.shift]


cdef inline const Order* named_order(
    const Core* core, const CommandRecord* command
) noexcept nogil:
    return &core.pool[home_entry(core, command).slot]


cdef inline const Level* place_of(const Core* core, uint32_t symbol, price_t price) noexcept nogil:
    """Return where the level is, if the window covers it."""
    cdef uint32_t known = symbol if symbol < core.symbols else 0
    return &core.books[known].window[index_of(price)]


cdef inline const Balance* balance_of(
    const Core* core, const CommandRecord* command
) noexcept nogil:
    """Return where the balance is that the command holds from, if there is one."""
    cdef uint32_t symbol = command.symbol
    cdef const Terms* terms = &core.ledger.terms[symbol if symbol < core.symbols else 0]
    cdef uint32_t asset = terms.base if command.side else terms.quote
    return core.ledger.balances + balance_place(&core.ledger, command.account, asset)


cdef inline void run_batch(
    Core* core, const CommandRecord* commands, uint64_t count
) noexcept nogil:
    """Run the commands one after the other; all their events gather in the buffer.

    The fetches stand here and in no function of their own: a compiler drops a call that does
    nothing else.
    """
    cdef uint64_t i
    cdef uint64_t ahead = count - FAR_AHEAD if count > FAR_AHEAD and core.symbols else 0
    cdef const CommandRecord* command
    cdef const Order* order
    core.event_count = 0
    for i in range(ahead):
        prefetch(home_entry(core, &commands[i + FAR_AHEAD]), 1)
        command = &commands[i + AHEAD]
        prefetch(named_order(core, command), 1)
        prefetch(place_of(core, command.symbol, command.price), 1)
        if has_ledger(core):
            prefetch(balance_of(core, command), 1)
        order = named_order(core, &commands[i + NEAR_AHEAD])
        prefetch(&core.pool[order.next], 1)
        prefetch(&core.pool[order.prev], 1)
        run_command(core, &commands[i])
    for i in range(ahead, count):
        run_command(core, &commands[i])
