"""The short way of an order: from its entry to its messages, without an object between.

It takes the commands that most are (new orders without special terms, cancels and amends, each in
an entry as gateways push it) if nothing is wrong with them. Whatever else there is, it leaves to
`handler.py` before anything has changed: that does every command, and these to the same bytes.
"""

cimport cython
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from engine.core.compiled.matcher cimport Events, Matcher
from engine.core.compiled.rows cimport event_row, from_wide
from engine.core.compiled.state cimport (
    ACCEPTED,
    AMENDED,
    BUY,
    CANCELED,
    COMMAND_AMEND,
    COMMAND_CANCEL,
    COMMAND_NEW,
    COMMAND_REJECTED,
    COMMISSION,
    EXPIRED,
    FOK,
    IOC,
    LEVEL,
    MARKET,
    MAX_PRICE,
    MAX_QUANTITY,
    REJECTED,
    STOP_LOSS,
    TAKE_PROFIT,
    TRADE,
    Balance,
    CommandRecord,
    EventRecord,
    Wide,
)
from engine.core.compiled.state_hash cimport balance_place
from engine.exchange.orders cimport Order, OrderTable
from engine.order_path.fields cimport (
    CANCEL,
    NEW,
    Fields,
    Text,
    is_identifier,
    is_word,
    read_fields,
    read_steps,
    read_whole,
)
from engine.order_path.text cimport (
    AVERAGE_PLACES,
    MOST_PLACES,
    Buffer,
    begin_event,
    continue_event,
    divide,
    empty,
    end_event,
    put,
    put_decimal,
    put_number,
    put_price,
    put_quoted,
    put_text,
    wide,
)
from engine.core import codes
from engine.exchange.batch import BookChanges
from engine.exchange import event_text
from engine.exchange.event_text import NO_TRADE
from engine.exchange.levels import Level
from engine.exchange.replies import answer_order
from engine.exchange.translation import REASONS_BY_CODE
from protocol.commands import DEFAULT_ACCOUNT, derive_order_id
from protocol.decimals import format_amount
from protocol.enums import Liquidity, OrderType, Reason, SelfTradePrevention, Side, Status
from protocol.special_terms import PLAIN as _PLAIN
from protocol.timestamps import parse_timestamp

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, Py_UCS4 highest)
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    void* PyUnicode_DATA(object text) noexcept
    str PyUnicode_DecodeASCII(const char* text, Py_ssize_t size, const char* errors)

cdef object PLAIN = _PLAIN
cdef list SIDES = [Side[word.name] for word in codes.Side]
cdef list ORDER_TYPES = [OrderType[word.name] for word in codes.OrderType]
cdef list PREVENTIONS = [SelfTradePrevention[word.name] for word in codes.SelfTradePrevention]
cdef list REASONS = [REASONS_BY_CODE.get(code) for code in range(256)]
cdef object NO_PREVENTION = SelfTradePrevention.NONE
cdef object OPEN = Status.OPEN
cdef object STATUS_CANCELED = Status.CANCELED
cdef object STATUS_EXPIRED = Status.EXPIRED
cdef object STATUS_REJECTED = Status.REJECTED
cdef object TAKER = Liquidity.TAKER
cdef object MAKER = Liquidity.MAKER
cdef object INSUFFICIENT_BALANCE = Reason.INSUFFICIENT_BALANCE
cdef object UNKNOWN_ORDER = Reason.UNKNOWN_ORDER
cdef object ORDER_CLOSED = Reason.ORDER_CLOSED
cdef object FIRST_LEVEL = Level.CONDITIONAL  # older rules are the handler's

cdef object SHARE_UNIT = 10**18

cdef enum:
    LONGEST_FILL = 512

cdef extern from *:
    const int64_t MAX_SHORT "INT64_MAX"


cdef inline str to_str(const Text* text):
    """Copy ASCII characters to a str."""
    cdef str copied = PyUnicode_New(text.size, 127)
    memcpy(PyUnicode_DATA(copied), text.at, text.size)
    return copied


cdef inline bint is_same(object word, const Text* text) noexcept:
    """Whether an ASCII str has these characters."""
    return is_word(text, <const char*>PyUnicode_DATA(word), PyUnicode_GET_LENGTH(word))


