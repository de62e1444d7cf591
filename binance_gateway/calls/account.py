"""Calls that tell an account what it has, and how it came to it."""

from hashlib import blake2b

from archive.records import FillRecord
from archive.window_query import FillsOf, Window
from binance_gateway.account.orders import NO_LIST, Shape, make_query
from binance_gateway.account.questions import NO_COMMISSION, Rates
from binance_gateway.calls.call import Call, RouteTable, Security
from binance_gateway.calls.parameters import (
    ANY_SYMBOL,
    END_TIME,
    FROM_ID,
    ORDER_ID,
    ORIG_CLIENT_ORDER_ID,
    START_TIME,
    SYMBOL,
    Parameter,
    limit,
    read_boolean,
)
from binance_gateway.limits.limits import describe_limit
from binance_gateway.services import Services
from binance_gateway.words import errors
from binance_gateway.words.filters import describe_exchange_filters
from binance_gateway.words.numbers import (
    UNIT,
    ZERO,
    format_amount,
    multiply,
    pad,
    read_integer,
    to_units,
)
from binance_gateway.words.symbols import Symbol
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Liquidity, Side
from protocol.timestamps import parse_timestamp

calls = RouteTable()

_UID_BYTES = 4
_DAY = 86_400_000_000
_ALL_SYMBOLS_WEIGHT, _SYMBOL_WEIGHT = 80, 6
_TRADES_WEIGHT, _TRADES_OF_ORDER_WEIGHT = 20, 5
_RATE_SCALE = UNIT // 10_000
_WINDOW = (START_TIME, END_TIME, limit(500, 1_000))


@calls.add(
    "GET order", "order.status", 4, SYMBOL, ORDER_ID, ORIG_CLIENT_ORDER_ID,
    security=Security.USER_DATA,
)  # fmt: skip
async def find_order(services: Services, call: Call) -> object:
    """One order, open or ended."""
    symbol = services.symbols.find(call["symbol"])
    order = await services.questions.find_order(
        call.account, symbol, call["orderId"], call["origClientOrderId"]
    )
    matches = await services.questions.find_last_matches([order])
    return make_query(order, symbol, call.unit, matches)


@calls.add(
    "GET openOrders", "openOrders.status",
    lambda sent: _SYMBOL_WEIGHT if "symbol" in sent else _ALL_SYMBOLS_WEIGHT,
    ANY_SYMBOL, security=Security.USER_DATA,
)  # fmt: skip
async def list_open_orders(services: Services, call: Call) -> object:
    """All open orders, of one symbol or of all."""
    name = call["symbol"]
    symbol = services.symbols.find(name) if name else None
    native = symbol.instrument.symbol if symbol else None
    present = await services.commands.find_present(call.account, native)
    orders = await services.questions.list_open(call.account, symbol, present)
    matches = await services.questions.find_last_matches(orders)
    found = ((order, services.symbols.find_native(order.symbol or "")) for order in orders)
    return [make_query(order, its, call.unit, matches) for order, its in found if its]


@calls.add(
    "GET allOrders", "allOrders", 20, SYMBOL, ORDER_ID, *_WINDOW, security=Security.USER_DATA
)
async def list_orders(services: Services, call: Call) -> object:
    """Orders of a symbol, oldest first: from one on, or within a window of time."""
    symbol = services.symbols.find(call["symbol"])
    window = read_window(call)
    orders = await services.questions.list_orders(call.account, symbol, call["orderId"], window)
    matches = await services.questions.find_last_matches(orders)
    return [make_query(order, symbol, call.unit, matches) for order in orders]


@calls.add(
    "GET myTrades", "myTrades",
    lambda sent: _TRADES_OF_ORDER_WEIGHT if "orderId" in sent else _TRADES_WEIGHT,
    SYMBOL, ORDER_ID, FROM_ID, *_WINDOW, security=Security.USER_DATA,
)  # fmt: skip
async def list_trades(services: Services, call: Call) -> object:
    """The account's shares of trades, oldest first."""
    symbol = services.symbols.find(call["symbol"])
    window = read_window(call)
    order, first = call["orderId"], call["fromId"]
    has_time = window.start is not None or window.end is not None
    if has_time and (order is not None or first is not None):
        raise errors.INVALID_COMBINATION()
    which = FillsOf(call.account, symbol.instrument.symbol, order, first)
    fills, lists = await services.questions.list_fills(which, window)
    return [
        _describe_trade(fill, lists.get(fill.number or 0, NO_LIST), symbol, call) for fill in fills
    ]


