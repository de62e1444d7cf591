"""A plain entry of the list: where each of its fields stands, in the entry's own bytes.

Plain are the fields that most entries have, each a string without escapes, all of it ASCII. Any
other entry is left to the decoder, so that it says alone what is wrong with one.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t
from libc.string cimport memcmp, memset

from engine.core.compiled.state cimport (
    BUY,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    MAX_ORDER_ID,
    POST_ONLY,
    PREVENT_CANCEL_BOTH,
    PREVENT_CANCEL_MAKER,
    PREVENT_CANCEL_TAKER,
    PREVENT_DECREMENT,
    PREVENT_NONE,
    SELL,
    STOP_LIMIT,
    STOP_LOSS,
    TAKE_PROFIT,
    TAKE_PROFIT_LIMIT,
)

cdef enum:
    MAX_PLAIN = 512  # bytes; nobody needs more, and the decoder counts a longer one's brackets
    MAX_DIGITS = 18  # always fit into 64 bits
    MAX_WHOLE_DIGITS = 15
    MAX_IDENTIFIER = 64
    MAX_ID_DIGITS = 16

cdef enum PathCommand:
    NEW
    CANCEL
    AMEND

# `at` is NULL if the entry has no such field.
cdef struct Text:
    const char* at
    Py_ssize_t size

# Codes are the core's, -1 without the field.
cdef struct Fields:
    PathCommand command
    int side
    int order_type
    int prevention
    bint is_unique
    bint is_gtc
    Text symbol
    Text account
    Text quantity
    Text price
    Text stop_price
    Text order_id
    Text client_order_id
    Text valid_until
    Text reply_to
    Text request_id


cdef inline bint is_word(const Text* text, const char* word, Py_ssize_t size) noexcept:
    return text.size == size and not memcmp(text.at, word, size)


cdef inline int read_side(const Text* text) noexcept:
    if is_word(text, b"buy", 3):
        return BUY
    return SELL if is_word(text, b"sell", 4) else -1


cdef inline int read_order_type(const Text* text) noexcept:
    if is_word(text, b"limit", 5):
        return LIMIT
    if is_word(text, b"market", 6):
        return MARKET
    if is_word(text, b"ioc", 3):
        return IOC
    if is_word(text, b"fok", 3):
        return FOK
    if is_word(text, b"post_only", 9):
        return POST_ONLY
    if is_word(text, b"stop_loss", 9):
        return STOP_LOSS
    if is_word(text, b"stop_limit", 10):
        return STOP_LIMIT
    if is_word(text, b"take_profit", 11):
        return TAKE_PROFIT
    return TAKE_PROFIT_LIMIT if is_word(text, b"take_profit_limit", 17) else -1


cdef inline int read_prevention(const Text* text) noexcept:
    if is_word(text, b"none", 4):
        return PREVENT_NONE
    if is_word(text, b"cancel_taker", 12):
        return PREVENT_CANCEL_TAKER
    if is_word(text, b"cancel_maker", 12):
        return PREVENT_CANCEL_MAKER
    if is_word(text, b"cancel_both", 11):
        return PREVENT_CANCEL_BOTH
    return PREVENT_DECREMENT if is_word(text, b"decrement", 9) else -1


cdef inline bint put_command(Fields* fields, const Text* text) noexcept:
    if is_word(text, b"new", 3):
        fields.command = NEW
    elif is_word(text, b"cancel", 6):
        fields.command = CANCEL
    elif is_word(text, b"amend", 5):
        fields.command = AMEND
    else:
        return False
    return True


cdef inline bint put_word(Fields* fields, const Text* name, const Text* text) noexcept:
    """Set a field that is a word; return False if there is no such field here, or no such word."""
    if is_word(name, b"side", 4):
        fields.side = read_side(text)
        return fields.side >= 0
    if is_word(name, b"order_type", 10):
        fields.order_type = read_order_type(text)
        return fields.order_type >= 0
    if is_word(name, b"command", 7):
        return put_command(fields, text)
    if is_word(name, b"unique", 6):
        fields.is_unique = is_word(text, b"open", 4)
        return fields.is_unique
    if is_word(name, b"time_in_force", 13):
        fields.is_gtc = is_word(text, b"gtc", 3)
        return fields.is_gtc
    if is_word(name, b"self_trade_prevention", 21):
        fields.prevention = read_prevention(text)
        return fields.prevention >= 0
    return is_word(name, b"received_at", 11)  # which says nothing to the engine


cdef inline bint put_field(Fields* fields, const Text* name, const Text* text) noexcept:
    """Set a field; return False if it is none of those that most entries have."""
    if is_word(name, b"symbol", 6):
        fields.symbol = text[0]
    elif is_word(name, b"quantity", 8):
        fields.quantity = text[0]
    elif is_word(name, b"price", 5):
        fields.price = text[0]
    elif is_word(name, b"order_id", 8):
        fields.order_id = text[0]
    elif is_word(name, b"client_order_id", 15):
        fields.client_order_id = text[0]
    elif is_word(name, b"account", 7):
        fields.account = text[0]
    elif is_word(name, b"reply_to", 8):
        fields.reply_to = text[0]
    elif is_word(name, b"request_id", 10):
        fields.request_id = text[0]
    elif is_word(name, b"stop_price", 10):
        fields.stop_price = text[0]
    elif is_word(name, b"valid_until", 11):
        fields.valid_until = text[0]
    else:
        return put_word(fields, name, text)
    return True


cdef inline const char* find_end(const char* at) noexcept:
    """Find the closing quote; NULL if the string is not plain, or `at` is not after a quote."""
    if (at - 1)[0] != c'"':
        return NULL
    while at[0] != c'"':
        if at[0] < 0x20 or at[0] == c"\\" or at[0] > 0x7e:  # also the zero after the last byte
            return NULL
        at += 1
    return at


cdef inline bint read_fields(bytes raw, Fields* fields) noexcept:
    """Find the fields of a plain entry; return False for any other, which may still be good."""
    cdef const char* at = PyBytes_AS_STRING(raw)
    cdef const char* end = at + PyBytes_GET_SIZE(raw)
    cdef Text name, text
    memset(fields, 0, sizeof(Fields))
    fields.side = fields.order_type = -1
    if at[0] != c"{" or end - at > MAX_PLAIN:
        return False
    while True:
        # after the brace or a comma: "name":"value"
        if at + 1 >= end:
            return False
        name.at = at + 2
        at = find_end(name.at)
        if at is NULL or at[1] != c":" or at[2] != c'"':
            return False
        name.size = at - name.at
        text.at = at + 3
        at = find_end(text.at)
        if at is NULL:
            return False
        text.size = at - text.at
        if not put_field(fields, &name, &text):
            return False
        at += 1
        if at[0] == c"}":
            return at + 1 == end
        if at[0] != c",":
            return False


cdef inline bint is_identifier(const Text* text) noexcept:
    """Whether a text is as `protocol.commands.IDENTIFIER_PATTERN` says."""
    cdef Py_ssize_t i
    cdef char one
    if not 0 < text.size <= MAX_IDENTIFIER:
        return False
    for i in range(text.size):
        one = text.at[i]
        if not (
            c"a" <= one <= c"z" or c"A" <= one <= c"Z" or c"-" <= one <= c"." or one == c"_"
            or c"0" <= one <= c":"
        ):
            return False
    return True


cdef inline int64_t read_whole(const Text* text) noexcept:
    """Return the order id in a text, -1 if it is none."""
    cdef int64_t value = 0
    cdef Py_ssize_t i
    if not 0 < text.size <= MAX_ID_DIGITS:
        return -1
    for i in range(text.size):
        if not c"0" <= text.at[i] <= c"9":
            return -1
        value = 10 * value + (text.at[i] - c"0")
    return value if 0 < value <= MAX_ORDER_ID else -1


cdef inline int64_t read_steps(const Text* text, int places) noexcept:
    """Return the whole steps of 10**-places in a decimal that has no finer part, else -1."""
    cdef int64_t value = 0
    cdef Py_ssize_t i
    cdef int whole = 0, missing = places
    cdef bint is_fraction = False
    for i in range(text.size):
        if text.at[i] == c"." and not is_fraction and i + 1 < text.size:
            is_fraction = True
            continue
        if not c"0" <= text.at[i] <= c"9":
            return -1
        if is_fraction:
            missing -= 1
        else:
            whole += 1
        if missing < 0 or whole > MAX_WHOLE_DIGITS or whole + places > MAX_DIGITS:
            return -1
        value = 10 * value + (text.at[i] - c"0")
    while missing > 0:
        value *= 10
        missing -= 1
    return value if whole else -1
