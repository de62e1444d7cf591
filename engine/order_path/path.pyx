"""The short way of an order: from its entry to its messages, without an object between.

It takes the commands that most are, each in an entry as gateways push it. Whatever else there is,
it leaves to `handler.py` before anything has changed: that does every command, and these to the
same bytes. One compiled unit in parts: `fields`, `words`, `values` and `terms` read an entry,
`new_orders`, `open_orders` and `replacement` carry commands out, `recording` and `writing` tell
what became of them, `rejects` and `answers` what was refused and what is asked for.
"""

cimport cython
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.stdint cimport int64_t
from libc.stdlib cimport free

from engine.core.compiled.matcher cimport Events, Matcher
from engine.core.compiled.state cimport COMMAND_REJECTED
from engine.core.compiled.state_hash cimport balance_place
from engine.order_path.fields cimport Fields, read_fields
from engine.order_path.new_orders cimport enter
from engine.order_path.open_orders cimport amend, cancel
from engine.order_path.published cimport put_balance, put_level, put_position
from engine.order_path.recording cimport record
from engine.order_path.replacement cimport replace
from engine.order_path.reports cimport MAX_SHORT
from engine.order_path.text cimport (
    MOST_PLACES,
    Buffer,
    begin_event,
    continue_event,
    empty,
    end_event,
)
from engine.order_path.words cimport AMEND, CANCEL, NEW
from protocol.plain_text cimport Text, is_same, put, to_str
from engine.core import codes
from engine.exchange import event_text
from engine.exchange.levels import Level
from engine.exchange.translation import REASONS_BY_CODE
from protocol.commands import DEFAULT_ACCOUNT
from protocol.decimals import format_amount
from protocol.enums import (
    Liquidity,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
    Status,
    TimeInForce,
)
from protocol.special_terms import PLAIN, SpecialTerms
from protocol.timestamps import parse_timestamp

# For the parts, as `path.pxd` declares them.
from engine.exchange.batch import BookChanges  # no-cython-lint
from engine.exchange.expiries import find_end_of_day  # no-cython-lint
from engine.exchange.rejects import echo  # no-cython-lint
from engine.exchange.replies import Outcome, answer_order, to_reply  # no-cython-lint
from protocol.codec import encode  # no-cython-lint
from protocol.commands import check_order_values, derive_order_id  # no-cython-lint
from protocol.refusal import Refusal  # no-cython-lint
from protocol.special_terms import read_quote_quantity  # no-cython-lint
from protocol.timestamps import format_timestamp, parse_moment  # no-cython-lint

cdef extern from "Python.h":
    str PyUnicode_DecodeASCII(const char* text, Py_ssize_t size, const char* errors)

cdef object FIRST_LEVEL = Level.CONDITIONAL  # older rules are the handler's

GTC_WORD = TimeInForce.GTC
INSUFFICIENT_BALANCE = Reason.INSUFFICIENT_BALANCE
MAKER = Liquidity.MAKER
NO_PREVENTION = SelfTradePrevention.NONE
OPEN = Status.OPEN
ORDER_CLOSED = Reason.ORDER_CLOSED
STATUS_CANCELED = Status.CANCELED
STATUS_EXPIRED = Status.EXPIRED
STATUS_REJECTED = Status.REJECTED
TAKER = Liquidity.TAKER
UNKNOWN_ORDER = Reason.UNKNOWN_ORDER
NEVER_RESTS = frozenset({OrderType.MARKET, OrderType.IOC, OrderType.FOK})
ORDER_TYPES = [OrderType[word.name] for word in codes.OrderType]
PREVENTIONS = [SelfTradePrevention[word.name] for word in codes.SelfTradePrevention]
REASONS = [REASONS_BY_CODE.get(code) for code in range(256)]
SIDES = [Side[word.name] for word in codes.Side]
TIMES_IN_FORCE = list(TimeInForce)
WORD_TERMS = [
    None if word is TimeInForce.GTD else PLAIN if word is GTC_WORD else SpecialTerms(word)
    for word in TIMES_IN_FORCE
]
SHARE_UNIT = 10**18