@cython.final
cdef class Market:
    """An instrument with the limits in force, in numbers; what a batch has changed of its book."""

    cdef object instrument
    cdef str symbol
    cdef int64_t index
    cdef int64_t listed_after
    cdef int tick_places
    cdef int lot_places
    cdef bint is_simple  # all its numbers are written and read here
    cdef int64_t average_unit
    cdef int64_t average_divisor
    cdef bint is_limited  # by more than its quantities
    cdef object limits
    cdef int64_t min_quantity
    cdef int64_t max_quantity
    cdef object base  # Asset
    cdef object quote
    cdef int base_places
    cdef int quote_places
    cdef object changes  # BookChanges of the batch in hand
    cdef dict bids
    cdef dict asks
    cdef object last_update_id

    def __init__(self, object instrument, object limits, object pair):
        cdef object places = instrument.tick.decimal_places + instrument.lot.decimal_places
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.limits = limits
        self.min_quantity, self.max_quantity = limits.min_quantity, limits.max_quantity
        self.index = instrument.index
        self.is_simple = (
            instrument.tick.is_power_of_ten and instrument.lot.is_power_of_ten
            and places <= MOST_PLACES
        )
        if self.is_simple:
            self.tick_places = instrument.tick.decimal_places
            self.lot_places = instrument.lot.decimal_places
            self.average_unit = 100_000_000  # AVERAGE_PLACES
            self.average_divisor = <object>10**instrument.tick.decimal_places
        self.is_limited = (
            limits.min_notional is not None or limits.max_notional is not None
            or limits.band is not None
        )
        if pair is not None:
            self.base, self.quote = pair
            self.base_places, self.quote_places = self.base.decimals, self.quote.decimals

    cdef bint obeys(self, int64_t lots) noexcept:
        return self.min_quantity <= lots <= self.max_quantity