@calls.add(
    "GET account", "account.status", 20,
    Parameter("omitZeroBalances", read_boolean, default=False), security=Security.USER_DATA,
)  # fmt: skip
async def read_account(services: Services, call: Call) -> object:
    """What the account has and pays."""
    account = call.account
    balances = await services.questions.read_balances(account)
    if balances is None:
        opening = QueueEntry(command=CommandType.OPEN_ACCOUNT)
        reply = await services.commands.first.change(account, opening)
        balances = await services.questions.read_balances(account, {1: reply.sequence})
    rates = await services.questions.read_rates(account, next(iter(services.symbols)))
    updated = await services.questions.find_last_change(account)
    kept = [
        balance
        for balance in balances or ()
        if not call["omitZeroBalances"] or to_units(balance.free) or to_units(balance.locked)
    ]
    return _describe_account(rates) | {
        "updateTime": call.moment(updated),
        "balances": [
            {"asset": each.asset, "free": pad(each.free), "locked": pad(each.locked)}
            for each in kept
        ],
        "uid": _number_account(account),
    }


@calls.add("GET account/commission", "account.commission", 20, SYMBOL, security=Security.USER_DATA)
async def read_commission(services: Services, call: Call) -> object:
    """What the account pays for a symbol."""
    symbol = services.symbols.find(call["symbol"])
    rates = await services.questions.read_rates(call.account, symbol)
    return {
        "symbol": symbol.name,
        "standardCommission": NO_COMMISSION | {"maker": rates.maker, "taker": rates.taker},
        "specialCommission": NO_COMMISSION,
        "taxCommission": NO_COMMISSION,
        "discount": {
            "enabledForAccount": False,
            "enabledForSymbol": False,
            "discountAsset": "BNB",
            "discount": ZERO,
        },
    }


@calls.add("GET rateLimit/order", "account.rateLimits.orders", 40, security=Security.USER_DATA)
async def read_order_counts(services: Services, call: Call) -> object:
    """How many orders count against the limits."""
    counts = services.limits.read_orders(call.account, call.now)
    return [
        describe_limit(windows.limit) | {"count": count}
        for windows, count in zip(services.limits.orders, counts, strict=True)
        if windows.limit.most
    ]


@calls.add(
    "GET myAllocations", "myAllocations", 20, SYMBOL, *_WINDOW,
    Parameter("fromAllocationId", read_integer), ORDER_ID, security=Security.USER_DATA,
)  # fmt: skip
async def list_allocations(services: Services, call: Call) -> object:
    """Nothing: no order is routed elsewhere."""
    services.symbols.find(call["symbol"])
    read_window(call)
    return []


@calls.add("GET myFilters", "myFilters", 40, SYMBOL, security=Security.USER_DATA)
async def list_filters(services: Services, call: Call) -> object:
    """The filters that an order of the account has to pass."""
    symbol = services.symbols.find(call["symbol"])
    return {
        "exchangeFilters": describe_exchange_filters(services.settings.max_open_orders),
        "symbolFilters": services.filters[symbol.name].describe(),
        "assetFilters": [],
    }


def read_window(call: Call) -> Window:
    """Return the window of time that a call names; raise BinanceError for one above a day."""
    start, end = call["startTime"], call["endTime"]
    if start is not None and end is not None:
        if start > end:
            raise errors.INVALID_COMBINATION()
        if end - start > _DAY:
            raise errors.MORE_THAN_24_HOURS()
    return Window(call["limit"], start, _to_last(end))


def _to_last(end: int | None) -> int | None:
    """Return the last microsecond of the moment: in milliseconds it has a thousand."""
    if end is None or end % 1_000:
        return end
    return end + 999


def _describe_trade(fill: FillRecord, list_id: int, symbol: Symbol, call: Call) -> Shape:
    is_buyer = fill.side == Side.BUY
    quantity = to_units(fill.quantity)
    return {
        "symbol": symbol.name,
        "id": fill.trade_id,
        "orderId": fill.number or -1,
        "orderListId": list_id,
        "price": pad(fill.price),
        "qty": pad(fill.quantity),
        "quoteQty": format_amount(multiply(to_units(fill.price), quantity)),
        "commission": ZERO if fill.commission is None else pad(fill.commission),
        "commissionAsset": fill.commission_asset or (symbol.base if is_buyer else symbol.quote),
        "time": call.moment(parse_timestamp(fill.timestamp)),
        "isBuyer": is_buyer,
        "isMaker": fill.liquidity == Liquidity.MAKER,
        "isBestMatch": True,
    }


def _number_account(account: str) -> int:
    return int.from_bytes(blake2b(account.encode(), digest_size=_UID_BYTES).digest())


def _describe_account(rates: Rates) -> Shape:
    maker, taker = (to_units(rate) // _RATE_SCALE for rate in rates)
    return {
        "makerCommission": maker,
        "takerCommission": taker,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": NO_COMMISSION | {"maker": rates.maker, "taker": rates.taker},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "accountType": "SPOT",
        "permissions": ["SPOT"],
    }