@cython.final
cdef class Market:
    """An instrument with the limits in force, in numbers; what a batch has changed of its book."""

    def __init__(self, object instrument, object limits, object pair):
        cdef object places = instrument.tick.decimal_places + instrument.lot.decimal_places
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.limits = limits
        self.min_quantity, self.max_quantity = limits.min_quantity, limits.max_quantity
        self.index = instrument.index
        self.grid.is_simple = (
            instrument.tick.is_power_of_ten and instrument.lot.is_power_of_ten
            and places <= MOST_PLACES
        )
        if self.grid.is_simple:
            self.grid.tick_places = instrument.tick.decimal_places
            self.grid.lot_places = instrument.lot.decimal_places
            self.grid.average_divisor = <object>10**instrument.tick.decimal_places
        self.is_limited = (
            limits.min_notional is not None or limits.max_notional is not None
            or limits.band is not None
        )
        if pair is not None:
            self.base, self.quote = pair
            self.grid.base_places = self.base.decimals
            self.grid.quote_places = self.quote.decimals

    cdef bint obeys(self, int64_t lots) noexcept:
        return self.min_quantity <= lots <= self.max_quantity


@cython.final
cdef class Path:
    """Runs plain entries on an exchange whose core is the compiled one."""

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
        while self.take(&fields):
            self.place += 1
            if self.place - place + self.reports_count - first_report + self.refused >= room:
                break
            if self.place == len(entries) or not read_fields(<bytes>entries[self.place], &fields):
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
        record(self, events.records, events.size)
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

    cdef bint take(self, const Fields* fields) except -1:
        """Carry out one entry; return False, and change nothing, if it is the handler's."""
        self.sequence = self.first_sequence + self.place
        self.is_answered = fields.reply_to.size and fields.request_id.size
        if fields.valid_until.at and not self.is_in_time(&fields.valid_until):
            return False
        if fields.command == NEW:
            return enter(self, fields)
        if fields.command == CANCEL:
            return cancel(self, fields)
        return amend(self, fields) if fields.command == AMEND else replace(self, fields)

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

    # What every commit has

    def write_levels(self, object instrument, dict levels):
        """Do what `event_text.write_levels` does."""
        cdef Market market
        cdef int64_t price, quantity
        self.read_settings()
        market = self.markets[instrument.index]
        if not market.grid.is_simple:
            return event_text.write_levels(instrument, levels)
        empty(&self.levels)
        for price, quantity in levels.items():
            put_level(&self.levels, price, quantity, &market.grid)
        return PyUnicode_DecodeASCII(self.levels.start, self.levels.size, NULL)

    def add_positions(self, object batch):
        """Do what `Ledger.add_positions` does."""
        cdef object ledger = self.exchange.ledger
        cdef list names = ledger.names, assets = ledger.assets
        cdef str sequence = str(batch.sequence), timestamp = batch.timestamp_text
        cdef Matcher matcher = self.exchange.matcher
        cdef int64_t number, index, last = -1
        cdef char* at = NULL
        for number, index in matcher.take_changed():
            if number != last:
                if last >= 0:
                    end_event(&self.reports, put(at, b"]}"))
                at = put_position(begin_event(&self.reports), names[number], sequence, timestamp)
            else:
                end_event(&self.reports, at)
                at = put(continue_event(&self.reports), b",")
            asset = assets[index]
            at = put_balance(
                at, asset.symbol, asset.decimals, &matcher.core.ledger.balances[
                    balance_place(&matcher.core.ledger, number, index)
                ], format_amount,
            )
            last = number
        if last >= 0:
            end_event(&self.reports, put(at, b"]}"))
            self.hand_over(batch.reports, &self.reports)
