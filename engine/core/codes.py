"""The core's vocabulary: what goes in and what comes out, as small integers.

Both cores (`compiled`, in C, and `reference`, in plain Python) speak it. Prices are ticks,
quantities are lots, ids are integers; text, time and decimals are unknown here.
"""

from enum import IntEnum
from struct import Struct
from typing import NamedTuple, TypeAlias

MAX_PRICE = 10**12
"""Highest price and stop price, in ticks; the lowest is 1."""
MAX_QUANTITY = 10**12
"""Largest total quantity of an order, in lots; the smallest is 1."""
MAX_ORDERS = 1 << 23
"""Most open orders of one matcher: MAX_ORDERS * MAX_QUANTITY < 2**63, so that the total of a
price level cannot overflow."""
MAX_ORDER_ID = 2**53 - 1
MAX_SYMBOLS = 1 << 16
MAX_ASSETS = 1 << 16
MAX_ACCOUNTS = 1 << 24
"""Most accounts of a ledger, the one for fees among them."""
MAX_AMOUNT = 2**63 - 1
"""Largest amount of one hold, trade, credit or debit; a balance may be larger."""
MAX_PARTS = 100
"""Most parts in which an order is shown."""
BASIS_POINT_UNIT = 10**4
"""Basis points in all of a price; an offset is below it."""
FEE_UNIT = 10**8
"""Of a fee rate: at this one everything that is received goes to the fees."""
FEES_ACCOUNT = 0
"""The account of a ledger that receives the commissions; it cannot trade."""
NO_SYMBOL = -1
"""The symbol of an event whose order is unknown or whose symbol does not exist."""
ALL_SYMBOLS = -1
"""The symbol of a cancel_all over every book."""


class Side(IntEnum):
    """Side of an order (and, in `LEVEL` events, of the book)."""

    BUY = 0
    SELL = 1


class OrderType(IntEnum):
    """What an order does when it arrives or is triggered."""

    LIMIT = 0
    IOC = 1
    FOK = 2
    POST_ONLY = 3
    MARKET = 4
    STOP_LOSS = 5
    STOP_LIMIT = 6
    TAKE_PROFIT = 7
    TAKE_PROFIT_LIMIT = 8


class TimeInForce(IntEnum):
    """What becomes of a limit order that has traded what it can, after its trigger too."""

    GTC = 0
    IOC = 1
    FOK = 2


class ListKind(IntEnum):
    """How the orders of a list hang on one another.

    Of the two legs of an OCO one ends the other. In all other kinds the first order works, and one
    order, or the two legs of an OCO, wait until it is filled; in an OPO and OPOCO they sell what it
    has bought.
    """

    OCO = 1
    OTO = 2
    OTOCO = 3
    OPO = 4
    OPOCO = 5


LIST_LEGS = {
    ListKind.OCO: 2,
    ListKind.OTO: 2,
    ListKind.OTOCO: 3,
    ListKind.OPO: 2,
    ListKind.OPOCO: 3,
}
"""How many orders a list of each kind has."""


class TrailingUnit(IntEnum):
    """What the offset of a trailing stop counts."""

    TICKS = 0
    BASIS_POINTS = 1


class Waiting(IntEnum):
    """Whether an order waits, and what for."""

    NOT_WAITING = 0
    STOP_PRICE = 1
    TRAILING = 2
    """Its stop price follows the market."""
    WORKING_ORDER = 3
    """The complete fill of the order of its list on which it hangs."""
    ITS_TURN = 4
    """The orders before it: a trade of the command in hand has reached its stop price."""


class SelfTradePrevention(IntEnum):
    """What an incoming order does when it meets an order of its own account."""

    NONE = 0
    CANCEL_TAKER = 1
    CANCEL_MAKER = 2
    CANCEL_BOTH = 3
    DECREMENT = 4


class Command(IntEnum):
    """Kind of a command in a batch."""

    NEW = 0
    CANCEL = 1
    AMEND = 2
    CANCEL_ALL = 3
    EXPIRE = 4


class EventKind(IntEnum):
    """Kind of an event; `Event` says what its fields hold."""

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


class Reason(IntEnum):
    """Why an order ended or a command was refused; NONE if nothing needs a reason."""

    NONE = 0
    # an order was canceled
    CANCEL_REQUESTED = 1
    CANCEL_ALL = 2
    SELF_TRADE_PREVENTION = 3
    AMENDED_BELOW_FILLED = 4
    # an order expired
    IOC_REMAINDER = 10
    MARKET_REMAINDER = 11
    FOK_NOT_FILLABLE = 12
    TIME_REACHED = 13
    OCO_TRIGGER = 14
    LIST_ENDED = 15
    # a new order was rejected
    WOULD_TRADE = 20
    DUPLICATE_ORDER_ID = 21
    TOO_MANY_OPEN_ORDERS = 22
    INSUFFICIENT_LIQUIDITY = 23
    QUANTITY_OUT_OF_RANGE = 24
    # a new order was rejected, or an amend refused
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
    # a cancel or an amend was refused
    UNKNOWN_ORDER = 40
    NOTHING_TO_AMEND = 41
    # what few orders have: a new order was rejected, or an amend refused
    INVALID_TIME_IN_FORCE = 42
    INVALID_DISPLAY_QUANTITY = 43
    INVALID_TRAILING_OFFSET = 44
    # an order list was rejected, or an amend refused
    INVALID_LIST = 45
    PRICE_RELATION = 46
    # the ledger: a new order was rejected, an amend refused, or a triggered order expired
    NOTIONAL_OUT_OF_RANGE = 50
    INSUFFICIENT_BALANCE = 51