@cython.final
cdef class Path:
    """Runs plain entries on an exchange whose core is the compiled one."""

    cdef object exchange
    cdef object reader
    cdef Matcher matcher
    cdef OrderTable orders
    cdef object numbers
    cdef int64_t orders_count  # those of `numbers`, in a run
    cdef int64_t reports_count
    cdef int64_t number_step
    cdef int64_t number_rest
    cdef dict accounts
    cdef bytes id_key
    cdef list markets
    cdef dict by_symbol
    cdef object limits  # the settings that `markets` are made of
    cdef object settings
    cdef dict phases
    cdef int64_t max_open_orders
    # the run in hand
    cdef object batch
    cdef list entries
    cdef Py_ssize_t noted  # entries that the batch has been told of
    cdef readonly Py_ssize_t place
    cdef int64_t first_sequence  # less the place of the first entry
    cdef int64_t sequence
    cdef int64_t timestamp
    cdef str timestamp_text
    cdef bint tells_prevention
    cdef Buffer reports
    cdef Buffer trades
    cdef Buffer levels
    cdef int64_t refused  # commands, which have reports without a number
    cdef bint is_answered
    cdef Order order  # that the command in hand is about
    cdef bint is_charged
    cdef int64_t taker_commission
    cdef int64_t maker_commission
    cdef Market market  # the last one
    cdef str account  # the last one, and its number
    cdef int64_t account_number

    def __init__(self, exchange):
        self.exchange = exchange
        self.reader = exchange.reader

    def __dealloc__(self):
        free(self.reports.start)
        free(self.trades.start)
        free(self.levels.start)

    def run(self, list entries, Py_ssize_t place, object batch, object max_size):
        """Take entries from `place` on, until one is left to the handler or the batch is full."""
        cdef Fields fields
        cdef int64_t room, first_report
        self.place = place
        if not read_fields(<bytes>entries[place], &fields) or self.exchange.is_clearing:
            return
        if not self.begin(entries, batch, batch.sequence + 1):
            return
        room = MAX_SHORT if max_size is None else max_size - batch.measure()
        first_report = self.reports_count
        while self.place < len(entries) and self.take(<bytes>entries[self.place]):
            self.place += 1
            if self.place - place + self.reports_count - first_report + self.refused >= room:
                break
        self.end()

    def read(self, Events events, object batch):
        """Record what an accepted command of the handler led to; return False if it was refused."""
        self.place = -1
        if events.size and events.records.head & 0xFF == COMMAND_REJECTED:
            return False
        if not self.begin([], batch, batch.sequence):
            return False
        self.is_answered = True
        self.record(events.records, events.size)
        self.end()
        return True

    cdef bint begin(self, list entries, object batch, int64_t sequence) except -1:
        cdef object exchange = self.exchange
        if exchange.level < FIRST_LEVEL:
            return False
        self.matcher = exchange.matcher
        self.orders = exchange.orders
        self.numbers = exchange.numbers
        self.accounts = exchange.accounts
        self.account = self.market = self.order = None
        self.id_key = exchange.id_key
        self.phases = exchange.rules.phases
        self.read_settings()
        self.entries = entries
        self.batch = batch
        self.noted = max(self.place, 0)
        self.refused = 0
        self.sequence = sequence
        self.first_sequence = sequence - self.place
        self.timestamp = batch.timestamp
        self.timestamp_text = batch.timestamp_text
        self.tells_prevention = batch.tells_prevention
        self.take_numbers()
        return True

    cdef int take_numbers(self) except -1:
        self.orders_count, self.reports_count = self.numbers.orders, self.numbers.reports
        self.number_step, self.number_rest = self.numbers.step, self.numbers.rest
        return 0

    cdef int flush(self) except -1:
        """Hand over all that the run has written and counted so far."""
        self.numbers.orders, self.numbers.reports = self.orders_count, self.reports_count
        self.hand_over(self.batch.reports, &self.reports)
        self.hand_over(self.batch.trades, &self.trades)
        return 0

    cdef int hand_over(self, object events, Buffer* buffer) except -1:
        if buffer.events:
            events.put_events(buffer.start[:buffer.size], buffer.events)
            empty(buffer)
        return 0

    cdef int read_settings(self) except -1:
        """Read what is in force, unless that is what was read last."""
        cdef Market market
        cdef object rules = self.exchange.rules, ledger = self.exchange.ledger
        if rules.limited is self.limits and ledger.settings is self.settings:
            return 0
        self.limits = rules.limited
        self.settings = ledger.settings
        self.max_open_orders = rules.limits.max_open_orders
        self.markets = [
            Market(instrument, limits, ledger.traded.get(instrument.index))
            for instrument, limits in zip(rules.instruments, rules.limited, strict=True)
        ]
        self.by_symbol = {market.symbol: market for market in self.markets}
        for market in self.markets:
            market.listed_after = rules.listed_after[market.symbol]
        return 0

    cdef int end(self) except -1:
        cdef Market market
        self.note(self.place)
        self.flush()
        for market in self.markets:
            if market.changes is not None:
                market.changes.last_update_id = market.last_update_id
                market.changes = market.bids = market.asks = None
        self.batch = self.entries = self.order = None
        return 0

    cdef int note(self, Py_ssize_t place) except -1:
        """Tell the batch of the entries before `place`."""
        if place > self.noted:
            self.batch.take_all(self.entries[self.noted:place])
            self.noted = place
        return 0

    cdef bint take(self, bytes raw) except -1:
        """Carry out one entry; return False, and change nothing, if it is the handler's."""
        cdef Fields fields
        cdef bint is_done
        if not read_fields(raw, &fields):
            return False
        self.sequence = self.first_sequence + self.place
        self.is_answered = fields.reply_to.size and fields.request_id.size
        if fields.valid_until.at and not self.is_in_time(&fields.valid_until):
            return False
        if fields.command == NEW:
            is_done = self.enter(&fields)
        elif fields.command == CANCEL:
            is_done = self.cancel(&fields)
        else:
            is_done = self.amend(&fields)
        if is_done and self.is_answered:
            self.answer(&fields)
        return is_done

    cdef int answer(self, const Fields* fields) except -1:
        cdef object shortfall = None
        if fields.command == NEW and self.order.reason is INSUFFICIENT_BALANCE:
            shortfall = self.exchange.explain_shortfall(self.order)
        reply = answer_order(
            self.order, self.report_text(self.order), shortfall, to_str(&fields.request_id),
            self.batch,
        )
        self.batch.add_reply(to_str(&fields.reply_to), reply)
        return 0

    cdef bint is_in_time(self, const Text* valid_until) except -1:
        try:
            return self.timestamp <= parse_timestamp(to_str(valid_until))
        except ValueError:
            return False

    cdef int64_t find_account(self, const Text* name) except -1:
        """Return an account's number; 0 if it is not known."""
        cdef PyObject* found
        if self.account is None or not is_same(self.account, name):
            self.account = DEFAULT_ACCOUNT if name.at is NULL else to_str(name)
            found = PyDict_GetItem(self.accounts, self.account)
            self.account_number = 0 if found is NULL else <object>found
        return self.account_number

    # New orders

    cdef bint enter(self, const Fields* fields) except -1:
        cdef CommandRecord command
        cdef Market market = self.find_market(&fields.symbol)
        cdef Order order
        cdef str name
        cdef int64_t order_id
        if market is None or not is_identifier(&fields.client_order_id):
            return False
        command.account = self.find_account(&fields.account)
        if not command.account or not self.read_terms(fields, market, &command):
            return False
        if not self.is_allowed(market, &command):
            return False
        name = to_str(&fields.client_order_id)
        order_id = self.find_id(fields, name)
        if order_id <= 0 or self.orders.find(order_id) is not None:
            return False
        if self.has_open_name(name, fields.is_unique):
            return False
        order = self.make_order(fields, market, &command, name, order_id)
        command.order_id = order_id
        self.orders.add(order)
        if fields.is_unique:
            self.orders.make_unique(order)
        self.order = order
        self.matcher.carry_out(&command)
        self.record(self.matcher.core.events, self.matcher.core.event_count)
        return True

    cdef Market find_market(self, const Text* symbol):
        """Return the market that takes orders; None if that needs a second look."""
        cdef Market market = self.market
        cdef PyObject* found
        if symbol.at is NULL:
            return None
        if market is None or not is_same(market.symbol, symbol):
            found = PyDict_GetItem(self.by_symbol, to_str(symbol))
            if found is NULL:
                return None
            market = self.market = <Market>found
        if not market.is_simple or self.sequence <= market.listed_after:
            return None
        return None if market.index in self.phases else market

    cdef bint read_terms(
        self, const Fields* fields, Market market, CommandRecord* command
    ) noexcept:
        """Read side, type, quantity and prices; return False if anything is wrong with them."""
        cdef int order_type = fields.order_type
        cdef bint has_price = order_type not in (MARKET, STOP_LOSS, TAKE_PROFIT)
        if fields.side < 0 or order_type < 0 or not fields.quantity.at:
            return False
        if (fields.price.at is not NULL) != has_price:
            return False
        if fields.is_gtc and (not has_price or order_type in (IOC, FOK)):
            return False
        if (fields.stop_price.at is not NULL) != (order_type >= STOP_LOSS):
            return False
        command.kind = COMMAND_NEW
        command.symbol = market.index
        command.side = fields.side
        command.order_type = order_type
        command.prevention = fields.prevention
        command.quantity = read_steps(&fields.quantity, market.lot_places)
        command.price = command.stop_price = 0
        if has_price:
            command.price = read_steps(&fields.price, market.tick_places)
        if order_type >= STOP_LOSS:
            command.stop_price = read_steps(&fields.stop_price, market.tick_places)
        return (
            0 < command.quantity <= MAX_QUANTITY
            and (not has_price or 0 < command.price <= MAX_PRICE)
            and (order_type < STOP_LOSS or 0 < command.stop_price <= MAX_PRICE)
        )

    cdef bint is_allowed(self, Market market, const CommandRecord* command) except -1:
        """Whether an order obeys the limits; if not, the handler finds out why."""
        cdef bint can_rest = command.order_type not in (MARKET, IOC, FOK)
        if not market.obeys(command.quantity):
            return False
        if can_rest and self.orders.count_open(self.account) >= self.max_open_orders:
            return False
        if not market.is_limited or not command.price:
            return True
        return self.is_at_price(
            market, command.price, command.quantity, command.order_type < STOP_LOSS
        )

    cdef bint is_at_price(
        self, Market market, int64_t price, int64_t lots, bint has_band
    ) except -1:
        cdef object notional = <object>price * lots
        cdef object last, reach
        if market.limits.min_notional is not None and notional < market.limits.min_notional:
            return False
        if market.limits.max_notional is not None and notional > market.limits.max_notional:
            return False
        last = self.matcher.core.books[market.index].last_trade_price
        if market.limits.band is None or not last or not has_band:
            return True
        reach = last * market.limits.band // SHARE_UNIT
        return max(1, last - reach) <= price <= last + reach

    cdef int64_t find_id(self, const Fields* fields, str name) except -2:
        """Return a new order's id; -1 if that needs a second look."""
        if fields.is_unique:
            if fields.order_id.at:
                return -1
            return derive_order_id(self.id_key, self.account, f"open:{self.sequence}")
        if fields.order_id.at:
            return read_whole(&fields.order_id)
        return derive_order_id(self.id_key, self.account, name)

    cdef bint has_open_name(self, str name, bint is_unique) except -1:
        cdef Order named
        if is_unique:
            return self.exchange.find_open_name(self.account, name) is not None
        if not self.orders.named:
            return False
        named = self.orders.find_name(self.account, name)
        return named is not None and not named.is_closed

    cdef Order make_order(
        self, const Fields* fields, Market market, const CommandRecord* command, str name,
        int64_t order_id,
    ):
        cdef Order order = Order.__new__(Order)
        order.order_id = order_id
        order.client_order_id = order.first_name = name
        order.account = self.account
        order.instrument = market.instrument
        order.symbol = market.index
        order.side = SIDES[fields.side]
        order.order_type = ORDER_TYPES[fields.order_type]
        order.self_trade_prevention = PREVENTIONS[fields.prevention]
        order.quantity = order.remaining = command.quantity
        order.price = command.price
        order.stop_price = command.stop_price
        order.notional = 0
        order.triggered = False if fields.order_type >= STOP_LOSS else None
        order.status = OPEN
        order.special = PLAIN
        return order

    # Orders that are there

    cdef Order find_order(self, const Fields* fields):
        """Return the open order that an entry names; None if that needs a second look."""
        cdef Order order
        cdef Market market
        if not self.find_account(&fields.account):
            return None
        if fields.order_id.at:
            order = self.orders.find(read_whole(&fields.order_id))
        elif is_identifier(&fields.client_order_id):
            order = self.exchange.find_open_name(self.account, to_str(&fields.client_order_id))
        else:
            return None
        if order is None or order.is_closed or order.account != self.account:
            return None
        if fields.client_order_id.at and not is_same(
            order.client_order_id, &fields.client_order_id
        ):
            return None
        market = self.markets[order.symbol]
        if fields.symbol.at and not is_same(market.symbol, &fields.symbol):
            return None
        return order

    cdef bint refuse(self, const Fields* fields) except -1:
        """Refuse a command about an order, named by its id, that is closed or not there."""
        cdef Order order
        cdef int64_t order_id = read_whole(&fields.order_id)
        if self.is_answered or order_id < 0 or fields.client_order_id.at or fields.symbol.at:
            return False
        order = self.orders.find(order_id)
        if order is None or order.account != self.account:
            self.put_refusal(fields, UNKNOWN_ORDER, None, "the account has no such order")
        elif order.is_closed:
            self.put_refusal(
                fields, ORDER_CLOSED, order.client_order_id, f"the order is {order.status}"
            )
        else:
            return False
        return True

    cdef bint cancel(self, const Fields* fields) except -1:
        cdef CommandRecord command
        cdef Order order = self.find_order(fields)
        if order is None:
            return self.refuse(fields)
        command.kind = COMMAND_CANCEL
        command.order_id = order.order_id
        command.account = self.account_number
        order.cancel_id = None
        self.order = order
        self.matcher.carry_out(&command)
        self.record(self.matcher.core.events, self.matcher.core.event_count)
        return True

    cdef bint amend(self, const Fields* fields) except -1:
        cdef CommandRecord command
        cdef Market market
        cdef Order order = self.find_order(fields)
        if order is None:
            return self.refuse(fields)
        if order.special is not PLAIN or order.prevented or fields.stop_price.at:
            return False
        market = self.markets[order.symbol]
        if order.order_list is not None or not market.is_simple or market.index in self.phases:
            return False
        command.kind = COMMAND_AMEND
        command.order_id = order.order_id
        command.account = self.account_number
        if not self.read_amended(fields, market, order, &command):
            return False
        self.matcher.carry_out(&command)
        if self.matcher.core.events[0].head & 0xFF == COMMAND_REJECTED:
            return False  # which has changed nothing, and comes out the same again
        self.order = order
        self.record(self.matcher.core.events, self.matcher.core.event_count)
        return True

    cdef bint read_amended(
        self, const Fields* fields, Market market, Order order, CommandRecord* command
    ) except -1:
        command.quantity = command.price = command.stop_price = 0
        if not fields.quantity.at and not fields.price.at:
            return False
        if fields.quantity.at:
            command.quantity = read_steps(&fields.quantity, market.lot_places)
            if not 0 < command.quantity <= MAX_QUANTITY:
                return False
        if fields.price.at:
            command.price = read_steps(&fields.price, market.tick_places)
            if not order.price or not 0 < command.price <= MAX_PRICE:
                return False
        if command.quantity and command.quantity <= order.filled:
            return True  # it ends the order, whatever the limits
        if command.quantity and not market.obeys(command.quantity):
            return False
        if not market.is_limited or not order.price:
            return True
        return self.is_at_price(
            market, command.price or order.price, command.quantity or order.quantity,
            command.price and order.triggered is not False,
        )

    # What becomes of a command

    cdef int record(self, const EventRecord* events, Py_ssize_t count) except -1:
        """Apply the core's events to the orders, and write what is published about them."""
        cdef Py_ssize_t i
        cdef const EventRecord* event
        cdef int kind
        if self.is_answered:
            self.note(self.place + 1)  # the answer has the fills of this entry
        for i in range(count):
            event = &events[i]
            kind = event.head & 0xFF
            if kind == LEVEL:
                self.set_level(event)
            elif kind == ACCEPTED:
                self.accept(event)
            elif kind == CANCELED:
                self.end_order(event, STATUS_CANCELED)
            elif kind == TRADE:
                self.trade(event)
            elif kind == COMMISSION:
                self.is_charged = True
                self.taker_commission, self.maker_commission = event.quantity, event.remaining
            elif kind == AMENDED:
                self.record_amend(event)
            elif kind == EXPIRED:
                self.end_order(event, STATUS_EXPIRED)
            elif kind == REJECTED:
                self.end_order(event, STATUS_REJECTED)
            else:
                self.read_rare(event)
        return 0

    cdef int read_rare(self, const EventRecord* event) except -1:
        """Have an event recorded that few commands have."""
        self.note(self.place + 1)
        self.flush()
        self.reader.read([event_row(event)], self.batch)
        self.take_numbers()
        return 0

    cdef Order get(self, int64_t order_id):
        """Return the order that the core names."""
        if self.order is not None and self.order.order_id == order_id:
            return self.order
        return self.orders.get(order_id)

    cdef int set_level(self, const EventRecord* event) except -1:
        cdef Market market = <Market>self.markets[(event.head >> 16) & 0xFFFFFFFF]
        cdef dict levels
        if market.changes is None:
            market.changes = self.batch.changes.get(market.index)
            if market.changes is None:
                market.changes = BookChanges(market.instrument, event.number)
                self.batch.changes[market.index] = market.changes
            market.bids, market.asks = market.changes.bids, market.changes.asks
        market.last_update_id = event.number
        levels = market.asks if event.head >> 48 & 0xFF else market.bids
        levels[event.price] = event.quantity
        return 0

    cdef int accept(self, const EventRecord* event) except -1:
        cdef Order order = self.get(event.order_id)
        self.orders_count += 1
        self.orders.number(order, self.orders_count * self.number_step + self.number_rest)
        if not order.quantity:
            order.find_quantity(event.quantity)
        if event.other_remaining != order.stop_price:
            order.follow(event.other_remaining)
        order.before = None
        self.report(order, None)
        return 0

    cdef int record_amend(self, const EventRecord* event) except -1:
        cdef Order order = self.get(event.order_id)
        cdef tuple before = (order.client_order_id, order.quantity)
        order.amend(event.price, event.quantity, event.remaining, event.other_remaining)
        order.before = before
        self.report(order, None)
        return 0

    cdef int end_order(self, const EventRecord* event, object status) except -1:
        cdef Order order = self.get(event.order_id)
        if event.other_remaining:
            order.follow(event.other_remaining)
        order.end(status, REASONS[event.head >> 8 & 0xFF])
        if status is STATUS_REJECTED:
            self.batch.rejects.append(order.reason)
        order.before = None
        self.report(order, None)
        self.orders.close(order)
        return 0

    cdef int trade(self, const EventRecord* event) except -1:
        cdef Order taker = self.get(event.order_id), maker = self.get(event.other_id)
        cdef Market market = self.markets[(event.head >> 16) & 0xFFFFFFFF]
        self.put_trade(event, market, taker, maker)
        taker.fill(event.price, event.quantity, event.remaining)
        maker.fill(event.price, event.quantity, event.other_remaining)
        taker.before = maker.before = None
        self.report_fill(event, market, taker, TAKER, self.taker_commission)
        self.report_fill(event, market, maker, MAKER, self.maker_commission)
        self.is_charged = False
        return 0

    cdef int report_fill(
        self, const EventRecord* event, Market market, Order order, object liquidity,
        int64_t commission,
    ) except -1:
        cdef str fill = self.fill_text(event, market, order, liquidity, commission)
        if self.is_answered:
            self.batch.fills.append((order.order_id, fill))
        self.report(order, fill)
        if not order.remaining:
            self.orders.close(order)
        return 0

    # Text, as `event_text` has it

    cdef str fill_text(
        self, const EventRecord* event, Market market, Order order, object liquidity,
        int64_t commission,
    ):
        cdef char text[LONGEST_FILL]
        cdef char* at = text
        cdef bint is_buy = order.side is SIDES[BUY]
        if not market.is_simple:
            return event_text.fill_text(
                market.instrument, event.number, event.price, event.quantity, liquidity,
                commission, (market.base if is_buy else market.quote) if self.is_charged else None,
            )
        at = put_number(put(at, b'{"trade_id":'), event.number)
        at = put_decimal(put(at, b',"price":'), event.price, market.tick_places)
        at = put_decimal(put(at, b',"quantity":'), event.quantity, market.lot_places)
        at = put_quoted(put(at, b',"liquidity":'), liquidity)
        if self.is_charged:
            at = put_decimal(
                put(at, b',"commission":'), commission,
                market.base_places if is_buy else market.quote_places,
            )
            asset = market.base if is_buy else market.quote
            at = put_quoted(put(at, b',"commission_asset":'), asset.symbol)
        at = put(at, b"}")
        return PyUnicode_DecodeASCII(text, at - text, NULL)

    cdef int put_trade(
        self, const EventRecord* event, Market market, Order taker, Order maker
    ) except -1:
        cdef char* at
        if not market.is_simple:
            self.flush()
            event_text.put_trade(
                self.batch.trades, maker, taker, event.number, event.price, event.quantity,
                self.timestamp_text,
            )
            return 0
        at = begin_event(&self.trades)
        at = put_quoted(put(at, b'{"type":"trade","symbol":'), market.symbol)
        at = put_number(put(at, b',"trade_id":'), event.number)
        at = put_decimal(put(at, b',"price":'), event.price, market.tick_places)
        at = put_decimal(put(at, b',"quantity":'), event.quantity, market.lot_places)
        at = put_quoted(put(at, b',"aggressor_side":'), taker.side)
        at = put_decimal(put(at, b',"maker_order_id":'), maker.order_id, 0)
        at = put_decimal(put(at, b',"taker_order_id":'), taker.order_id, 0)
        at = put_quoted(put(at, b',"timestamp":'), self.timestamp_text)
        end_event(&self.trades, put(at, b"}"))
        return 0

    cdef int put_refusal(
        self, const Fields* fields, object reason, str name, str detail
    ) except -1:
        cdef char* at = begin_event(&self.reports)
        at = put(at, b'{"type":"command_rejected","order_id":')
        at = put_quoted(at, to_str(&fields.order_id))
        at = put_quoted(put(at, b',"client_order_id":'), name)
        at = put_quoted(put(at, b',"account":'), self.account)
        at = put(at, b',"command":"cancel"' if fields.command == CANCEL else b',"command":"amend"')
        at = put_quoted(put(at, b',"reason":'), reason)
        at = put_quoted(put(at, b',"detail":'), detail)
        at = put_number(put(at, b',"sequence":'), self.sequence)
        at = put_quoted(put(at, b',"timestamp":'), self.timestamp_text)
        end_event(&self.reports, put(at, b"}"))
        self.batch.rejects.append(reason)
        self.refused += 1
        return 0

    cdef int report(self, Order order, str fill) except -1:
        """Number and write a report of the order's state now, with its fill if it had one."""
        self.reports_count += 1
        order.execution_number = self.reports_count * self.number_step + self.number_rest
        if self.put_plain_report(order, fill):
            return 0
        self.flush()
        event_text.put_report(
            self.batch.reports, order, NO_TRADE if fill is None else fill, self.sequence,
            self.timestamp_text, self.tells_prevention,
        )
        return 0

    cdef object report_text(self, Order order):
        """Return a report of the order's state now, without a fill, as JSON."""
        cdef size_t size = self.reports.size
        cdef int64_t events = self.reports.events
        cdef object text
        if not self.put_plain_report(order, None):
            return event_text.report_text(
                order, NO_TRADE, self.sequence, self.timestamp_text, self.tells_prevention
            )
        text = self.reports.start[size + (events > 0):self.reports.size]
        self.reports.size, self.reports.events = size, events
        return text

    cdef bint put_plain_report(self, Order order, str fill) except -1:
        """Write a report; return False if the order has what few have, or numbers too large."""
        cdef Market market = self.markets[order.symbol]
        cdef int64_t notional
        cdef wide average = 0
        if not is_plain(order) or not market.is_simple or order.notional > MAX_SHORT:
            return False
        notional = order.notional
        if order.filled:
            average = divide(
                <wide>notional * market.average_unit, <wide>order.filled * market.average_divisor
            )
            if average > MAX_SHORT:
                return False
        self.put_report(order, market, fill, notional, <uint64_t>average)
        return True

    cdef int put_report(
        self, Order order, Market market, str fill, int64_t notional, uint64_t average
    ) except -1:
        cdef char* at = begin_event(&self.reports)
        at = put_decimal(put(at, b'{"type":"execution_report","order_id":'), order.order_id, 0)
        if order.number:
            at = put_number(put(at, b',"number":'), order.number)
        else:
            at = put(at, b',"number":null')
        at = put_number(put(at, b',"execution_number":'), order.execution_number)
        at = put_quoted(put(at, b',"client_order_id":'), order.client_order_id)
        if order.before is not None:
            at = put_quoted(put(at, b',"previous_client_order_id":'), order.before[0])
            at = put_decimal(
                put(at, b',"previous_quantity":'), order.before[1], market.lot_places
            )
        at = put_quoted(put(at, b',"account":'), order.account)
        at = put_quoted(put(at, b',"symbol":'), market.symbol)
        at = put_quoted(put(at, b',"side":'), order.side)
        at = put_quoted(put(at, b',"order_type":'), order.order_type)
        at = put_price(put(at, b',"price":'), order.price, market.tick_places)
        at = put_price(put(at, b',"stop_price":'), order.stop_price, market.tick_places)
        if order.triggered is None:
            at = put(at, b',"triggered":null')
        else:
            at = put(at, b',"triggered":true' if order.triggered else b',"triggered":false')
        at = put_decimal(put(at, b',"quantity":'), order.quantity, market.lot_places)
        at = put_decimal(put(at, b',"filled_quantity":'), order.filled, market.lot_places)
        at = put_decimal(put(at, b',"remaining_quantity":'), order.remaining, market.lot_places)
        at = put_decimal(
            put(at, b',"filled_notional":'), notional, market.tick_places + market.lot_places
        )
        at = put(at, b',"average_price":')
        at = put_decimal(at, average, AVERAGE_PLACES) if order.filled else put(at, b"null")
        if self.tells_prevention and order.self_trade_prevention is not NO_PREVENTION:
            at = put_quoted(put(at, b',"self_trade_prevention":'), order.self_trade_prevention)
        at = put_quoted(put(at, b',"status":'), order.status)
        at = put_quoted(put(at, b',"reason":'), order.reason)
        if order.cancel_id is not None:
            at = put_quoted(put(at, b',"cancel_id":'), order.cancel_id)
        at = put(at, b',"last_trade":')
        at = put(at, b"null") if fill is None else put_text(at, fill)
        at = put_number(put(at, b',"sequence":'), self.sequence)
        at = put_quoted(put(at, b',"timestamp":'), self.timestamp_text)
        end_event(&self.reports, put(at, b"}"))
        return 0

    # What every commit has

    def write_levels(self, object instrument, dict levels):
        """Do what `event_text.write_levels` does."""
        cdef Market market
        cdef int64_t price, quantity
        cdef char* at
        self.read_settings()
        market = self.markets[instrument.index]
        if not market.is_simple:
            return event_text.write_levels(instrument, levels)
        empty(&self.levels)
        for price, quantity in levels.items():
            at = put_decimal(put(begin_event(&self.levels), b"["), price, market.tick_places)
            at = put(at, b",")
            at = put_decimal(at, quantity, market.lot_places) if quantity else put(at, b'"0"')
            end_event(&self.levels, put(at, b"]"))
        return PyUnicode_DecodeASCII(self.levels.start, self.levels.size, NULL)

    def add_positions(self, object batch):
        """Do what `Ledger.add_positions` does."""
        cdef object ledger = self.exchange.ledger
        cdef list names = ledger.names, assets = ledger.assets
        cdef str sequence = str(batch.sequence), timestamp = batch.timestamp_text
        cdef Matcher matcher = self.exchange.matcher
        cdef int64_t number, index, last = -1
        cdef const Balance* balance
        cdef char* at = NULL
        for number, index in matcher.take_changed():
            if number != last:
                if last >= 0:
                    end_event(&self.reports, put(at, b"]}"))
                at = begin_event(&self.reports)
                at = put_quoted(put(at, b'{"type":"account_position","account":'), names[number])
                at = put_text(put(at, b',"sequence":'), sequence)
                at = put_quoted(put(at, b',"timestamp":'), timestamp)
                at = put(at, b',"balances":[')
            else:
                end_event(&self.reports, at)
                at = put(continue_event(&self.reports), b",")
            balance = &matcher.core.ledger.balances[
                balance_place(&matcher.core.ledger, number, index)
            ]
            at = put_balance(at, assets[index], balance)
            last = number
        if last >= 0:
            end_event(&self.reports, put(at, b"]}"))
            self.hand_over(batch.reports, &self.reports)


cdef char* put_balance(char* at, object asset, const Balance* balance) except NULL:
    cdef int places = asset.decimals
    at = put_quoted(put(at, b'{"asset":'), asset.symbol)
    at = put_wide(put(at, b',"free":'), &balance.free, places)
    at = put_wide(put(at, b',"locked":'), &balance.locked, places)
    return put(at, b"}")


cdef char* put_wide(char* at, const Wide* amount, int places) except NULL:
    """Put an amount of any size and sign in quotes."""
    if amount.high == 0 and amount.low <= <uint64_t>MAX_SHORT:
        return put_decimal(at, amount.low, places)
    return put_quoted(at, format_amount(from_wide(amount), places))


cdef inline bint is_plain(Order order) noexcept:
    """Whether a report of the order has nothing that few have."""
    return order.special is PLAIN and not order.prevented and order.order_list is None
