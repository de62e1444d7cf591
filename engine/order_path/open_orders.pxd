"""Take a `cancel` or an `amend`, as `engine.exchange.changes` does."""

from libc.stdint cimport int64_t

from engine.core.compiled.state cimport (
    COMMAND_AMEND,
    COMMAND_CANCEL,
    COMMAND_REJECTED,
    CommandRecord,
)
from engine.exchange.orders cimport Order
from engine.order_path.answers cimport answer
from engine.order_path.fields cimport Fields, Target
from engine.order_path.new_orders cimport is_at_price
from engine.order_path.path cimport (
    ORDER_CLOSED,
    PLAIN,
    UNKNOWN_ORDER,
    Market,
    Path,
    Refusal,
    encode,
)
from engine.order_path.recording cimport record
from engine.order_path.rejects cimport put_refusal
from engine.order_path.terms cimport MAX_PARTS, read_price, read_quantity
from engine.order_path.values cimport read_whole, to_str_or_none
from engine.order_path.words cimport ONLY_NEW
from engine.order_path.writing cimport is_plain
from protocol.plain_text cimport is_identifier, is_same, to_str


cdef inline Order find_order(Path path, const Fields* fields, const Target* target):
    """Return the open order that an entry names; None if that needs a second look."""
    cdef Order order
    cdef Market market
    if not path.find_account(&fields.account):
        return None
    if target.order_id.at:
        order = path.orders.find(read_whole(&target.order_id))
    elif target.number:
        order = path.orders.find_number(target.number)
    elif is_identifier(&target.client_order_id):
        order = path.exchange.find_open_name(path.account, to_str(&target.client_order_id))
    else:
        return None
    if order is None or order.is_closed or order.account != path.account:
        return None
    if target.client_order_id.at and not is_same(
        order.client_order_id, &target.client_order_id
    ):
        return None
    market = path.markets[order.symbol]
    if fields.symbol.at and not is_same(market.symbol, &fields.symbol):
        return None
    return order


cdef inline bint refuse(Path path, const Fields* fields) except -1:
    """Refuse a command about an order, named by its id, that is closed or not there."""
    cdef Order order
    cdef int64_t order_id = read_whole(&fields.order.order_id)
    if path.is_answered or order_id < 0 or fields.order.client_order_id.at or fields.symbol.at:
        return False
    order = path.orders.find(order_id)
    if order is None or order.account != path.account:
        put_refusal(path, fields, UNKNOWN_ORDER, None, '"the account has no such order"')
    elif order.is_closed:
        put_refusal(
            path, fields, ORDER_CLOSED, order.client_order_id, f'"the order is {order.status}"'
        )
    else:
        return False
    return True


cdef inline bint may_cancel(Path path, const Target* target, Order order) noexcept:
    """Whether the order is in the state that its cancel is for, which has a right name."""
    if target.restriction and (target.restriction == ONLY_NEW) == (order.filled > 0):
        return False
    return target.cancel_id.at is NULL or is_identifier(&target.cancel_id)


cdef inline int take_out(Path path, const Target* target, Order order) except -1:
    """Cancel an order, and record what follows."""
    cdef CommandRecord command
    command.kind = COMMAND_CANCEL
    command.order_id = order.order_id
    command.account = path.account_number
    order.cancel_id = to_str_or_none(&target.cancel_id)
    path.order = order
    path.matcher.carry_out(&command)
    record(path, path.matcher.core.events, path.matcher.core.event_count)
    return 0


cdef inline bint cancel(Path path, const Fields* fields) except -1:
    cdef Order order = find_order(path, fields, &fields.order)
    if order is None:
        return refuse(path, fields)
    if not may_cancel(path, &fields.order, order):
        return False
    take_out(path, &fields.order, order)
    if path.is_answered:
        answer(path, fields, None, None)
    return True


cdef inline bint read_amended(
    Path path, const Fields* fields, Market market, Order order, CommandRecord* command
) noexcept:
    """Read an order's new terms; return False if anything is wrong with them, or unusual."""
    command.quantity = command.price = command.stop_price = 0
    if fields.quantity.at and not read_quantity(&command.quantity, fields, &market.grid):
        return False
    if fields.price.at and not read_price(&command.price, fields, &market.grid):
        return False
    return command.quantity or command.price


cdef inline bint refuse_amended(Path path, const Fields* fields, Order order) except -1:
    """Refuse new terms that are off the grid; return False if only the handler knows."""
    if path.is_answered or not order.price:
        return False
    try:
        if fields.quantity.size:
            order.instrument.quantity_to_lots(to_str(&fields.quantity))
        if fields.price.at:
            order.instrument.price_to_ticks(to_str(&fields.price))
    except Refusal as refusal:
        detail = encode(refusal.detail).decode()
        put_refusal(path, fields, refusal.code, order.client_order_id, detail)
        return True
    return False


cdef inline bint may_amend(
    Path path, Market market, Order order, const CommandRecord* command
) except -1:
    """Whether an order's new terms obey the limits; 0 keeps a value."""
    cdef int64_t display
    if command.price and not order.price:
        return False
    if command.quantity and command.quantity <= order.filled:
        return True  # it ends the order, whatever the limits
    if command.quantity:
        display = 0 if order.special is PLAIN else order.special.display_quantity
        if not market.obeys(command.quantity):
            return False
        if display and command.quantity > display * MAX_PARTS:
            return False
    if not market.is_limited or not order.price:
        return True
    return is_at_price(
        path, market, command.price or order.price, command.quantity or order.quantity,
        command.price and order.triggered is not False,
    )


cdef inline bint amend(Path path, const Fields* fields) except -1:
    cdef CommandRecord command
    cdef Market market
    cdef Order order = find_order(path, fields, &fields.order)
    if order is None:
        return refuse(path, fields)
    if not is_plain(order) or fields.stop_price.at:
        return False
    market = path.markets[order.symbol]
    if not market.grid.is_simple or market.index in path.phases:
        return False
    command.kind = COMMAND_AMEND
    command.order_id = order.order_id
    command.account = path.account_number
    if not read_amended(path, fields, market, order, &command):
        return refuse_amended(path, fields, order)
    if not may_amend(path, market, order, &command):
        return False
    path.matcher.carry_out(&command)
    if path.matcher.core.events[0].head & 0xFF == COMMAND_REJECTED:
        return False  # which has changed nothing, and comes out the same again
    path.order = order
    record(path, path.matcher.core.events, path.matcher.core.event_count)
    if path.is_answered:
        answer(path, fields, None, None)
    return True
