"""A plain entry of the list: where each of its fields stands, in the entry's own bytes.

Plain are the fields that most entries have: strings without escapes, all of it ASCII, the number of
an order, and the order that a `replace` cancels. Any other entry is left to the decoder, so that it
says alone what is wrong with one.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t
from libc.string cimport memset

from engine.order_path.words cimport (
    read_command,
    read_order_type,
    read_prevention,
    read_restriction,
    read_side,
    read_time_in_force,
)
from protocol.plain_text cimport Text, is_word, read_name, read_string, skip_blanks

cdef enum:
    MAX_PLAIN = 512  # bytes; nobody needs more, and the decoder counts a longer one's brackets
    MAX_NUMBER_DIGITS = 18

# An order as a command names it, or the name and the id that a new one brings. `number` is 0
# without the field.
cdef struct Target:
    Text order_id
    Text client_order_id
    Text cancel_id
    int64_t number
    int restriction

# Codes are those of `words`; side and type are -1 without the field.
cdef struct Fields:
    int command
    int side
    int order_type
    int prevention
    int time_in_force
    bint has_time_in_force
    bint is_unique
    bint is_replacing
    Target order
    Target replaced
    Text symbol
    Text account
    Text quantity
    Text price
    Text stop_price
    Text expires_at
    Text display_quantity
    Text quote_quantity
    Text valid_until
    Text reply_to
    Text request_id


cdef inline bint put_target_field(Target* target, const Text* name, const Text* text) noexcept:
    """Set what names an order, or says something of its cancel."""
    if is_word(name, b"order_id", 8):
        target.order_id = text[0]
    elif is_word(name, b"client_order_id", 15):
        target.client_order_id = text[0]
    elif is_word(name, b"cancel_id", 9):
        target.cancel_id = text[0]
    elif is_word(name, b"restriction", 11):
        target.restriction = read_restriction(text)
        return target.restriction >= 0
    else:
        return False
    return True


cdef inline bint put_word(Fields* fields, const Text* name, const Text* text) noexcept:
    """Set a field that is a word."""
    if is_word(name, b"side", 4):
        fields.side = read_side(text)
        return fields.side >= 0
    if is_word(name, b"order_type", 10):
        fields.order_type = read_order_type(text)
        return fields.order_type >= 0
    if is_word(name, b"command", 7):
        fields.command = read_command(text)
        return fields.command >= 0
    if is_word(name, b"self_trade_prevention", 21):
        fields.prevention = read_prevention(text)
        return fields.prevention >= 0
    return put_rare_word(fields, name, text)


cdef inline bint put_rare_word(Fields* fields, const Text* name, const Text* text) noexcept:
    if is_word(name, b"time_in_force", 13):
        fields.has_time_in_force = True
        fields.time_in_force = read_time_in_force(text)
        return fields.time_in_force >= 0
    if is_word(name, b"unique", 6):
        fields.is_unique = is_word(text, b"open", 4)
        return fields.is_unique
    if is_word(name, b"mode", 4):  # says what to do if an order cannot be canceled, which is rare
        return is_word(text, b"stop_on_failure", 15) or is_word(text, b"allow_failure", 13)
    return False


cdef inline bint put_text_field(Fields* fields, const Text* name, const Text* text) noexcept:
    """Set a field that may have any text."""
    if is_word(name, b"symbol", 6):
        fields.symbol = text[0]
    elif is_word(name, b"quantity", 8):
        fields.quantity = text[0]
    elif is_word(name, b"price", 5):
        fields.price = text[0]
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
        return put_rare_text(fields, name, text)
    return True


cdef inline bint put_rare_text(Fields* fields, const Text* name, const Text* text) noexcept:
    if is_word(name, b"expires_at", 10):
        fields.expires_at = text[0]
    elif is_word(name, b"display_quantity", 16):
        fields.display_quantity = text[0]
    elif is_word(name, b"quote_quantity", 14):
        fields.quote_quantity = text[0]
    else:
        return is_word(name, b"received_at", 11)  # which says nothing to the engine
    return True


cdef inline bint put_field(Fields* fields, const Text* name, const Text* text) noexcept:
    """Set a field; return False if it is none of those that most entries have, or no such word."""
    return (
        put_text_field(fields, name, text) or put_target_field(&fields.order, name, text)
        or put_word(fields, name, text)
    )


# JSON: each function takes where something begins, and returns what is behind it; NULL for what is
# not plain. An entry ends with a zero, which nothing here takes for a part of it.

cdef inline const char* read_number(const char* at, int64_t* number) noexcept:
    """Read a whole number above 0."""
    cdef const char* first = at
    number[0] = 0
    if at[0] == c"0":
        return NULL
    while c"0" <= at[0] <= c"9":
        if at - first == MAX_NUMBER_DIGITS:
            return NULL
        number[0] = 10 * number[0] + (at[0] - c"0")
        at += 1
    return at if number[0] else NULL


cdef inline const char* read_target_value(
    const char* at, Target* target, const Text* name
) noexcept:
    cdef Text text
    if is_word(name, b"number", 6):
        return read_number(at, &target.number)
    at = read_string(at, &text)
    return at if at is not NULL and put_target_field(target, name, &text) else NULL


cdef inline const char* read_target(const char* at, Target* target) noexcept:
    """Read the object that names the order to replace."""
    cdef Text name
    memset(target, 0, sizeof(Target))  # the last one counts, as in the decoder
    if at[0] != c"{":
        return NULL
    while True:
        at = read_name(at + 1, &name)
        if at is not NULL:
            at = read_target_value(at, target, &name)
        if at is NULL:
            return NULL
        at = skip_blanks(at)
        if at[0] == c"}":
            return at + 1
        if at[0] != c",":
            return NULL


cdef inline const char* read_value(const char* at, Fields* fields, const Text* name) noexcept:
    """Read a value of any other kind than text."""
    if is_word(name, b"number", 6):
        return read_number(at, &fields.order.number)
    if is_word(name, b"replaced", 8):
        fields.is_replacing = True
        return read_target(at, &fields.replaced)
    return NULL


cdef inline bint read_fields(bytes raw, Fields* fields) noexcept:
    """Find the fields of a plain entry; return False for any other, which may still be good."""
    cdef const char* at = PyBytes_AS_STRING(raw)
    cdef const char* end = at + PyBytes_GET_SIZE(raw)
    cdef Text name, text
    if end - at > MAX_PLAIN:
        return False
    memset(fields, 0, sizeof(Fields))
    fields.side = fields.order_type = -1
    at = skip_blanks(at)
    if at[0] != c"{":
        return False
    while True:
        # after the brace or a comma
        at = read_name(at + 1, &name)
        if at is NULL:
            return False
        if at[0] == c'"':
            at = read_string(at, &text)
            if at is NULL or not put_field(fields, &name, &text):
                return False
        else:
            at = read_value(at, fields, &name)
            if at is NULL:
                return False
        at = skip_blanks(at)
        if at[0] == c"}":
            return skip_blanks(at + 1) == end
        if at[0] != c",":
            return False