class Event(NamedTuple):
    """One event. The cores return plain tuples with this layout; `Event._make` names the fields.

    | kind | order_id | other_id | price | quantity | remaining | other_remaining | number |
    |---|---|---|---|---|---|---|---|
    | ACCEPTED | the order | 0 | limit price | total | total | stop price | 1: pending |
    | TRADE | taker | maker | maker's price | traded | taker's after | maker's after | trade_id |
    | CANCELED | the order | 0 | its price | the part canceled | 0 | stop price, if it trails | 0 |
    | EXPIRED | the order | 0 | its price | the part expired | 0 | stop price, if it trails | 0 |
    | REJECTED | the order | 0 | 0 | 0 | 0 | 0 | 0 |
    | AMENDED | the order | 0 | new price | new total | new remaining | stop price | 1: kept place |
    | REDUCED | the order | counterparty | its price | the part removed | after | 0 | 0 |
    | TRIGGERED | the order | 0 | the last trade price | total | remaining | stop price | 0 |
    | RELEASED | the order | 0 | limit price | total | total | stop price | 0 |
    | COMMAND_REJECTED | the order named | 0 | 0 | 0 | 0 | 0 | 0 |
    | LEVEL | 0 | 0 | level's price | level's total now, 0: gone | 0 | 0 | update_id |
    | COMMISSION | taker | maker | 0 | taker's commission | maker's commission | 0 | trade_id |
    | PREVENTED | taker | maker | maker's price | taker's part | maker's part | 0 | prevented_id |
    | ACTIVATED | the order | 0 | the trade's price | total | remaining | stop price | 0 |

    A price or stop price that the order does not have is 0; that of a trailing stop is the one that
    it has at the moment. `symbol` is NO_SYMBOL if the
    command named no order that its account can see, or a symbol that does not exist.
    `side` is the order's own, the taker's where two meet, the book's in LEVEL. With a
    ledger a COMMISSION precedes each TRADE: in units of the asset that each side receives, the
    base for the buyer, the quote for the seller. LEVEL events close a
    command, one for each level whose quantity differs after it, in the order first touched.
    A quantity reduced by self-trade prevention also lowers the order's total, so that
    total = filled + remaining holds at every moment. Remaining is all that remains, shown or not;
    a LEVEL has what is shown. If prevented matches are numbered, a PREVENTED precedes what
    self-trade prevention does, with what it takes from either order.

    `other_remaining` and `number` depend on the kind: read them as `stop_price`, `trade_id`,
    `update_id` or `has_kept_place`.
    """

    kind: int
    reason: int
    symbol: int
    side: int
    order_id: int
    other_id: int
    price: int
    quantity: int
    remaining: int
    other_remaining: int
    number: int

    @property
    def stop_price(self) -> int:
        """The stop price of an order in the events that tell it; 0 in other events."""
        return self.other_remaining if self.kind in _WITH_STOP_PRICE else 0

    @property
    def trade_id(self) -> int:
        """The id of a TRADE, and of its COMMISSION; 0 in other events."""
        return self.number if self.kind in _WITH_TRADE_ID else 0

    @property
    def update_id(self) -> int:
        """The id of a LEVEL; 0 in other events."""
        return self.number if self.kind == EventKind.LEVEL else 0

    @property
    def has_kept_place(self) -> bool:
        """Whether an AMENDED order kept its place; False in other events."""
        return self.kind == EventKind.AMENDED and bool(self.number)


_WITH_TRADE_ID = frozenset({EventKind.TRADE, EventKind.COMMISSION})
_WITH_STOP_PRICE = frozenset(
    {
        EventKind.ACCEPTED,
        EventKind.AMENDED,
        EventKind.TRIGGERED,
        EventKind.RELEASED,
        EventKind.ACTIVATED,
        EventKind.CANCELED,
        EventKind.EXPIRED,
    }
)


EventRow: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""An event as the cores return it: a plain tuple with the layout of `Event`."""


class Terms(NamedTuple):
    """What a symbol's lots and prices are worth in a ledger, and what trading costs there.

    `base` and `quote` are indices of assets. A lot is `lot_units` of the base; at a price of one
    tick it costs `step_units` of the quote. Fee rates are parts of FEE_UNIT of what is received.
    """

    base: int
    quote: int
    lot_units: int
    step_units: int
    maker_fee: int = 0
    taker_fee: int = 0


class OpenOrder(NamedTuple):
    """One open order as `Matcher.orders` lists it; prices in ticks, quantities in lots.

    `hidden` is what remains and is not shown. `waiting` is a `Waiting`. `partner` is the other leg
    of an OCO; `link` the first pending order of a working one, or the working one of a pending
    one; `received` what a working order has bought for the pending ones, in units of the base.
    `arrival` counts, over the whole matcher, the times that an order took a place at the end of a
    queue. The `stop_price` of a trailing stop is the price that begins it, 0 for none; the stop
    price that it has follows from `extreme`, the highest price since then for a sell, the lowest
    for a buy, 0 before there is one.
    """

    order_id: int
    account: int
    side: int
    order_type: int
    self_trade_prevention: int
    price: int
    stop_price: int
    quantity: int
    filled: int
    remaining: int
    arrival: int
    waiting: int
    time_in_force: int = 0
    display_quantity: int = 0
    hidden: int = 0
    partner: int = 0
    link: int = 0
    received: int = 0
    trailing_offset: int = 0
    trailing_unit: int = 0
    extreme: int = 0


COMMAND_RECORD = Struct("<BBBBi5q")
"""A command in a batch: kind, side, order_type, self_trade_prevention, symbol, order_id, account,
quantity, price, stop_price; a field that the command does not use is ignored."""
EVENT_RECORD = Struct("<BBiBx7q")
"""An event of a batch: the fields of `Event` in their order."""
