"""A plain order as a client sends it: where each of its fields stands, in the client's own bytes.

Plain are the fields that most orders have, each of them once, all of it strings without escapes.
Any other order is left to the routes, so that they say alone what is wrong with one.
"""

from libc.string cimport memset

from protocol.plain_text cimport Text, is_word, read_name, read_string, skip_blanks

cdef enum:
    MAX_PLAIN = 512  # bytes of a body or a message; nobody needs more
    MAX_ID_DIGITS = 18
    MAX_ID_CHARACTERS = 64  # as in `order_gateway.reading.command_message`

cdef struct Order:
    Text symbol
    Text side
    Text order_type
    Text quantity
    Text price
    Text client_order_id
    Text prevention

# A command that places an order: its id as it stands there, with the quotes if it is a string.
cdef struct Message:
    Text id
    Text command
    Order order
    bint has_order


cdef inline Text* find_field(Order* order, const Text* name) noexcept:
    """Find where a field belongs; NULL if it is none of those that most orders have."""
    if is_word(name, b"symbol", 6):
        return &order.symbol
    if is_word(name, b"side", 4):
        return &order.side
    if is_word(name, b"order_type", 10):
        return &order.order_type
    if is_word(name, b"quantity", 8):
        return &order.quantity
    if is_word(name, b"price", 5):
        return &order.price
    if is_word(name, b"client_order_id", 15):
        return &order.client_order_id
    return &order.prevention if is_word(name, b"self_trade_prevention", 21) else NULL


cdef inline const char* read_order(const char* at, Order* order) noexcept:
    """Find the fields of an order; `order` is empty before."""
    cdef Text name
    cdef Text* field
    if at[0] != c"{":
        return NULL
    while True:
        # after the brace or a comma
        at = read_name(at + 1, &name)
        if at is NULL:
            return NULL
        field = find_field(order, &name)
        if field is NULL or field.at is not NULL:
            return NULL
        at = read_string(at, field)
        if at is NULL:
            return NULL
        at = skip_blanks(at)
        if at[0] == c"}":
            return at + 1
        if at[0] != c",":
            return NULL


cdef inline bint read_body(const char* at, Py_ssize_t size, Order* order) noexcept:
    """Find the fields of a body that is a plain order; return False for any other."""
    cdef const char* end = at + size
    if size > MAX_PLAIN:
        return False
    memset(order, 0, sizeof(Order))
    at = read_order(skip_blanks(at), order)
    return at is not NULL and skip_blanks(at) == end


cdef inline const char* read_id(const char* at, Text* id) noexcept:
    """Read a string, or a whole number that is not negative."""
    cdef const char* first = at
    cdef Text text
    if at[0] == c'"':
        at = read_string(at, &text)
        if at is NULL or text.size > MAX_ID_CHARACTERS:
            return NULL
    else:
        while c"0" <= at[0] <= c"9":
            at += 1
        if not 0 < at - first <= MAX_ID_DIGITS or (first[0] == c"0" and at - first > 1):
            return NULL
    id.at, id.size = first, at - first
    return at


cdef inline const char* read_part(const char* at, const Text* name, Message* message) noexcept:
    """Read a value of a message."""
    if is_word(name, b"id", 2) and message.id.at is NULL:
        return read_id(at, &message.id)
    if is_word(name, b"command", 7) and message.command.at is NULL:
        return read_string(at, &message.command)
    if is_word(name, b"body", 4) and not message.has_order:
        message.has_order = True
        return read_order(at, &message.order)
    return NULL


cdef inline bint read_message(const char* at, Py_ssize_t size, Message* message) noexcept:
    """Find the parts of a message that places a plain order; return False for any other."""
    cdef const char* end = at + size
    cdef Text name
    memset(message, 0, sizeof(Message))
    at = skip_blanks(at)
    if at[0] != c"{":
        return False
    while True:
        at = read_name(at + 1, &name)
        if at is not NULL:
            at = read_part(at, &name, message)
        if at is NULL:
            return False
        at = skip_blanks(at)
        if at[0] == c"}":
            break
        if at[0] != c",":
            return False
    return (
        skip_blanks(at + 1) == end and message.id.at is not NULL and message.has_order
        and message.command.at is not NULL and is_word(&message.command, b"place", 5)
    )
