"""What a new order asks for, from an entry's fields to the numbers that the core takes."""

from libc.stdint cimport int64_t
from libc.string cimport memset

from engine.core.compiled.state cimport (
    COMMAND_NEW,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    MAX_PRICE,
    MAX_QUANTITY,
    POST_ONLY,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TAKE_PROFIT_LIMIT,
    CommandRecord,
    Leg,
)
from engine.order_path.fields cimport Fields
from engine.order_path.grid cimport Grid
from engine.order_path.words cimport GTD, IN_FORCE_FOK, IN_FORCE_IOC
from protocol.plain_text cimport read_steps

cdef enum:
    MAX_PARTS = 100  # of an iceberg


cdef inline bint has_price(int order_type) noexcept:
    return order_type not in (MARKET, STOP_LOSS, TAKE_PROFIT)


cdef inline bint takes_every_time(int order_type) noexcept:
    return order_type in (LIMIT, STOP_LIMIT, TAKE_PROFIT_LIMIT)


cdef inline bint is_lasting(int time_in_force) noexcept:
    return time_in_force not in (IN_FORCE_IOC, IN_FORCE_FOK)


cdef inline bint has_right_time(const Fields* fields) noexcept:
    """Whether an order of the type may have the time in force, which has an end if it needs one."""
    cdef int order_type = fields.order_type, time_in_force = fields.time_in_force
    if (fields.expires_at.at is not NULL) != (time_in_force == GTD):
        return False
    if not fields.has_time_in_force or takes_every_time(order_type):
        return True
    if order_type == POST_ONLY:
        return is_lasting(time_in_force)
    if order_type == IOC:
        return time_in_force == IN_FORCE_IOC
    return order_type == FOK and time_in_force == IN_FORCE_FOK


cdef inline bint may_show_a_part(const Fields* fields) noexcept:
    return is_lasting(fields.time_in_force) and (
        takes_every_time(fields.order_type) or fields.order_type == POST_ONLY
    )


cdef inline bint has_right_fields(const Fields* fields) noexcept:
    """Whether an entry has the fields of its order's type, and no others."""
    cdef int order_type = fields.order_type
    if fields.side < 0 or order_type < 0 or not has_right_time(fields):
        return False
    if (fields.price.at is not NULL) != has_price(order_type):
        return False
    if (fields.stop_price.at is not NULL) != (order_type >= STOP_LOSS):
        return False
    if (fields.quote_quantity.at is not NULL) == (fields.quantity.at is not NULL):
        return False
    if fields.quote_quantity.at and order_type != MARKET:
        return False
    return fields.display_quantity.at is NULL or may_show_a_part(fields)


cdef inline void begin_terms(const Fields* fields, Leg* terms) noexcept:
    """Set all but the numbers."""
    memset(terms, 0, sizeof(Leg))
    terms.command.kind = COMMAND_NEW
    terms.command.side = fields.side
    terms.command.order_type = fields.order_type
    terms.command.prevention = fields.prevention
    if takes_every_time(fields.order_type) and not is_lasting(fields.time_in_force):
        terms.special.time_in_force = fields.time_in_force


cdef inline bint read_price(int64_t* price, const Fields* fields, const Grid* grid) noexcept:
    price[0] = read_steps(&fields.price, grid.tick_places)
    return 0 < price[0] <= MAX_PRICE


cdef inline bint read_quantity(int64_t* lots, const Fields* fields, const Grid* grid) noexcept:
    lots[0] = read_steps(&fields.quantity, grid.lot_places)
    return 0 < lots[0] <= MAX_QUANTITY


cdef inline bint read_display(Leg* terms, const Fields* fields, const Grid* grid) noexcept:
    """Read the part of an order that is shown."""
    cdef int64_t lots = terms.command.quantity
    cdef int64_t display = read_steps(&fields.display_quantity, grid.lot_places)
    terms.special.display = display
    return 0 < display < lots <= display * MAX_PARTS


cdef inline bint read_numbers(Leg* terms, const Fields* fields, const Grid* grid) noexcept:
    """Read quantities and prices; return False for any that is unusual, if not wrong."""
    cdef CommandRecord* command = &terms.command
    if fields.quantity.at and not read_quantity(&command.quantity, fields, grid):
        return False
    if fields.price.at and not read_price(&command.price, fields, grid):
        return False
    if fields.stop_price.at:
        command.stop_price = read_steps(&fields.stop_price, grid.tick_places)
        if not 0 < command.stop_price <= MAX_PRICE:
            return False
    return fields.display_quantity.at is NULL or read_display(terms, fields, grid)
