"""What the parts of the path share: its state, an instrument, and words of the protocol."""

from libc.stdint cimport int64_t

from engine.core.compiled.matcher cimport Matcher
from engine.exchange.orders cimport Order, OrderTable
from engine.order_path.fields cimport Fields
from engine.order_path.grid cimport Grid
from engine.order_path.text cimport Buffer
from protocol.plain_text cimport Text

# Python's, looked up once: types and functions of the exchange and of the protocol, and words of
# theirs, by the core's code where they are lists.
cdef object BookChanges
cdef object Outcome
cdef object PLAIN
cdef object Refusal
cdef object SpecialTerms
cdef object answer_order
cdef object check_order_values
cdef object derive_order_id
cdef object echo
cdef object encode
cdef object event_text
cdef object find_end_of_day
cdef object format_timestamp
cdef object parse_moment
cdef object read_quote_quantity
cdef object to_reply

cdef object GTC_WORD
cdef object INSUFFICIENT_BALANCE
cdef object MAKER
cdef object NO_PREVENTION
cdef object OPEN
cdef object ORDER_CLOSED
cdef object STATUS_CANCELED
cdef object STATUS_EXPIRED
cdef object STATUS_REJECTED
cdef object TAKER
cdef object UNKNOWN_ORDER
cdef frozenset NEVER_RESTS
cdef list ORDER_TYPES
cdef list PREVENTIONS
cdef list REASONS
cdef list SIDES
cdef list TIMES_IN_FORCE
cdef list WORD_TERMS  # of the orders that have no more than a time in force

cdef object SHARE_UNIT


# An instrument with the limits in force, in numbers; what a batch has changed of its book.
cdef class Market:
    cdef object instrument
    cdef str symbol
    cdef int64_t index
    cdef int64_t listed_after
    cdef Grid grid
    cdef bint is_limited  # by more than its quantities
    cdef object limits
    cdef int64_t min_quantity
    cdef int64_t max_quantity
    cdef object base  # Asset
    cdef object quote
    cdef object changes  # BookChanges of the batch in hand
    cdef dict bids
    cdef dict asks
    cdef object last_update_id

    cdef bint obeys(self, int64_t lots) noexcept


# Runs plain entries on an exchange whose core is the compiled one.
cdef class Path:
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
    cdef int64_t ends_at  # of the order in hand, if it has a date
    cdef Market market  # the last one
    cdef str account  # the last one, and its number
    cdef int64_t account_number

    cdef bint begin(self, list entries, object batch, int64_t sequence) except -1
    cdef int take_numbers(self) except -1
    cdef int flush(self) except -1
    cdef int hand_over(self, object events, Buffer* buffer) except -1
    cdef int read_settings(self) except -1
    cdef int end(self) except -1
    cdef int note(self, Py_ssize_t place) except -1
    cdef bint take(self, const Fields* fields) except -1
    cdef bint is_in_time(self, const Text* valid_until) except -1
    cdef int64_t find_account(self, const Text* name) except -1
