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
from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from engine.core.compiled.accounts cimport (
    change_free,
    hash_again,
    hold_open_orders,
    open_account,
    open_ledger,
    set_own_fees,
    settle_touched,
    widen_rows,
)
from engine.core.compiled.batch cimport run_batch
from engine.core.compiled.book cimport quantity_at
from engine.core.compiled.commands cimport is_special, run_command, run_list, run_special
from engine.core.compiled.events cimport lend_events, own_events, report_levels
from engine.core.compiled.lifetime cimport append_book, close_core, open_core
from engine.core.compiled.memory cimport allocate
from engine.core.compiled.rows cimport (
    event_rows,
    from_wide,
    side_rows,
    to_code,
    to_fee,
    to_int64,
    to_symbol,
)
from engine.core.compiled.snapshot cimport (
    is_uncrossed,
    restore_orders,
    write_book,
    write_extra,
    write_few,
    write_few_t,
    write_links,
    write_trail,
)
from engine.core.compiled.state cimport (
    BUY,
    COMMAND_AMEND,
    COMMAND_CANCEL,
    COMMAND_CANCEL_ALL,
    COMMAND_EXPIRE,
    COMMAND_NEW,
    MAX_ACCOUNTS,
    MAX_AMOUNT,
    MAX_ASSETS,
    MAX_LEGS,
    MAX_ORDERS,
    MAX_SYMBOLS,
    NO_ASK,
    OCO,
    OPOCO,
    SELL,
    Balance,
    Book,
    CommandRecord,
    Core,
    EventRecord,
    ExtraRecord,
    Ledger,
    Leg,
    ListRecord,
    OrderRecord,
    OwnFees,
    Special,
    Terms,
    TrailingRecord,
)
from engine.core.compiled.state_hash cimport balance_place, state_hash_of

from collections.abc import Sequence
from operator import index

from engine.core.codes import LIST_LEGS as _LIST_LEGS
from engine.core.codes import OpenOrder
from engine.core.codes import Terms as TermsRow
from engine.core.holds import sum_holds
from engine.core.saved import (
    BOOK_RECORD,
    EXTRA_RECORD,
    FEES_RECORD,
    FREE_RECORD,
    LIST_RECORD,
    ORDER_RECORD,
    PREVENTED_RECORD,
    TERMS_RECORD,
    TRAILING_RECORD,
    Saved,
    SavedLedger,
    seal,
    unseal,
)


cdef extern from "Python.h":
    # with the pointers that a resize needs
    PyObject* PyBytes_FromStringAndSize(const char* data, Py_ssize_t size) except NULL
    int _PyBytes_Resize(PyObject** data, Py_ssize_t size) except -1

_NOTHING_SPECIAL = (0, 0, 0)
"""Time in force, displayed and hidden quantity of most orders."""
_NO_LIST = (0, 0, 0, 0, 0)
"""What an order has that is in no list."""
_NO_TRAIL = (0, 0, 0)
"""Offset, unit and extreme of all but trailing stops."""

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


cdef const void* find_records(object view) except? NULL:
    """Return where the bytes of `view` are, for as long as it lives.

    A typed memoryview would do, and be a third of what there is to compile.
    """
    cdef Py_buffer buffer
    PyObject_GetBuffer(view, &buffer, PyBUF_SIMPLE)
    PyBuffer_Release(&buffer)
    return buffer.buf


cdef Events copy_events(const Core* core):
    cdef Events events = Events.__new__(Events)
    events.size = core.event_count
    events.records = events.few
    if events.size > FEW_EVENTS:
        events.records = <EventRecord*>allocate(events.size * sizeof(EventRecord))
    memcpy(events.records, core.events, events.size * sizeof(EventRecord))
    return events


