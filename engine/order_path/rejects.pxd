"""Refuse a command, in the words that `engine.exchange.rejects` has for it."""

from libc.stdint cimport int64_t

from engine.core.compiled.state cimport MAX_QUANTITY
from engine.order_path.fields cimport Fields
from engine.order_path.grid cimport Grid
from engine.order_path.path cimport ORDER_TYPES, SIDES, Market, Path, echo
from engine.order_path.reports cimport end_report
from engine.order_path.text cimport begin_event, end_event, put_decimal, put_number, put_quoted
from engine.order_path.values cimport to_str_or_none
from engine.order_path.words cimport CANCEL
from engine.order_path.writing cimport number_report
from protocol.plain_text cimport Text, put, put_text, read_steps, to_str


cdef inline char* put_echo(char* at, const Text* text, int places, object step) except NULL:
    """Put a value as a reject tells it."""
    cdef int64_t steps = read_steps(text, places)
    if 0 <= steps <= MAX_QUANTITY:
        return put_decimal(at, steps, places)
    return put_quoted(at, echo(to_str_or_none(text), step))


cdef inline int put_refusal(
    Path path, const Fields* fields, object reason, str name, str detail
) except -1:
    """Put the reject of a command that changed nothing: its order's name, what is wrong as JSON."""
    cdef char* at = begin_event(&path.reports)
    if fields.order.client_order_id.at:
        name = to_str(&fields.order.client_order_id) or name
    at = put(at, b'{"type":"command_rejected","order_id":')
    at = put_quoted(at, to_str_or_none(&fields.order.order_id))
    at = put_quoted(put(at, b',"client_order_id":'), name)
    at = put_quoted(put(at, b',"account":'), path.account)
    at = put(at, b',"command":"cancel"' if fields.command == CANCEL else b',"command":"amend"')
    at = put_quoted(put(at, b',"reason":'), reason)
    at = put_text(put(at, b',"detail":'), detail)
    end_event(&path.reports, end_report(at, path.sequence, path.timestamp_text))
    path.batch.rejects.append(reason)
    path.refused += 1
    return 0


cdef inline int put_rejected(
    Path path, const Fields* fields, Market market, str name, int64_t order_id, object reason
) except -1:
    """Put the only report of an order of a wrong form, which echoes its values."""
    cdef char* at = begin_event(&path.reports)
    cdef const Grid* grid = &market.grid
    cdef object tick = market.instrument.tick, lot = market.instrument.lot
    path.reports_count += 1
    at = put_decimal(put(at, b'{"type":"execution_report","order_id":'), order_id, 0)
    at = put_number(put(at, b',"number":null,"execution_number":'), number_report(path))
    at = put_quoted(put(at, b',"client_order_id":'), name)
    at = put_quoted(put(at, b',"account":'), path.account)
    at = put_quoted(put(at, b',"symbol":'), market.symbol)
    at = put_quoted(put(at, b',"side":'), SIDES[fields.side])
    at = put_quoted(put(at, b',"order_type":'), ORDER_TYPES[fields.order_type])
    at = put_echo(put(at, b',"price":'), &fields.price, grid.tick_places, tick)
    at = put_echo(put(at, b',"stop_price":'), &fields.stop_price, grid.tick_places, tick)
    at = put_echo(
        put(at, b',"triggered":null,"quantity":'), &fields.quantity, grid.lot_places, lot
    )
    at = put_decimal(put(at, b',"filled_quantity":'), 0, grid.lot_places)
    at = put_decimal(put(at, b',"remaining_quantity":'), 0, grid.lot_places)
    at = put_decimal(put(at, b',"filled_notional":'), 0, grid.tick_places + grid.lot_places)
    at = put_quoted(put(at, b',"average_price":null,"status":"rejected","reason":'), reason)
    at = put(at, b',"last_trade":null')
    end_event(&path.reports, end_report(at, path.sequence, path.timestamp_text))
    path.batch.rejects.append(reason)
    return 0
