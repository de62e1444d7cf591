"""Every word that a message may use, in the spelling that it has on the wire."""

from enum import StrEnum


class Side(StrEnum):
    """Side of an order."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """What an order does when it arrives or, for the four triggered types, when it fires."""

    MARKET = "market"
    LIMIT = "limit"
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"
    STOP_LOSS = "stop_loss"
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT = "take_profit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"


PRICED_TYPES = frozenset(
    {
        OrderType.LIMIT,
        OrderType.IOC,
        OrderType.FOK,
        OrderType.POST_ONLY,
        OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT_LIMIT,
    }
)
"""Types that need a price; the others may not have one."""

TRIGGERED_TYPES = frozenset(
    {
        OrderType.STOP_LOSS,
        OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT,
        OrderType.TAKE_PROFIT_LIMIT,
    }
)
"""Types that need a stop price; the others may not have one."""


class TimeInForce(StrEnum):
    """How long an order that has a price may trade."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTD = "gtd"
    DAY = "day"


class TrailingOffsetType(StrEnum):
    """What the offset of a trailing stop counts."""

    BASIS_POINTS = "basis_points"
    PRICE = "price"


class SelfTradePrevention(StrEnum):
    """What an incoming order does when it meets an order of its own account."""

    NONE = "none"
    CANCEL_TAKER = "cancel_taker"
    CANCEL_MAKER = "cancel_maker"
    CANCEL_BOTH = "cancel_both"
    DECREMENT = "decrement"


class BalanceMode(StrEnum):
    """Whether an order that its account cannot pay for is refused."""

    CHECKED = "checked"
    UNLIMITED = "unlimited"


class BalanceCause(StrEnum):
    """Why an account has more or less of an asset, other than by trading."""

    OPENING = "opening"
    CREDIT = "credit"
    DEBIT = "debit"
    SENT = "sent"
    """Moved to another shard."""
    RECEIVED = "received"
    """Moved here from another shard."""


class LedgerCause(StrEnum):
    """Why an account has more or less of an asset: a BalanceCause, or a trade and what it cost."""

    OPENING = BalanceCause.OPENING
    CREDIT = BalanceCause.CREDIT
    DEBIT = BalanceCause.DEBIT
    SENT = BalanceCause.SENT
    RECEIVED = BalanceCause.RECEIVED
    TRADE = "trade"
    COMMISSION = "commission"


class TransferState(StrEnum):
    """How far a transfer to another shard is."""

    SENT = "sent"
    RECEIVED = "received"


class Liquidity(StrEnum):
    """Which side of a trade an order was on: the maker's order rested."""

    MAKER = "maker"
    TAKER = "taker"


