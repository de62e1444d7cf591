"""The words of an entry as the core's codes; -1 for a word that there is not."""

from engine.core.compiled.state cimport (
    BUY,
    FOK,
    IOC,
    LIMIT,
    MARKET,
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
from protocol.plain_text cimport Text, is_word

cdef enum PathCommand:
    NEW
    CANCEL
    AMEND
    REPLACE

# What the core knows no time for, the exchange ends. The first one is of orders without the word.
cdef enum TimeInForce:
    GTC
    IN_FORCE_IOC
    IN_FORCE_FOK
    GTD
    DAY

# The state that an order has to be in for a cancel.
cdef enum Restriction:
    UNRESTRICTED
    ONLY_NEW
    ONLY_PARTIALLY_FILLED


cdef inline int read_command(const Text* text) noexcept:
    if is_word(text, b"new", 3):
        return NEW
    if is_word(text, b"cancel", 6):
        return CANCEL
    if is_word(text, b"amend", 5):
        return AMEND
    return REPLACE if is_word(text, b"replace", 7) else -1


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


cdef inline int read_time_in_force(const Text* text) noexcept:
    if is_word(text, b"gtc", 3):
        return GTC
    if is_word(text, b"ioc", 3):
        return IN_FORCE_IOC
    if is_word(text, b"fok", 3):
        return IN_FORCE_FOK
    if is_word(text, b"gtd", 3):
        return GTD
    return DAY if is_word(text, b"day", 3) else -1


cdef inline int read_restriction(const Text* text) noexcept:
    if is_word(text, b"only_new", 8):
        return ONLY_NEW
    return ONLY_PARTIALLY_FILLED if is_word(text, b"only_partially_filled", 21) else -1
