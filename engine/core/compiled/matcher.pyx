"""The compiled core's Python classes; `matcher.pyi` says what each method does.

The rules live in the `.pxd` files beside it, as inline functions of this one extension module.
"""

cimport cython
from cpython.buffer cimport (
    PyBUF_SIMPLE,
    PyBUF_WRITABLE,
    Py_buffer,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from engine.core.compiled.batch cimport run_batch
from engine.core.compiled.book cimport quantity_at
from engine.core.compiled.commands cimport run_command
from engine.core.compiled.events cimport lend_events, own_events
from engine.core.compiled.lifetime cimport append_book, close_core, open_core
from engine.core.compiled.memory cimport allocate
from engine.core.compiled.rows cimport event_rows, to_int64, to_code, to_symbol, side_rows
from engine.core.compiled.snapshot cimport is_uncrossed, restore_orders, write_book
from engine.core.compiled.state cimport (
    BUY,
    COMMAND_AMEND,
    COMMAND_CANCEL,
    COMMAND_CANCEL_ALL,
    COMMAND_NEW,
    MAX_ORDERS,
    MAX_SYMBOLS,
    NO_ASK,
    SELL,
    Book,
    CommandRecord,
    Core,
    EventRecord,
    OrderRecord,
)
from engine.core.compiled.state_hash cimport state_hash_of

from collections.abc import Sequence

from engine.core.codes import OpenOrder
from engine.core.saved import BOOK_RECORD, ORDER_RECORD, Saved, seal, unseal


cdef extern from "Python.h":
    # with the pointers that a resize needs
    PyObject* PyBytes_FromStringAndSize(const char* data, Py_ssize_t size) except NULL
    int _PyBytes_Resize(PyObject** data, Py_ssize_t size) except -1

cdef enum:
    ROOM_A_COMMAND = 4
    MORE_ROOM = 64
    MAX_ROOM = 65536  # events, 4 MB


cdef inline object take_object(PyObject* new):
    """Take a new reference as the object that it is."""
    cdef object taken = <object>new
    Py_DECREF(taken)
    return taken


@cython.final
@cython.freelist(64)
cdef class Events:
    """The events of one command; a row is made when it is looked at.

    Making and freeing tuples that perhaps nobody reads would be most of the cost of a call.
    """

    def __dealloc__(self):
        if self.records != self.few:
            free(self.records)

    cdef list rows(self):
        return event_rows(self.records, self.size)

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        if flags & PyBUF_WRITABLE:
            raise BufferError("events cannot be changed")
        buffer.obj = self
        buffer.buf = self.records
        buffer.len = self.size * sizeof(EventRecord)
        buffer.readonly = True
        buffer.itemsize = 1
        buffer.ndim = 1
        buffer.format = NULL
        buffer.shape = buffer.strides = buffer.suboffsets = NULL
        buffer.internal = NULL

    def __len__(self):
        return self.size

    def __getitem__(self, place):
        return self.rows()[place]

    def __iter__(self):
        return iter(self.rows())

    def __eq__(self, other):
        return self.rows() == list(other) if isinstance(other, Sequence) else NotImplemented

    def __repr__(self):
        return repr(self.rows())

    def index(self, row, *bounds):
        return self.rows().index(row, *bounds)

    def count(self, row):
        return self.rows().count(row)

    def __reduce__(self):
        return list, (self.rows(),)


Sequence.register(Events)


cdef Events copy_events(const Core* core):
    cdef Events events = Events.__new__(Events)
    events.size = core.event_count
    events.records = events.few
    if events.size > FEW_EVENTS:
        events.records = <EventRecord*>allocate(events.size * sizeof(EventRecord))
    memcpy(events.records, core.events, events.size * sizeof(EventRecord))
    return events


@cython.final
cdef class Matcher:
    def __cinit__(self, symbols=1, *, capacity=1 << 14, max_orders=MAX_ORDERS):
        if not 0 <= symbols <= MAX_SYMBOLS:
            raise ValueError(f"symbols must be from 0 to {MAX_SYMBOLS}, not {symbols}")
        if not 1 <= max_orders <= MAX_ORDERS:
            raise ValueError(f"max_orders must be from 1 to {MAX_ORDERS}, not {max_orders}")
        if not 1 <= capacity <= MAX_ORDERS:
            raise ValueError(f"capacity must be from 1 to {MAX_ORDERS}, not {capacity}")
        open_core(&self.core, capacity, max_orders)
        for _ in range(symbols):
            append_book(&self.core)

    def __dealloc__(self):
        close_core(&self.core)

    @property
    def symbols(self):
        return self.core.symbols

    def add_symbol(self):
        if self.core.symbols == MAX_SYMBOLS:
            raise ValueError(f"a matcher has at most {MAX_SYMBOLS} symbols")
        append_book(&self.core)
        return self.core.symbols - 1

    cdef Events run(self, const CommandRecord* command):
        self.core.event_count = 0
        run_command(&self.core, command)
        return copy_events(&self.core)

    def new(
        self,
        symbol,
        order_id,
        account,
        side,
        order_type,
        quantity,
        price=0,
        stop_price=0,
        self_trade_prevention=0,
    ):
        cdef CommandRecord command
        command.kind = COMMAND_NEW
        command.symbol = to_symbol(symbol)
        command.order_id = to_int64(order_id)
        command.account = to_int64(account)
        command.side = to_code(side)
        command.order_type = to_code(order_type)
        command.quantity = to_int64(quantity)
        command.price = to_int64(price)
        command.stop_price = to_int64(stop_price)
        command.prevention = to_code(self_trade_prevention)
        return self.run(&command)

    def cancel(self, order_id, account):
        cdef CommandRecord command
        command.kind = COMMAND_CANCEL
        command.order_id = to_int64(order_id)
        command.account = to_int64(account)
        return self.run(&command)

    def amend(self, order_id, account, quantity=0, price=0, stop_price=0):
        cdef CommandRecord command
        command.kind = COMMAND_AMEND
        command.order_id = to_int64(order_id)
        command.account = to_int64(account)
        command.quantity = to_int64(quantity)
        command.price = to_int64(price)
        command.stop_price = to_int64(stop_price)
        return self.run(&command)

    def cancel_all(self, account, symbol=-1):
        cdef CommandRecord command
        command.kind = COMMAND_CANCEL_ALL
        command.account = to_int64(account)
        command.symbol = to_symbol(symbol)
        return self.run(&command)

    def apply(self, commands):
        cdef Py_buffer view
        PyObject_GetBuffer(commands, &view, PyBUF_SIMPLE)
        try:
            if view.len % sizeof(CommandRecord):
                raise ValueError(
                    f"a batch is a whole number of {sizeof(CommandRecord)}-byte records, "
                    f"not {view.len} bytes"
                )
            return self.run_records(
                <const CommandRecord*>view.buf, view.len // sizeof(CommandRecord)
            )
        finally:
            PyBuffer_Release(&view)

    cdef object run_records(self, const CommandRecord* commands, uint64_t count):
        """Run a batch, and return its packed events; if they fit, they are not copied."""
        cdef uint64_t room = min(ROOM_A_COMMAND * count + MORE_ROOM, <uint64_t>MAX_ROOM)
        cdef PyObject* events = PyBytes_FromStringAndSize(NULL, room * sizeof(EventRecord))
        cdef EventRecord* place = <EventRecord*>PyBytes_AS_STRING(<object>events)
        cdef Py_ssize_t size
        lend_events(&self.core, place, room)
        run_batch(&self.core, commands, count)
        size = self.core.event_count * sizeof(EventRecord)
        if self.core.events == place:
            own_events(&self.core)
            _PyBytes_Resize(&events, size)
            return take_object(events)
        Py_DECREF(<object>events)
        return take_object(PyBytes_FromStringAndSize(<const char*>self.core.events, size))

    cdef Book* book(self, object symbol) except NULL:
        cdef int64_t place = to_int64(symbol)
        if not 0 <= place < self.core.symbols:
            raise IndexError(f"there is no symbol {symbol}")
        return self.core.books[place]

    def bbo(self, symbol):
        cdef Book* book = self.book(symbol)
        return (
            book.best[BUY],
            quantity_at(book, BUY, book.best[BUY]),
            book.best[SELL] if book.best[SELL] != NO_ASK else 0,
            quantity_at(book, SELL, book.best[SELL]),
        )

    def l2(self, symbol, depth=0):
        cdef Book* book = self.book(symbol)
        cdef int64_t levels = to_int64(depth)
        return side_rows(book, BUY, levels), side_rows(book, SELL, levels)

    def last_trade_price(self, symbol):
        return self.book(symbol).last_trade_price

    def trade_id(self, symbol):
        return self.book(symbol).trade_id

    def update_id(self, symbol):
        return self.book(symbol).update_id

    def open_orders(self):
        return self.core.open_orders

    def state_hash(self):
        return state_hash_of(&self.core)

    cdef bytes book_records(self, uint32_t symbol):
        """Return the records of one symbol's open orders, as saved bytes have them."""
        cdef uint64_t count = write_book(&self.core, symbol, NULL)
        cdef bytes records = take_object(
            PyBytes_FromStringAndSize(NULL, count * sizeof(OrderRecord))
        )
        write_book(&self.core, symbol, <OrderRecord*>PyBytes_AS_STRING(records))
        return records

    def orders(self, symbol):
        self.book(symbol)
        return [
            OpenOrder(
                row[0], row[1], row[8], row[9], row[10], row[2], row[3],
                row[4] + row[5], row[5], row[4], row[6], bool(row[11]),
            )
            for row in ORDER_RECORD.iter_unpack(self.book_records(symbol))
        ]

    cdef bytes saved_orders(self):
        cdef bytes records = take_object(
            PyBytes_FromStringAndSize(
                NULL, <Py_ssize_t>self.core.open_orders * sizeof(OrderRecord)
            )
        )
        cdef OrderRecord* record = <OrderRecord*>PyBytes_AS_STRING(records)
        cdef uint32_t symbol
        for symbol in range(self.core.symbols):
            record += write_book(&self.core, symbol, record)
        return records

    def save(self):
        books = b"".join(
            BOOK_RECORD.pack(self.last_trade_price(i), self.trade_id(i), self.update_id(i))
            for i in range(self.symbols)
        )
        return seal(
            Saved(
                self.symbols,
                self.core.arrival,
                self.state_hash(),
                memoryview(books),
                memoryview(self.saved_orders()),
            )
        )

    cdef int restore(self, object saved) except -1:
        cdef const unsigned char[::1] orders = saved.orders
        cdef uint64_t count = saved.orders.nbytes // sizeof(OrderRecord)
        cdef uint32_t symbol
        self.core.arrival = saved.arrival
        for symbol, row in enumerate(BOOK_RECORD.iter_unpack(saved.books)):
            book = self.core.books[symbol]
            book.last_trade_price, book.trade_id, book.update_id = row
        if count and not restore_orders(&self.core, <const OrderRecord*>&orders[0], count):
            raise ValueError("saved matcher holds an order that cannot be")
        if not is_uncrossed(&self.core) or self.state_hash() != saved.state_hash:
            raise ValueError("saved matcher does not have the state that it says it has")
        return 0

    def __reduce__(self):
        return type(self).load, (self.save(),)

    @classmethod
    def load(cls, data, *, max_orders=MAX_ORDERS):
        saved = unseal(data)
        count = saved.orders.nbytes // sizeof(OrderRecord)
        cdef Matcher matcher = cls(
            saved.symbols, capacity=max(count, 1 << 14), max_orders=max_orders
        )
        matcher.restore(saved)
        return matcher