cdef int read_leg(object row, object symbol, object account, Leg* leg) except -1:
    """Read what an order says, in the order of `new`."""
    (
        order_id, side, order_type, quantity, price, stop_price, prevention, time_in_force, display,
        offset, unit,
    ) = row
    leg.command.kind = COMMAND_NEW
    leg.command.symbol = to_symbol(symbol)
    leg.command.order_id = to_int64(order_id)
    leg.command.account = to_int64(account)
    leg.command.side = to_code(side)
    leg.command.order_type = to_code(order_type)
    leg.command.quantity = to_int64(quantity)
    leg.command.price = to_int64(price)
    leg.command.stop_price = to_int64(stop_price)
    leg.command.prevention = to_code(prevention)
    leg.special.time_in_force = to_code(time_in_force)
    leg.special.display = to_int64(display)
    leg.special.trailing_offset = to_int64(offset)
    leg.special.trailing_unit = to_code(unit)
    leg.special.quote_amount = leg.special.most = 0
    return 0


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

    cdef void carry_out(self, const CommandRecord* command) noexcept:
        """Run one command; its events lie in the core until the next."""
        self.core.event_count = 0
        run_command(&self.core, command)

    cdef void carry_out_special(
        self, const CommandRecord* command, const Special* special
    ) noexcept:
        """Enter an order that has more than its command says, as `carry_out` does others."""
        self.core.event_count = 0
        run_special(&self.core, command, special)

    cdef Events run(self, const CommandRecord* command):
        self.carry_out(command)
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
        time_in_force=0,
        display_quantity=0,
        quote_amount=0,
        trailing_offset=0,
        trailing_unit=0,
        most_quantity=0,
    ):
        cdef Leg order
        cdef Special* special = &order.special
        read_leg(
            (
                order_id, side, order_type, quantity, price, stop_price, self_trade_prevention,
                time_in_force, display_quantity, trailing_offset, trailing_unit,
            ),
            symbol, account, &order,
        )
        special.quote_amount = to_int64(quote_amount)
        special.most = to_int64(most_quantity)
        if not is_special(special):
            return self.run(&order.command)
        self.carry_out_special(&order.command, special)
        return copy_events(&self.core)

    def new_list(self, symbol, account, kind, orders):
        cdef Leg legs[MAX_LEGS]
        if not OCO <= index(kind) <= OPOCO or len(orders) != _LIST_LEGS[kind]:
            raise ValueError(f"there is no list of kind {kind} with {len(orders)} orders")
        for place, row in enumerate(orders):
            read_leg(row, symbol, account, &legs[<int>place])
        self.core.event_count = 0
        run_list(&self.core, legs, kind)
        return copy_events(&self.core)

    def cancel(self, order_id, account):
        cdef CommandRecord command
        command.kind = COMMAND_CANCEL
        command.order_id = to_int64(order_id)
        command.account = to_int64(account)
        return self.run(&command)

    def expire(self, order_id, account):
        cdef CommandRecord command
        command.kind = COMMAND_EXPIRE
        command.order_id = to_int64(order_id)
        command.account = to_int64(account)
        return self.run(&command)

    def number_prevented(self):
        self.core.numbers_prevented = True

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

    def join(self):
        self.core.is_joined = self.core.is_compound = True

    cdef void end_joined(self) noexcept:
        """End what `join` began; the events lie in the core until the next command."""
        self.core.is_joined = False
        self.core.event_count = 0
        report_levels(&self.core)

    def part(self):
        self.end_joined()
        return copy_events(&self.core)

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

    def prevented_id(self, symbol):
        return self.book(symbol).prevented_id

    def open_orders(self):
        return self.core.open_orders

    def state_hash(self):
        return state_hash_of(&self.core)

    # Ledger

    @property
    def assets(self):
        return self.core.ledger.assets

    @property
    def accounts(self):
        return self.core.ledger.accounts

    def open_ledger(self, assets, *, is_checked):
        if self.core.ledger.accounts:
            raise ValueError("the matcher has a ledger already")
        if not 1 <= index(assets) <= MAX_ASSETS:
            raise ValueError(f"assets must be from 1 to {MAX_ASSETS}, not {assets}")
        open_ledger(&self.core.ledger, assets, 1, is_checked)

    cdef Ledger* ledger(self) except NULL:
        if self.core.ledger.accounts == 0:
            raise ValueError("the matcher has no ledger")
        return &self.core.ledger

    def add_asset(self):
        cdef Ledger* ledger = self.ledger()
        if ledger.assets == MAX_ASSETS:
            raise ValueError(f"a ledger has at most {MAX_ASSETS} assets")
        widen_rows(ledger)
        return ledger.assets - 1

    def set_terms(self, symbol, terms):
        cdef Ledger* ledger = self.ledger()
        cdef Terms new
        cdef Terms* now
        self.book(symbol)
        base, quote, lot_units, step_units, maker_fee, taker_fee = row = TermsRow._make(
            map(index, terms)
        )
        if not (0 <= base < ledger.assets and 0 <= quote < ledger.assets and base != quote):
            raise IndexError(f"terms name two assets of {ledger.assets}, not {base} and {quote}")
        new.base, new.quote = base, quote
        new.lot_units, new.step_units = to_int64(lot_units), to_int64(step_units)
        new.maker_fee, new.taker_fee = to_fee(maker_fee), to_fee(taker_fee)
        if new.lot_units < 1 or new.step_units < 1:
            raise ValueError(f"units must be from 1 to 2**63 - 1, not {lot_units}, {step_units}")
        now = &ledger.terms[<int64_t>symbol]
        if now.lot_units and (now.base, now.quote, now.lot_units, now.step_units) != (
            new.base, new.quote, new.lot_units, new.step_units,
        ):
            raise ValueError("of a symbol's terms only the fees can change")
        is_new = now.lot_units == 0
        if is_new:
            self.check_holds(symbol, row)
        now[0] = new
        if is_new:
            hold_open_orders(&self.core, symbol)

    cdef int check_holds(self, object symbol, object terms) except -1:
        """Raise ValueError if a symbol's open orders cannot hold what these terms ask for."""
        holds = sum_holds(self.orders(symbol), terms, self.accounts)
        if self.core.ledger.is_checked:
            for place, amount in holds.items():
                if self.balance(*place)[0] < amount:
                    raise ValueError("an account has too little for its open orders")
        return 0

    def terms(self, symbol):
        cdef Terms* terms
        self.book(symbol)
        terms = &self.core.ledger.terms[<int64_t>symbol]
        if terms.lot_units == 0:
            return None
        return TermsRow(
            terms.base, terms.quote, terms.lot_units, terms.step_units,
            terms.maker_fee, terms.taker_fee,
        )

    def open_account(self):
        cdef Ledger* ledger = self.ledger()
        if ledger.accounts == MAX_ACCOUNTS:
            raise ValueError(f"a ledger has at most {MAX_ACCOUNTS} accounts")
        return open_account(ledger)

    cdef int check_place(self, object account, object asset) except -1:
        cdef Ledger* ledger = self.ledger()
        if not (0 <= index(account) < ledger.accounts and 0 <= index(asset) < ledger.assets):
            raise IndexError(f"there is no account {account} with an asset {asset}")
        return 0

    def credit(self, account, asset, amount):
        self.check_place(account, asset)
        if not -MAX_AMOUNT <= index(amount) <= MAX_AMOUNT:
            raise ValueError(f"an amount has 63 bits, {amount} has not")
        return bool(change_free(&self.core.ledger, account, asset, amount))

    def set_fees(self, account, symbol, maker_fee, taker_fee):
        cdef OwnFees fees
        self.check_place(account, 0)
        if index(symbol) != -1:
            self.book(symbol)
        fees.account, fees.symbol, fees.unused = account, symbol, 0
        fees.maker_fee, fees.taker_fee = to_fee(maker_fee), to_fee(taker_fee)
        set_own_fees(&self.core.ledger, &fees)

    def own_fees(self):
        cdef const Ledger* ledger = self.ledger()
        cdef uint32_t i
        return [
            (
                ledger.own_fees[i].account, ledger.own_fees[i].symbol,
                ledger.own_fees[i].maker_fee, ledger.own_fees[i].taker_fee,
            )
            for i in range(ledger.own_fees_count)
        ]

    def balance(self, account, asset):
        cdef const Balance* balance
        self.check_place(account, asset)
        balance = &self.core.ledger.balances[balance_place(&self.core.ledger, account, asset)]
        return from_wide(&balance.free), from_wide(&balance.locked)

    def take_changed(self):
        cdef Ledger* ledger = self.ledger()
        cdef uint64_t i, place
        places = [  # one number each: tuples are slow to sort
            <uint64_t>ledger.touched[i].account << 32 | ledger.touched[i].asset
            for i in range(ledger.touched_count)
        ]
        settle_touched(ledger)
        places.sort()
        return [(place >> 32, place & 0xFFFFFFFF) for place in places]

    def shortfall(self):
        cdef Ledger* ledger = self.ledger()
        return ledger.short_asset, from_wide(&ledger.needed)

    cdef object saved_ledger(self):
        cdef const Ledger* ledger = &self.core.ledger
        cdef uint64_t place, at
        cdef uint32_t i
        if ledger.accounts == 0:
            return None
        terms = b"".join(
            TERMS_RECORD.pack(
                ledger.terms[i].lot_units, ledger.terms[i].step_units, ledger.terms[i].base,
                ledger.terms[i].quote, ledger.terms[i].maker_fee, ledger.terms[i].taker_fee,
            )
            for i in range(self.core.symbols)
        )
        fees = b"".join(
            FEES_RECORD.pack(
                ledger.own_fees[i].account, ledger.own_fees[i].symbol,
                ledger.own_fees[i].maker_fee, ledger.own_fees[i].taker_fee,
            )
            for i in range(ledger.own_fees_count)
        )
        free_amounts = bytearray(ledger.accounts * ledger.assets * FREE_RECORD.size)
        cdef char* written = PyByteArray_AS_STRING(free_amounts)
        for place in range(<uint64_t>ledger.accounts * ledger.assets):
            at = balance_place(ledger, place // ledger.assets, place % ledger.assets)
            memcpy(written + place * 16, &ledger.balances[at].free, 16)
        return SavedLedger(
            ledger.assets, ledger.accounts, ledger.is_checked,
            memoryview(terms), memoryview(fees), memoryview(free_amounts),
        )

    cdef int restore_ledger(self, object saved) except -1:
        cdef Ledger* ledger = &self.core.ledger
        cdef const char* amounts = <const char*>find_records(saved.free)
        cdef uint64_t place, at
        open_ledger(ledger, saved.assets, saved.accounts, saved.is_checked)
        for place in range(<uint64_t>ledger.accounts * ledger.assets):
            at = balance_place(ledger, place // ledger.assets, place % ledger.assets)
            memcpy(&ledger.balances[at].free, amounts + place * 16, 16)
            if ledger.is_checked and ledger.balances[at].free.high < 0:
                raise ValueError("saved ledger has a balance below zero")
        try:
            self.restore_rates(saved)
        except (IndexError, ValueError) as error:
            raise ValueError(f"saved ledger has terms or fees that cannot be: {error}") from None
        return 0

    cdef int restore_rates(self, object saved) except -1:
        for symbol, row in enumerate(TERMS_RECORD.iter_unpack(saved.terms)):
            lot_units, step_units, base, quote, maker_fee, taker_fee = row
            if lot_units:
                self.set_terms(symbol, (base, quote, lot_units, step_units, maker_fee, taker_fee))
        for row in FEES_RECORD.iter_unpack(saved.fees):
            self.set_fees(*row)
        return 0

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
        records = self.book_records(symbol)
        special = {row[0]: row[1:] for row in EXTRA_RECORD.iter_unpack(self.extra_records(records))}
        lists = {row[0]: row[1:] for row in LIST_RECORD.iter_unpack(self.list_records(records))}
        trails = {
            place: (offset, unit, extreme)
            for place, unit, offset, extreme in TRAILING_RECORD.iter_unpack(
                self.trailing_records(records)
            )
        }
        return [
            OpenOrder(
                row[0], row[1], row[8], row[9], row[10], row[2], row[3],
                row[4] + row[5], row[5], row[4], row[6], row[11],
                *special.get(place, _NOTHING_SPECIAL), *lists.get(place, _NO_LIST)[2:],
                *trails.get(place, _NO_TRAIL),
            )
            for place, row in enumerate(ORDER_RECORD.iter_unpack(records))
        ]

    cdef bytes few_records(self, bytes records, write_few_t write, size_t size):
        """Return the records of what few of the saved orders have."""
        cdef const OrderRecord* orders = <const OrderRecord*>PyBytes_AS_STRING(records)
        cdef uint64_t count = len(records) // sizeof(OrderRecord)
        cdef uint64_t found = write_few(&self.core, orders, count, write, NULL, size)
        cdef bytes few = take_object(PyBytes_FromStringAndSize(NULL, found * size))
        write_few(&self.core, orders, count, write, PyBytes_AS_STRING(few), size)
        return few

    cdef bytes extra_records(self, bytes records):
        return self.few_records(records, write_extra, sizeof(ExtraRecord))

    cdef bytes list_records(self, bytes records):
        return self.few_records(records, write_links, sizeof(ListRecord))

    cdef bytes trailing_records(self, bytes records):
        return self.few_records(records, write_trail, sizeof(TrailingRecord))

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
        orders = self.saved_orders()
        return seal(
            Saved(
                self.symbols,
                self.core.arrival,
                self.state_hash(),
                memoryview(books),
                memoryview(orders),
                self.saved_ledger(),
                memoryview(self.extra_records(orders)),
                self.saved_prevented(),
                memoryview(self.list_records(orders)),
                memoryview(self.trailing_records(orders)),
            )
        )

    cdef object saved_prevented(self):
        """Return each symbol's last prevented match, None if they are not numbered."""
        if not self.core.numbers_prevented:
            return None
        return memoryview(
            b"".join(PREVENTED_RECORD.pack(self.prevented_id(i)) for i in range(self.symbols))
        )

    cdef int restore(self, object saved) except -1:
        cdef uint64_t extra_count = saved.extras.nbytes // sizeof(ExtraRecord)
        cdef uint64_t list_count = saved.lists.nbytes // sizeof(ListRecord)
        cdef uint64_t trailing_count = saved.trailing.nbytes // sizeof(TrailingRecord)
        cdef uint64_t count = saved.orders.nbytes // sizeof(OrderRecord)
        cdef uint32_t symbol
        self.core.arrival = saved.arrival
        if saved.ledger is not None:
            self.restore_ledger(saved.ledger)
        for symbol, row in enumerate(BOOK_RECORD.iter_unpack(saved.books)):
            book = self.core.books[symbol]
            book.last_trade_price, book.trade_id, book.update_id = row
        if saved.prevented is not None:
            self.core.numbers_prevented = True
            for symbol, row in enumerate(PREVENTED_RECORD.iter_unpack(saved.prevented)):
                self.core.books[symbol].prevented_id = row[0]
        if not restore_orders(
            &self.core,
            <const OrderRecord*>find_records(saved.orders), count,
            <const ExtraRecord*>find_records(saved.extras), extra_count,
            <const ListRecord*>find_records(saved.lists), list_count,
            <const TrailingRecord*>find_records(saved.trailing), trailing_count,
        ):
            raise ValueError("saved matcher holds an order that cannot be")
        if saved.ledger is not None:
            hash_again(&self.core.ledger)
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