class Status(StrEnum):
    """State of an order. `accepted` and `unknown` are the gateway's words only."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


OPEN_STATUSES = frozenset({Status.OPEN, Status.PARTIALLY_FILLED})
"""The statuses of an order that may still trade."""


class CommandType(StrEnum):
    """What a queue entry asks for."""

    NEW = "new"
    CANCEL = "cancel"
    AMEND = "amend"
    REPLACE = "replace"
    NEW_LIST = "new_list"
    CANCEL_LIST = "cancel_list"
    CANCEL_ALL = "cancel_all"
    CANCEL_AFTER = "cancel_after"
    EXPIRE_TIMERS = "expire_timers"
    HALT = "halt"
    RESUME = "resume"
    SET_PHASE = "set_phase"
    CONFIGURE = "configure"
    BARRIER = "barrier"
    OPEN_ACCOUNT = "open_account"
    CREDIT = "credit"
    DEBIT = "debit"
    TRANSFER = "transfer"
    RECEIVE_TRANSFER = "receive_transfer"
    CLOSE_TRANSFERS = "close_transfers"
    SET_FEES = "set_fees"
    CLEAR_QUEUE = "clear_queue"
    ADVANCE = "advance"
    RESET = "reset"
    DEAD = "dead"


class ListType(StrEnum):
    """How the orders of a list hang on one another."""

    OCO = "oco"
    OTO = "oto"
    OTOCO = "otoco"
    OPO = "opo"
    OPOCO = "opoco"


LIST_SIZES = {
    ListType.OCO: 2,
    ListType.OTO: 2,
    ListType.OTOCO: 3,
    ListType.OPO: 2,
    ListType.OPOCO: 3,
}
"""How many orders a list of each type has."""


class ListState(StrEnum):
    """Whether an order of a list waits for the working one."""

    PENDING = "pending"
    ACTIVE = "active"


class Phase(StrEnum):
    """What an instrument does with orders at the moment; cancels are always taken."""

    CONTINUOUS = "continuous"
    HALTED = "halted"
    CLOSED = "closed"


class CancelScope(StrEnum):
    """Which orders of its account a timer cancels."""

    ALL = "all"
    EXCEPT_STOPS = "except_stops"


class Uniqueness(StrEnum):
    """Among which orders of the account a client order id is unique, if not among all."""

    OPEN = "open"


class CancelRestriction(StrEnum):
    """In which state an order has to be, for a cancel to reach it."""

    ONLY_NEW = "only_new"
    ONLY_PARTIALLY_FILLED = "only_partially_filled"


class ReplaceMode(StrEnum):
    """What becomes of the new order if the one that it replaces cannot be canceled."""

    STOP_ON_FAILURE = "stop_on_failure"
    ALLOW_FAILURE = "allow_failure"


class MarketName(StrEnum):
    """A market of simulated traders; `participants/markets.toml` has their parameters."""

    DEMO = "demo"
    QUIET = "quiet"
    VOLATILE = "volatile"
    SPARSE = "sparse"
    SANTA_FE = "santa-fe"
    HAWKES = "hawkes"
    QUEUE_REACTIVE = "queue-reactive"


class Reason(StrEnum):
    """Why something ended or was refused: one list of codes for reports, rejects and problems."""

    # an order ended
    CANCEL_REQUESTED = "cancel_requested"
    CANCEL_ALL = "cancel_all"
    CANCEL_AFTER = "cancel_after"
    SELF_TRADE_PREVENTION = "self_trade_prevention"
    AMENDED_BELOW_FILLED = "amended_below_filled"
    IOC_REMAINDER = "ioc_remainder"
    MARKET_REMAINDER = "market_remainder"
    FOK_NOT_FILLABLE = "fok_not_fillable"
    TIME_REACHED = "time_reached"
    OCO_TRIGGER = "oco_trigger"
    LIST_ENDED = "list_ended"
    QUEUE_CLEARED = "queue_cleared"
    # the engine refused
    WOULD_TRADE = "would_trade"
    WOULD_TRIGGER = "would_trigger"
    INSUFFICIENT_LIQUIDITY = "insufficient_liquidity"
    DUPLICATE_ORDER = "duplicate_order"
    CLIENT_ORDER_ID_REUSED = "client_order_id_reused"
    CLIENT_ORDER_ID_OPEN = "client_order_id_open"
    ORDER_ID_COLLISION = "order_id_collision"
    TOO_MANY_OPEN_ORDERS = "too_many_open_orders"
    UNKNOWN_ORDER = "unknown_order"
    ORDER_CLOSED = "order_closed"
    UNKNOWN_LIST = "unknown_list"
    CLIENT_LIST_ID_OPEN = "client_list_id_open"
    PRICE_RELATION = "price_relation"
    NOTHING_TO_AMEND = "nothing_to_amend"
    QUANTITY_NOT_LOWER = "quantity_not_lower"
    CANCEL_RESTRICTED = "cancel_restricted"
    TOO_LATE = "too_late"
    INSTRUMENT_HALTED = "instrument_halted"
    INSTRUMENT_CLOSED = "instrument_closed"
    PRICE_OUT_OF_BAND = "price_out_of_band"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    TRANSFER_ID_REUSED = "transfer_id_reused"
    TOO_MANY_ACCOUNTS = "too_many_accounts"
    NO_LEDGER = "no_ledger"
    CLOCK_NOT_MANUAL = "clock_not_manual"
    NOT_EPHEMERAL = "not_ephemeral"
    INTERNAL_ERROR = "internal_error"
    # a value is wrong: refused by the gateway, or by the engine if an entry was pushed by hand
    UNREADABLE_ENTRY = "unreadable_entry"
    UNKNOWN_SYMBOL = "unknown_symbol"
    INVALID_SIDE = "invalid_side"
    INVALID_ORDER_TYPE = "invalid_order_type"
    INVALID_SELF_TRADE_PREVENTION = "invalid_self_trade_prevention"
    INVALID_TIME_IN_FORCE = "invalid_time_in_force"
    INVALID_EXPIRES_AT = "invalid_expires_at"
    INVALID_DISPLAY_QUANTITY = "invalid_display_quantity"
    INVALID_QUOTE_QUANTITY = "invalid_quote_quantity"
    REJECT_IF_TRIGGERED_FORBIDDEN = "reject_if_triggered_forbidden"
    INVALID_LIST = "invalid_list"
    INVALID_CLIENT_LIST_ID = "invalid_client_list_id"
    INVALID_TRAILING_OFFSET = "invalid_trailing_offset"
    ACTIVATION_PRICE_FORBIDDEN = "activation_price_forbidden"
    INVALID_ORDER_ID = "invalid_order_id"
    INVALID_CLIENT_ORDER_ID = "invalid_client_order_id"
    INVALID_ACCOUNT = "invalid_account"
    INVALID_COMMAND = "invalid_command"
    INVALID_DECIMAL = "invalid_decimal"
    PRICE_REQUIRED = "price_required"
    PRICE_FORBIDDEN = "price_forbidden"
    STOP_PRICE_REQUIRED = "stop_price_required"
    STOP_PRICE_FORBIDDEN = "stop_price_forbidden"
    QUANTITY_REQUIRED = "quantity_required"
    OFF_TICK = "off_tick"
    OFF_LOT = "off_lot"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    QUANTITY_OUT_OF_RANGE = "quantity_out_of_range"
    NOTIONAL_OUT_OF_RANGE = "notional_out_of_range"
    INVALID_SECONDS = "invalid_seconds"
    INVALID_SCOPE = "invalid_scope"
    INVALID_DURATION = "invalid_duration"
    UNKNOWN_ASSET = "unknown_asset"
    UNKNOWN_SHARD = "unknown_shard"
    SAME_SHARD = "same_shard"
    OFF_UNIT = "off_unit"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    FEE_OUT_OF_RANGE = "fee_out_of_range"
    INVALID_TRANSFER_ID = "invalid_transfer_id"
    # the edge of a service refused what came, before a route saw it
    MALFORMED_REQUEST = "malformed_request"
    TARGET_TOO_LONG = "target_too_long"
    HEADERS_TOO_LARGE = "headers_too_large"
    REQUEST_TIMEOUT = "request_timeout"
    UNEXPECTED_BODY = "unexpected_body"
    # a service refused a request
    INVALID_REQUEST = "invalid_request"
    INVALID_JSON = "invalid_json"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    INVALID_TYPE = "invalid_type"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    QUEUE_UNAVAILABLE = "queue_unavailable"
    OVERLOADED = "overloaded"
    ARCHIVE_UNAVAILABLE = "archive_unavailable"
    INVALID_CURSOR = "invalid_cursor"
    BATCH_TOO_LARGE = "batch_too_large"
    UNAUTHORIZED = "unauthorized"
    TIMESTAMP_OUT_OF_WINDOW = "timestamp_out_of_window"
    FORBIDDEN = "forbidden"
    HOST_NOT_ALLOWED = "host_not_allowed"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    RATE_LIMITED = "rate_limited"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    MARKET_UNAVAILABLE = "market_unavailable"
    # a WebSocket, or the feed, refused
    BINARY_FRAME = "binary_frame"
    FRAME_TOO_LARGE = "frame_too_large"
    UNKNOWN_ACTION = "unknown_action"
    UNKNOWN_CHANNEL = "unknown_channel"
    NOT_IN_SYNC = "not_in_sync"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    TOO_MANY_CONNECTIONS_FROM_ADDRESS = "too_many_connections_from_address"
    TOO_MANY_SUBSCRIPTIONS = "too_many_subscriptions"
