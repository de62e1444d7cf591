"""Apply the core's events to the orders, and write what is published about them."""

from libc.stdint cimport int64_t

from engine.core.compiled.rows cimport event_row
from engine.core.compiled.state cimport (
    ACCEPTED,
    AMENDED,
    CANCELED,
    COMMISSION,
    EXPIRED,
    LEVEL,
    REJECTED,
    TRADE,
    EventRecord,
)
from engine.exchange.orders cimport Order
from engine.order_path.path cimport (
    MAKER,
    REASONS,
    STATUS_CANCELED,
    STATUS_EXPIRED,
    STATUS_REJECTED,
    TAKER,
    BookChanges,
    Market,
    Path,
)
from engine.order_path.writing cimport fill_text, publish_trade, report


cdef inline int read_rare(Path path, const EventRecord* event) except -1:
    """Have an event recorded that few commands have."""
    path.note(path.place + 1)
    path.flush()
    path.reader.read([event_row(event)], path.batch)
    path.take_numbers()
    return 0


cdef inline Order get(Path path, int64_t order_id):
    """Return the order that the core names."""
    if path.order is not None and path.order.order_id == order_id:
        return path.order
    return path.orders.get(order_id)


cdef inline int set_level(Path path, const EventRecord* event) except -1:
    cdef Market market = <Market>path.markets[(event.head >> 16) & 0xFFFFFFFF]
    cdef dict levels
    if market.changes is None:
        market.changes = path.batch.changes.get(market.index)
        if market.changes is None:
            market.changes = BookChanges(market.instrument, event.number)
            path.batch.changes[market.index] = market.changes
        market.bids, market.asks = market.changes.bids, market.changes.asks
    market.last_update_id = event.number
    levels = market.asks if event.head >> 48 & 0xFF else market.bids
    levels[event.price] = event.quantity
    return 0


cdef inline int accept(Path path, const EventRecord* event) except -1:
    cdef Order order = get(path, event.order_id)
    path.orders_count += 1
    path.orders.number(order, path.orders_count * path.number_step + path.number_rest)
    if not order.quantity:
        order.find_quantity(event.quantity)
    if event.other_remaining != order.stop_price:
        order.follow(event.other_remaining)
    order.before = None
    report(path, order, None)
    return 0


cdef inline int record_amend(Path path, const EventRecord* event) except -1:
    cdef Order order = get(path, event.order_id)
    cdef tuple before = (order.client_order_id, order.quantity)
    order.amend(event.price, event.quantity, event.remaining, event.other_remaining)
    order.before = before
    report(path, order, None)
    return 0


cdef inline int close(Path path, Order order, object status, object reason) except -1:
    """Report that an order ended."""
    order.end(status, reason)
    if status is STATUS_REJECTED:
        path.batch.rejects.append(reason)
    order.before = None
    report(path, order, None)
    path.orders.close(order)
    return 0


cdef inline int end_order(Path path, const EventRecord* event, object status) except -1:
    cdef Order order = get(path, event.order_id)
    if event.other_remaining:
        order.follow(event.other_remaining)
    close(path, order, status, REASONS[event.head >> 8 & 0xFF])
    return 0


cdef inline int report_fill(
    Path path, const EventRecord* event, Market market, Order order, object liquidity,
    int64_t commission,
) except -1:
    cdef str fill = fill_text(path, event, market, order, liquidity, commission)
    if path.is_answered:
        path.batch.fills.append((order.order_id, fill))
    report(path, order, fill)
    if not order.remaining:
        path.orders.close(order)
    return 0


cdef inline int trade(Path path, const EventRecord* event) except -1:
    cdef Order taker = get(path, event.order_id), maker = get(path, event.other_id)
    cdef Market market = path.markets[(event.head >> 16) & 0xFFFFFFFF]
    publish_trade(path, event, market, taker, maker)
    taker.fill(event.price, event.quantity, event.remaining)
    maker.fill(event.price, event.quantity, event.other_remaining)
    taker.before = maker.before = None
    report_fill(path, event, market, taker, TAKER, path.taker_commission)
    report_fill(path, event, market, maker, MAKER, path.maker_commission)
    path.is_charged = False
    return 0


cdef inline int record(Path path, const EventRecord* events, Py_ssize_t count) except -1:
    """Apply the core's events to the orders, and write what is published about them."""
    cdef Py_ssize_t i
    cdef const EventRecord* event
    cdef int kind
    if path.is_answered:
        path.note(path.place + 1)  # the answer has the fills of this entry
    for i in range(count):
        event = &events[i]
        kind = event.head & 0xFF
        if kind == LEVEL:
            set_level(path, event)
        elif kind == ACCEPTED:
            accept(path, event)
        elif kind == CANCELED:
            end_order(path, event, STATUS_CANCELED)
        elif kind == TRADE:
            trade(path, event)
        elif kind == COMMISSION:
            path.is_charged = True
            path.taker_commission, path.maker_commission = event.quantity, event.remaining
        elif kind == AMENDED:
            record_amend(path, event)
        elif kind == EXPIRED:
            end_order(path, event, STATUS_EXPIRED)
        elif kind == REJECTED:
            end_order(path, event, STATUS_REJECTED)
        else:
            read_rare(path, event)
    return 0
