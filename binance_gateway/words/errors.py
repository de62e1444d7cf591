"""Every error: its code, its HTTP status and its exact text, which clients match."""

from typing import NamedTuple


class BinanceError(Exception):
    """What a call is refused with.

    `data` goes with the error if it is not None. `retry_at` is when to ask again, in milliseconds
    since 1970; only errors of limits have it.
    """

    def __init__(
        self,
        code: int,
        status: int,
        message: str,
        data: object | None = None,
        retry_at: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.data = data
        self.retry_at = retry_at

    def describe(self) -> dict[str, object]:
        """Return the error as it stands in an answer."""
        described: dict[str, object] = {"code": self.code, "msg": self.message}
        return described if self.data is None else described | {"data": self.data}


class Fault(NamedTuple):
    """A row of the table; each `{}` of the text is filled in."""

    code: int
    status: int
    text: str

    def __call__(self, *values: object) -> BinanceError:
        """Return the error with `values` filled in."""
        return BinanceError(self.code, self.status, self.text.format(*values))


UNKNOWN = Fault(-1000, 500, "An unknown error occurred while processing the request.")
DISCONNECTED = Fault(
    -1001, 503, "Internal error; unable to process your request. Please try again."
)
TOO_MUCH_WEIGHT = Fault(
    -1003,
    429,
    "Too much request weight used; current limit is {} {} per {} MINUTE. Please use WebSocket"
    " Streams for live updates to avoid polling the API.",
)
BANNED = Fault(
    -1003,
    418,
    "Way too much request weight used; IP banned until {}. Please use WebSocket Streams for live"
    " updates to avoid bans.",
)
UNEXPECTED_RESPONSE = Fault(
    -1006,
    500,
    "An unexpected response was received from the message bus. Execution status unknown.",
)
TIMEOUT = Fault(
    -1007,
    504,
    "Timeout waiting for response from backend server. Send status unknown; execution status"
    " unknown.",
)
OVERLOADED = Fault(
    -1008,
    503,
    "Server is currently overloaded with other requests. Please try again in a few minutes.",
)
FILTER_FAILURE = Fault(-1013, 400, "Filter failure: {}")
INVALID_QUANTITY = Fault(-1013, 400, "Invalid quantity.")
INVALID_PRICE = Fault(-1013, 400, "Invalid price.")
MARKET_CLOSED = Fault(-1013, 400, "Market is closed.")
NO_ORDER_ROUTING = Fault(-1013, 400, "This symbol is not available for SOR")
TOO_MANY_ORDERS = Fault(-1015, 429, "Too many new orders; current limit is {} orders per {}.")
GONE = Fault(-1016, 410, "This service is no longer available.")
UNSUPPORTED = Fault(-1020, 400, "This operation is not supported.")
NO_SUCH_PATH = Fault(-1020, 404, "This operation is not supported.")
NO_SUCH_METHOD = Fault(-1020, 405, "This operation is not supported.")
TOO_LATE = Fault(-1021, 400, "Timestamp for this request is outside of the recvWindow.")
TOO_EARLY = Fault(-1021, 400, "Timestamp for this request was 1000ms ahead of the server's time.")
WRONG_SIGNATURE = Fault(-1022, 400, "Signature for this request is not valid.")
TOO_MANY_CONNECTIONS = Fault(
    -1034, 429, "Too many connection attempts from IP; current limit is {} per 5 MINUTES"
)
ILLEGAL_CHARACTERS = Fault(
    -1100, 400, "Illegal characters found in parameter '{}'; legal range is '{}'."
)
TOO_MANY_PARAMETERS = Fault(-1101, 400, "Too many parameters; expected '{}' and received '{}'.")
DUPLICATE_VALUES = Fault(-1101, 400, "Duplicate values for a parameter detected.")
TOO_MANY_VALUES = Fault(
    -1101, 400, "Too many values sent for parameter '{}', maximum allowed up to {}."
)
MISSING_PARAMETER = Fault(
    -1102, 400, "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
)
MISSING_EITHER = Fault(-1102, 400, "Param '{}' or '{}' must be sent, but both were empty/null!")
WINDOW_TOO_LARGE = Fault(
    -1102, 400, "'recvWindow' contains unexpected value. Cannot be greater than 60000."
)
UNREAD_PARAMETERS = Fault(
    -1104,
    400,
    "Not all sent parameters were read; read '{}' parameter(s) but was sent '{}'.",
)
EMPTY_PARAMETER = Fault(-1105, 400, "Parameter '{}' was empty.")
NOT_REQUIRED = Fault(-1106, 400, "Parameter '{}' sent when not required.")
OVERFLOWED = Fault(-1108, 400, "Parameter '{}' overflowed.")
TOO_MUCH_PRECISION = Fault(-1111, 400, "Parameter '{}' has too much precision.")
INVALID_TIME_IN_FORCE = Fault(-1115, 400, "Invalid timeInForce.")
INVALID_ORDER_TYPE = Fault(-1116, 400, "Invalid orderType.")
INVALID_SIDE = Fault(-1117, 400, "Invalid side.")
INVALID_INTERVAL = Fault(-1120, 400, "Invalid interval.")
INVALID_SYMBOL = Fault(-1121, 400, "Invalid symbol.")
INVALID_SYMBOL_STATUS = Fault(-1122, 400, "Invalid symbolStatus.")
INVALID_LISTEN_KEY = Fault(-1125, 400, "This listenKey does not exist.")
MORE_THAN_24_HOURS = Fault(-1127, 400, "More than 24 hours between startTime and endTime.")
INVALID_COMBINATION = Fault(-1128, 400, "Combination of optional parameters invalid.")
INVALID_VALUE = Fault(-1130, 400, "Data sent for parameter '{}' is not valid.")
STRATEGY_TYPE_TOO_SMALL = Fault(-1134, 400, "strategyType was less than 1000000.")
INVALID_JSON = Fault(-1135, 400, "Invalid JSON Request")
INVALID_TICKER_TYPE = Fault(-1139, 400, "Invalid ticker type.")
INVALID_RESTRICTIONS = Fault(-1145, 400, "Invalid cancelRestrictions")
SYMBOL_TWICE = Fault(-1151, 400, "Symbol is present multiple times in the list.")
NO_BINARY_FORM = Fault(-1155, 400, "SBE is not enabled.")
INVALID_TIME_UNIT = Fault(
    -1194, 400, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
)
OCO_TYPE_REJECTED = Fault(-1158, 400, "Order type not supported in OCO.")
OCO_ICEBERG_NOT_GTC = Fault(
    -1160,
    400,
    "Parameter '{}' is not supported if aboveTimeInForce/belowTimeInForce is not GTC.",
)
BUY_LIMIT_ABOVE = Fault(-1165, 400, "A limit order in a buy OCO must be below.")
SELL_LIMIT_BELOW = Fault(-1166, 400, "A limit order in a sell OCO must be above.")
OCO_BOTH_LIMITS = Fault(-1168, 400, "At least one OCO order must be contingent.")
BUY_LOSS_BELOW = Fault(-1196, 400, "A stop loss order in a buy OCO must be above.")
SELL_LOSS_ABOVE = Fault(-1197, 400, "A stop loss order in a sell OCO must be below.")
BUY_PROFIT_ABOVE = Fault(-1198, 400, "A take profit order in a buy OCO must be below.")
SELL_PROFIT_BELOW = Fault(-1199, 400, "A take profit order in a sell OCO must be above.")
INVALID_PEG_PRICE_TYPE = Fault(-1210, 400, "Invalid pegPriceType.")
INVALID_PEG_OFFSET_TYPE = Fault(-1211, 400, "Invalid pegOffsetType.")
OTHER_SYMBOL_STATUS = Fault(
    -1220, 400, "The symbol's status does not match the requested symbolStatus."
)
OPO_WORKING_NOT_BUY = Fault(-1222, 400, "The working order in an OPO list must be a bid.")
OPO_PENDING_NOT_SELL = Fault(-1223, 400, "The pending orders in an OPO list must be asks.")
WORKING_REQUIRED = Fault(-1224, 400, "Working order must include the '{}' tag.")
PENDING_NOT_REQUIRED = Fault(-1225, 400, "Pending orders should not include the '{}' tag.")
ORDER_REJECTED = Fault(-2010, 400, "{}")
CANCEL_REJECTED = Fault(-2011, 400, "Unknown order sent.")
CANCEL_RESTRICTED = Fault(-2011, 400, "Order was not canceled due to cancel restrictions.")
NO_SUCH_ORDER = Fault(-2013, 400, "Order does not exist.")
BAD_KEY_FORMAT = Fault(-2014, 401, "API-key format invalid.")
REJECTED_KEY = Fault(-2015, 401, "Invalid API-key, IP, or permissions for action.")
NO_SUCH_LIST = Fault(-2018, 400, "Order list does not exist.")
REPLACE_PARTLY_FAILED = Fault(-2021, 409, "Order cancel-replace partially failed.")
REPLACE_FAILED = Fault(-2022, 400, "Order cancel-replace failed.")
SUBSCRIPTION_ACTIVE = Fault(-2035, 400, "User Data Stream subscription already active.")
SUBSCRIPTION_NOT_ACTIVE = Fault(-2036, 400, "User Data Stream subscription not active.")
TOO_MANY_SUBSCRIPTIONS = Fault(-2042, 400, "Maximum subscription ID reached for this connection.")
AMEND_REJECTED = Fault(-2038, 400, "{}")
OTHER_CLIENT_ORDER_ID = Fault(-2039, 400, "Client order ID is not correct for this order ID.")
NO_REFERENCE_PRICE = Fault(-2043, 400, "This symbol doesn't have a reference price.")
