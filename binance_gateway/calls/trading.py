"""Calls that make and end orders."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from archive.records import OrderRecord
from binance_gateway.account.client_order_ids import make_client_order_id
from binance_gateway.account.new_orders import answer_order, check_order, make_entry
from binance_gateway.account.order_lists import answer_amend, describe_canceled
from binance_gateway.account.orders import NO_PAST, Past, Shape, make_cancel
from binance_gateway.calls.call import Call, RouteTable, Security
from binance_gateway.calls.order_parameters import NEW_ORDER
from binance_gateway.calls.parameters import (
    AMOUNT,
    NEW_CLIENT_ORDER_ID,
    ORDER_ID,
    ORIG_CLIENT_ORDER_ID,
    SYMBOL,
    Parameter,
    mandatory,
    read_boolean,
    read_key,
)
from binance_gateway.services import Services
from binance_gateway.words import errors, refusals
from binance_gateway.words.enums import RESTRICTIONS as RESTRICTION_WORDS
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.numbers import ZERO, to_text
from binance_gateway.words.symbols import Symbol
from protocol.commands import QueueEntry
from protocol.enums import OPEN_STATUSES, CommandType, Reason, Status
from protocol.events import ExecutionReport, Reply

calls = RouteTable()

RESTRICTIONS = Parameter("cancelRestrictions", read_key(RESTRICTION_WORDS))
_TEST_WEIGHT, _TEST_WEIGHT_WITH_RATES = 1, 20
_REJECTED = Status.REJECTED  # a name of a class takes long to find


@calls.add(
    "POST order", "order.place", 1, *NEW_ORDER, security=Security.TRADE, is_free_if_done=True
)
async def place_order(services: Services, call: Call) -> object:
    """Place an order, and wait for what becomes of it."""
    values = call.values
    symbol = services.symbols.find(values["symbol"])
    check_order(values, services.filters[symbol.name])
    reply = await send_new(services, call, make_entry(values, symbol), symbol, [values])
    order = require_order(reply)
    return answer_order(values, order, symbol, call.unit, reply)


def _weigh_test(parameters: Any) -> int:
    wants_rates = parameters.get("computeCommissionRates", "").lower() == "true"
    return _TEST_WEIGHT_WITH_RATES if wants_rates else _TEST_WEIGHT


@calls.add(
    "POST order/test", "order.test", _weigh_test, *NEW_ORDER,
    Parameter("computeCommissionRates", read_boolean, default=False), security=Security.TRADE,
)  # fmt: skip
async def check_new_order(services: Services, call: Call) -> object:
    """Check an order as far as the engine need not be asked."""
    symbol = services.symbols.find(call["symbol"])
    check_order(call.values, services.filters[symbol.name])
    if not call["computeCommissionRates"]:
        return {}
    rates = await services.questions.read_rates(call.account, symbol)
    none = {"maker": ZERO, "taker": ZERO}
    return {
        "standardCommissionForOrder": {"maker": rates.maker, "taker": rates.taker},
        "specialCommissionForOrder": none,
        "taxCommissionForOrder": none,
        "discount": {
            "enabledForAccount": False,
            "enabledForSymbol": False,
            "discountAsset": "BNB",
            "discount": ZERO,
        },
    }


@calls.add(
    "DELETE order", "order.cancel", 1, SYMBOL, ORDER_ID, ORIG_CLIENT_ORDER_ID, NEW_CLIENT_ORDER_ID,
    RESTRICTIONS, security=Security.TRADE, is_free_if_done=True,
)  # fmt: skip
async def cancel_order(services: Services, call: Call) -> object:
    """Cancel an order."""
    symbol = services.symbols.find(call["symbol"])
    cancel = name_order(CommandType.CANCEL, symbol, call["orderId"], call["origClientOrderId"])
    cancel.restriction = call["cancelRestrictions"]
    cancel.cancel_id = call["newClientOrderId"] or make_client_order_id()
    call.check_age()
    reply = await services.commands.of(symbol.instrument.symbol).change(call.account, cancel)
    return await answer_cancel(services, call, symbol, require_done(reply))


@calls.add(
    "DELETE openOrders", "openOrders.cancelAll", 1, SYMBOL, security=Security.TRADE,
    is_free_if_done=True,
)  # fmt: skip
async def cancel_open_orders(services: Services, call: Call) -> object:
    """Cancel every open order of a symbol."""
    symbol = services.symbols.find(call["symbol"])
    call.check_age()
    present = await services.commands.find_present(call.account, symbol.instrument.symbol)
    found = await services.questions.list_open(call.account, symbol, present)
    call.check_age()
    canceled = await _cancel_all(services, call, symbol, found)
    if not canceled:
        raise errors.CANCEL_REJECTED()
    return canceled


async def _cancel_all(
    services: Services, call: Call, symbol: Symbol, orders: Sequence[OrderRecord]
) -> list[Shape]:
    """Cancel orders, and lists as a whole; return what was canceled, in their order."""
    entries: dict[object, QueueEntry] = {}
    for order in orders:
        if order.list is None:
            single = QueueEntry(command=CommandType.CANCEL, order_id=order.order_id)
            entries[order.order_id] = single
        else:
            number = order.list.list_id
            entries[number] = QueueEntry(command=CommandType.CANCEL_LIST, list_id=number)
    if not entries:
        return []
    cancel_id = make_client_order_id()
    for entry in entries.values():
        entry.cancel_id = cancel_id
    commands = services.commands.of(symbol.instrument.symbol)
    replies = await commands.change_all(call.account, [*entries.values()])
    past = await recall_past(
        services, call, [order for reply in replies for order in (reply.order, *reply.orders)]
    )
    canceled: list[Shape] = []
    for reply in replies:
        ended = reply.order
        if reply.orders:
            canceled.append(describe_canceled(reply.orders, symbol, call.unit, past))
        elif ended is not None and _is_done(reply):
            its_past = past.get(ended.order_id, NO_PAST)
            canceled.append(make_cancel(ended, symbol, call.unit, its_past))
    return canceled


async def answer_cancel(
    services: Services, call: Call, symbol: Symbol, order: ExecutionReport
) -> Shape:
    """Return the answer to a cancel."""
    past = await recall_past(services, call, [order])
    return make_cancel(order, symbol, call.unit, past.get(order.order_id, NO_PAST))


async def recall_past(
    services: Services, call: Call, orders: Iterable[ExecutionReport | None]
) -> Mapping[str, Past]:
    """Return what no report tells of orders, by id; few have anything of that kind."""
    asked = [
        order
        for order in orders
        if order is not None and (order.trailing_offset or order.prevented_quantity)
    ]
    if asked:
        with suppress(BinanceError):  # they are canceled, whether the archive answers or not
            return await services.questions.recall_past(call.account, asked)
    return {}


@calls.add(
    "PUT order/amend/keepPriority", "order.amend.keepPriority", 4, SYMBOL, ORDER_ID,
    ORIG_CLIENT_ORDER_ID, NEW_CLIENT_ORDER_ID, mandatory("newQty", AMOUNT),
    security=Security.TRADE,
)  # fmt: skip
async def amend_order(services: Services, call: Call) -> object:
    """Lower an order's quantity; it keeps its place, and gets another name.

    It weighs nothing if that ends the order.
    """
    symbol = services.symbols.find(call["symbol"])
    amend = name_order(CommandType.AMEND, symbol, call["orderId"], call["origClientOrderId"])
    services.filters[symbol.name].check_quantity(call["newQty"])
    if services.open_limits is not None:
        await services.open_limits.check_amend(call.account, symbol, amend)
    amend.quantity = to_text(call["newQty"])
    amend.new_client_order_id = call["newClientOrderId"] or make_client_order_id()
    amend.only_lower = True
    call.check_age()
    reply = await services.commands.of(symbol.instrument.symbol).change(call.account, amend)
    if reply.order is None or not _is_done(reply):
        raise refusals.translate_amend(reply.reason or Reason.INTERNAL_ERROR)
    call.is_free = reply.order.status not in OPEN_STATUSES
    known: Sequence[OrderRecord] = ()
    with suppress(BinanceError):  # it is done, whether the archive answers or not
        known = await services.questions.recall_one(call.account, reply.order.order_id)
    return answer_amend(reply.order, known, symbol, call.unit)


def name_order(
    command: CommandType, symbol: Symbol, number: int | None, name: str | None
) -> QueueEntry:
    """Return the entry of a change of an order; raise BinanceError if nothing names the order."""
    if number is None and name is None:
        raise errors.MISSING_EITHER("origClientOrderId", "orderId")
    return QueueEntry(
        command=command,
        symbol=symbol.instrument.symbol,
        number=number,
        client_order_id=name,
    )


async def send_new(
    services: Services,
    call: Call,
    entry: QueueEntry,
    symbol: Symbol,
    orders: Sequence[Mapping[str, Any]],
) -> Reply:
    """Send new orders, one entry, if so many more are allowed; return the reply."""
    account, count = call.account, len(orders)
    check_count(services, call, count)
    call.check_age()
    if services.open_limits is None:
        return await place(services, call, entry, count)
    is_list = entry.command is CommandType.NEW_LIST
    async with services.open_limits.admit(account, symbol, orders, is_list=is_list):
        call.check_age()
        return await place(services, call, entry, count)


def check_count(services: Services, call: Call, count: int = 1) -> None:
    """Raise BinanceError if so many more orders would be too many; its answer tells the counts."""
    try:
        services.limits.check_orders(call.account, count, call.now)
    except BinanceError:
        call.orders = services.limits.read_orders(call.account, call.now)
        raise


async def place(services: Services, call: Call, entry: QueueEntry, count: int = 1) -> Reply:
    """Send new orders; return the reply. They count from now on, unless they shall not."""
    limits, account = services.limits, call.account
    call.orders = limits.count_orders(account, count, call.now)
    counts = False
    try:
        reply = await services.commands.of(entry.symbol or "").place(account, entry)
        counts = _counts(reply)
    finally:
        if not counts:
            call.orders = limits.count_orders(account, -count, call.now)
    return reply


def _counts(reply: Reply) -> bool:
    """Whether a new order counts: not if it was refused, or has taken from the book at once."""
    order = reply.orders[0] if reply.orders else reply.order
    return order is not None and order.status is not _REJECTED and not reply.fills


def require_order(reply: Reply) -> ExecutionReport:
    """Return the new order; raise BinanceError if there is none."""
    order = reply.order
    if reply.duplicate:
        raise refusals.translate(Reason.DUPLICATE_ORDER)
    if order is None or order.status is _REJECTED:
        raise refusals.translate(reply.reason or Reason.INTERNAL_ERROR)
    return order


def require_done(reply: Reply) -> ExecutionReport:
    """Return the changed order; raise BinanceError if it is not changed."""
    if reply.order is None or not _is_done(reply):
        raise refusals.translate(reply.reason or Reason.INTERNAL_ERROR)
    return reply.order


def _is_done(reply: Reply) -> bool:
    """Whether the command was carried out: a reason that is not the order's own is why not."""
    return reply.order is not None and reply.reason is reply.order.reason
