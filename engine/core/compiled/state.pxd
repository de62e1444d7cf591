"""The compiled core's memory: orders, price levels, books, and what one command leaves behind.

Prices are ticks, quantities are lots. A slot is an index into the pool of orders; 0 is none.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

ctypedef int64_t price_t
ctypedef int64_t qty_t
ctypedef uint32_t slot_t

cdef extern from *:
    """
    #include <stdint.h>
    #define GOQUANT_MAX_PRICE 1000000000000LL
    #define GOQUANT_MAX_QUANTITY 1000000000000LL
    #define GOQUANT_MAX_ORDER_ID 9007199254740991LL
    #define GOQUANT_NO_ASK 9223372036854775807LL
    #define GOQUANT_LIKELY(condition) __builtin_expect(!!(condition), 1)
    #define GOQUANT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
    #define GOQUANT_HASH_SPREAD 0x9e3779b97f4a7c15ULL
    #define GOQUANT_SHAPE 0xffffffff00ffffffULL
    """
    const int64_t MAX_PRICE "GOQUANT_MAX_PRICE"
    const int64_t MAX_QUANTITY "GOQUANT_MAX_QUANTITY"
    const int64_t MAX_ORDER_ID "GOQUANT_MAX_ORDER_ID"
    const int64_t MAX_AMOUNT "INT64_MAX"
    const int64_t NO_ASK "GOQUANT_NO_ASK"
    const uint64_t HASH_SPREAD "GOQUANT_HASH_SPREAD"
    const uint64_t SHAPE "GOQUANT_SHAPE"  # of an order's last word: all but `has_extra`
    bint likely "GOQUANT_LIKELY"(bint condition) noexcept nogil
    bint unlikely "GOQUANT_UNLIKELY"(bint condition) noexcept nogil
    void prefetch "__builtin_prefetch"(const void* address, int is_write) noexcept nogil

cdef enum:
    MAX_ORDERS = 8388608
    MAX_SYMBOLS = 65536
    MAX_ASSETS = 65536
    MAX_ACCOUNTS = 16777216
    FEE_UNIT = 100000000  # of a fee rate: 1 is all of what is received
    FEES_ACCOUNT = 0
    MAX_PARTS = 100  # of an iceberg
    MAX_LEGS = 3  # of an order list
    BASIS_POINT_UNIT = 10000  # in all of a price
    WINDOW = 65536  # ticks of a book that are held in an array
    NO_BID = 0
    BLOCK = 128  # far levels in one block
    ACCOUNT_BUCKETS = 65536

cdef enum:
    BUY = 0
    SELL = 1

cdef enum:
    LIMIT = 0
    IOC = 1
    FOK = 2
    POST_ONLY = 3
    MARKET = 4
    STOP_LOSS = 5
    STOP_LIMIT = 6
    TAKE_PROFIT = 7
    TAKE_PROFIT_LIMIT = 8

# The same numbers as the types IOC and FOK.
cdef enum:
    IN_FORCE_GTC = 0
    IN_FORCE_IOC = 1
    IN_FORCE_FOK = 2

cdef enum:
    TICKS = 0
    BASIS_POINTS = 1
    UNITS = 2

# What an order waits for.
cdef enum:
    NOT_WAITING = 0
    STOP_PRICE = 1
    TRAILING = 2
    WORKING_ORDER = 3  # of its list
    ITS_TURN = 4  # a trade has reached its stop price: it is in the queue, in no book, not hashed

cdef enum:
    PREVENT_NONE = 0
    PREVENT_CANCEL_TAKER = 1
    PREVENT_CANCEL_MAKER = 2
    PREVENT_CANCEL_BOTH = 3
    PREVENT_DECREMENT = 4

cdef enum:
    COMMAND_NEW = 0
    COMMAND_CANCEL = 1
    COMMAND_AMEND = 2
    COMMAND_CANCEL_ALL = 3
    COMMAND_EXPIRE = 4

cdef enum:
    ACCEPTED = 1
    TRADE = 2
    CANCELED = 3
    EXPIRED = 4
    REJECTED = 5
    AMENDED = 6
    REDUCED = 7
    TRIGGERED = 8
    COMMAND_REJECTED = 9
    LEVEL = 10
    COMMISSION = 11
    PREVENTED = 12
    ACTIVATED = 13
    RELEASED = 14

cdef enum:
    REASON_NONE = 0
    CANCEL_REQUESTED = 1
    CANCEL_ALL = 2
    SELF_TRADE_PREVENTION = 3
    AMENDED_BELOW_FILLED = 4
    IOC_REMAINDER = 10
    MARKET_REMAINDER = 11
    FOK_NOT_FILLABLE = 12
    TIME_REACHED = 13
    OCO_TRIGGER = 14
    LIST_ENDED = 15
    WOULD_TRADE = 20
    DUPLICATE_ORDER_ID = 21
    TOO_MANY_OPEN_ORDERS = 22
    INSUFFICIENT_LIQUIDITY = 23
    QUANTITY_OUT_OF_RANGE = 24
    INVALID_PRICE = 30
    INVALID_QUANTITY = 31
    INVALID_STOP_PRICE = 32
    INVALID_SYMBOL = 33
    INVALID_ORDER_ID = 34
    INVALID_SIDE = 35
    INVALID_ORDER_TYPE = 36
    INVALID_SELF_TRADE_PREVENTION = 37
    INVALID_COMMAND = 38
    INVALID_ACCOUNT = 39
    UNKNOWN_ORDER = 40
    NOTHING_TO_AMEND = 41
    INVALID_TIME_IN_FORCE = 42
    INVALID_DISPLAY_QUANTITY = 43
    INVALID_TRAILING_OFFSET = 44
    INVALID_LIST = 45
    PRICE_RELATION = 46
    NOTIONAL_OUT_OF_RANGE = 50
    INSUFFICIENT_BALANCE = 51

cdef enum:
    OCO = 1
    OTO = 2
    OTOCO = 3
    OPO = 4
    OPOCO = 5

# Of `has_extra`.
cdef enum:
    HAS_EXTRA = 1
    UNHELD = 2  # the other leg holds for both, or what the working order has bought is held

# One cache line. `remaining` is what an iceberg at rest shows of it. What few orders have lives
# apart (`Extra`); `has_extra` says that there is one.
cdef struct Order:
    int64_t order_id
    int64_t account
    price_t price
    qty_t remaining
    qty_t filled
    uint64_t arrival
    slot_t next
    slot_t prev
    uint16_t symbol  # from here on the shape of `state_hash.shape_of`
    uint8_t time_in_force
    uint8_t has_extra
    uint8_t side
    uint8_t order_type
    uint8_t prevention
    uint8_t waiting

# What few orders have; `extras.pxd` tells how to add to it. All zero means that there is nothing.
cdef struct Extra:
    price_t stop_price  # a trailing stop's: the price that begins it, if there is one
    qty_t display  # an iceberg's: the most that it shows
    qty_t hidden  # of an iceberg at rest
    int64_t partner  # the other leg of an OCO, by its order id
    int64_t link  # of a working order its first pending one, of a pending one its working one
    int64_t received  # units bought for the pending orders, and held
    int64_t offset  # a trailing stop's, until it fires
    slot_t child  # of a heap: see `trails`
    uint8_t unit  # of the offset
    uint8_t is_keeping  # whether what it buys is for them
    uint32_t next  # free one

# `extra` is unset unless the order says that it has one.
cdef struct Incoming:
    Order order
    Extra extra

cdef struct Level:
    slot_t head
    slot_t tail
    qty_t quantity

cdef struct Bitmap:
    uint64_t words[1024]
    uint64_t groups[16]
    uint64_t summary

cdef struct LevelBlock:
    uint32_t count
    price_t prices[BLOCK]
    Level levels[BLOCK]

cdef struct SortedLevels:
    LevelBlock** blocks
    uint32_t count
    uint32_t capacity

# Those that follow the same extreme: since which arrival, the sum of their weights in the hash, a
# heap for each unit.
cdef struct Trail:
    price_t extreme
    uint64_t since
    uint64_t weight
    slot_t roots[2]

cdef struct Trails:
    Trail* records
    uint64_t latest  # arrival of the last that began
    uint32_t count
    uint32_t capacity
    uint32_t empty

cdef struct Book:
    price_t best[2]
    price_t base
    Level* window
    price_t rise_at
    price_t fall_at
    price_t last_trade_price
    int64_t trade_id
    int64_t update_id
    int64_t prevented_id
    uint32_t near_levels
    uint32_t far_operations
    SortedLevels far[2]
    SortedLevels waiting[2]
    Level pending
    Bitmap near[2]
    Trails trails[2]

cdef struct IdEntry:
    uint32_t hash
    slot_t slot

cdef struct IdIndex:
    IdEntry* entries
    uint32_t mask
    uint32_t shift

# kind, reason, symbol and side share the first word, in the byte order of EVENT_RECORD.
cdef struct EventRecord:
    uint64_t head
    int64_t order_id
    int64_t other_id
    int64_t price
    int64_t quantity
    int64_t remaining
    int64_t other_remaining
    int64_t number

cdef struct CommandRecord:
    uint8_t kind
    uint8_t side
    uint8_t order_type
    uint8_t prevention
    int32_t symbol
    int64_t order_id
    int64_t account
    int64_t quantity
    int64_t price
    int64_t stop_price

# What few new orders ask for, beside a CommandRecord.
cdef struct Special:
    uint8_t time_in_force
    uint8_t trailing_unit
    qty_t display
    int64_t quote_amount
    qty_t most  # that the amount may come to, 0 for any quantity
    int64_t trailing_offset

# An order of a list, as it comes in.
cdef struct Leg:
    CommandRecord command
    Special special

# What an order of a list has in saved bytes, as saved.LIST_RECORD has it; `place` among the orders.
cdef struct ListRecord:
    uint32_t place
    uint16_t is_unheld
    uint16_t is_keeping
    int64_t partner
    int64_t link
    int64_t received

# What few orders have in saved bytes, as saved.EXTRA_RECORD has it; `place` among the orders.
cdef struct ExtraRecord:
    uint32_t place
    uint32_t time_in_force
    int64_t display
    int64_t hidden

# What a trailing stop has in saved bytes, as saved.TRAILING_RECORD has it.
cdef struct TrailingRecord:
    uint32_t place
    uint32_t unit
    int64_t offset
    int64_t extreme

# An order in saved bytes, as saved.ORDER_RECORD has it.
cdef struct OrderRecord:
    int64_t order_id
    int64_t account
    int64_t price
    int64_t stop_price
    int64_t remaining
    int64_t filled
    uint64_t arrival
    uint32_t symbol
    uint8_t side
    uint8_t order_type
    uint8_t prevention
    uint8_t waiting

cdef struct TouchedLevel:
    price_t price
    qty_t before
    qty_t after  # after the first visit: final unless the command is compound
    uint32_t symbol
    uint32_t side

cdef struct QueuedOrder:
    uint64_t arrival
    slot_t slot

# A whole number of an asset's units, in two's complement.
cdef struct Wide:
    uint64_t low
    int64_t high

cdef struct Balance:
    Wide free
    Wide locked

# Which balance: an account's, of an asset.
cdef struct Place:
    uint32_t account
    uint32_t asset

# What a symbol's lots and prices are worth; all zero if it has no ledger.
cdef struct Terms:
    int64_t lot_units  # of the base asset in a lot
    int64_t step_units  # of the quote asset in a lot at a price of one tick
    uint32_t base
    uint32_t quote
    uint32_t maker_fee
    uint32_t taker_fee

# An account's own fee rates; symbol -1 stands for every symbol without rates of its own.
cdef struct OwnFees:
    int64_t account
    int32_t symbol
    uint32_t maker_fee
    uint32_t taker_fee
    uint32_t unused

cdef struct Ledger:
    Terms* terms
    Balance* balances  # a row for each asset, a place for each account: see `balance_place`
    uint8_t* is_touched
    Place* touched
    uint64_t touched_count
    uint64_t touched_capacity
    uint32_t assets
    uint32_t accounts
    uint32_t capacity
    bint is_checked
    uint8_t* has_own_fees
    OwnFees* own_fees
    uint32_t own_fees_count
    uint32_t own_fees_capacity
    uint64_t hash
    uint32_t short_asset
    Wide needed

cdef struct Core:
    Order* pool
    uint32_t* extra_of  # by slot: the place in `extras` of an order that has one
    Extra* extras
    uint32_t free_extra
    uint32_t next_extra
    uint32_t extra_capacity
    uint32_t icebergs
    bint numbers_prevented
    Extra* taker_extra  # of a working order that is executed, else NULL
    bint is_taker_canceled
    Book** books
    EventRecord* events
    TouchedLevel* touched
    uint32_t* seen  # a table of places in `touched`
    IdIndex index
    uint64_t event_count
    uint64_t event_capacity
    EventRecord* own_events
    uint64_t own_capacity
    uint64_t order_hash
    uint64_t arrival
    uint32_t touched_count
    uint32_t touched_capacity
    uint32_t seen_capacity
    uint32_t open_orders
    uint32_t max_orders
    slot_t free_slot
    slot_t next_slot
    uint32_t capacity
    uint32_t symbols
    uint32_t symbol_capacity
    bint is_compound
    bint is_joined
    uint32_t queue_count
    uint32_t queue_capacity
    QueuedOrder* queue
    Level* spare_window
    void** window_blocks
    uint32_t window_block_count
    uint32_t* account_orders
    Ledger ledger
