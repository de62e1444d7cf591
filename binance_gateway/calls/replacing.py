"""The call that cancels an order and places another, as one command."""

from functools import partial
from typing import NamedTuple

from archive.records import OrderRecord
from binance_gateway.account.client_order_ids import make_client_order_id
from binance_gateway.account.new_orders import answer_order, check_order, make_entry
from binance_gateway.account.orders import Shape
from binance_gateway.calls.call import Call, RouteTable, Security
from binance_gateway.calls.order_parameters import NEW_ORDER
from binance_gateway.calls.parameters import (
    Parameter,
    mandatory,
    read_client_order_id,
    read_key,
    read_word,
)
from binance_gateway.calls.trading import (
    RESTRICTIONS,
    answer_cancel,
    check_count,
    name_order,
    place,
    require_done,
)
from binance_gateway.services import Services
from binance_gateway.words import errors, refusals
from binance_gateway.words.enums import REPLACE_MODES, RateLimitMode
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.numbers import read_integer
from binance_gateway.words.symbols import Symbol
from protocol.commands import Target
from protocol.enums import CommandType, Reason, ReplaceMode, Status
from protocol.events import Reply

calls = RouteTable()

_SUCCESS, _FAILURE, _NOT_ATTEMPTED = "SUCCESS", "FAILURE", "NOT_ATTEMPTED"
_OF_THE_CANCEL = "replaced"
"""The field that a refusal names if it is about the order to cancel."""


class _Results(NamedTuple):
    """What became of both halves: a shape if it was done, an error if not, None: not tried."""

    cancel: Shape | BinanceError
    order: Shape | BinanceError | None

    def describe(self) -> Shape:
        """Return them as the answer has them."""
        return {
            "cancelResult": _find_result(self.cancel),
            "newOrderResult": _find_result(self.order),
            "cancelResponse": _describe(self.cancel),
            "newOrderResponse": _describe(self.order),
        }

    def raise_failure(self) -> None:
        """Raise BinanceError if a half was not done."""
        done = [isinstance(half, dict) for half in self]
        if all(done):
            return
        error = (errors.REPLACE_PARTLY_FAILED if any(done) else errors.REPLACE_FAILED)()
        error.data = self.describe()
        raise error


@calls.add(
    "POST order/cancelReplace", "order.cancelReplace", 1, *NEW_ORDER,
    mandatory("cancelReplaceMode", read_key(REPLACE_MODES)),
    Parameter("cancelOrderId", read_integer),
    Parameter("cancelOrigClientOrderId", read_client_order_id),
    Parameter("cancelNewClientOrderId", read_client_order_id), RESTRICTIONS,
    Parameter(
        "orderRateLimitExceededMode", read_word(RateLimitMode), default=RateLimitMode.DO_NOTHING
    ),
    security=Security.TRADE, is_free_if_done=True,
)  # fmt: skip
async def replace_order(services: Services, call: Call) -> object:
    """Cancel an order and place another one; nothing comes between."""
    values, account, limits = call.values, call.account, services.limits
    symbol = services.symbols.find(values["symbol"])
    cancel = _make_target(call)
    check_order(values, services.filters[symbol.name])
    try:
        check_count(services, call)
    except BinanceError as error:
        if values["orderRateLimitExceededMode"] is RateLimitMode.DO_NOTHING:
            raise
        return await _cancel_only(services, call, symbol, error)
    call.check_age()
    entry = make_entry(values, symbol)
    entry.command, entry.unique = CommandType.REPLACE, None
    entry.replaced, entry.mode = cancel, values["cancelReplaceMode"]
    if services.open_limits is None:
        reply = await place(services, call, entry)
    else:
        async with services.open_limits.admit(
            account, symbol, [values], is_replaced=partial(_is_meant, cancel)
        ):
            call.check_age()
            reply = await place(services, call, entry)
    if reply.order is None and reply.field == _OF_THE_CANCEL:  # it counts though it was not tried
        call.orders = limits.count_orders(account, 1, call.now)
    results = await _read_results(services, call, symbol, reply)
    results.raise_failure()
    return results.describe()


def _make_target(call: Call) -> Target:
    number, name = call["cancelOrderId"], call["cancelOrigClientOrderId"]
    if number is None and name is None:
        raise errors.MISSING_EITHER("cancelOrigClientOrderId", "cancelOrderId")
    return Target(
        number=number,
        client_order_id=name,
        restriction=call["cancelRestrictions"],
        cancel_id=call["cancelNewClientOrderId"] or make_client_order_id(),
    )


def _is_meant(target: Target, order: OrderRecord) -> bool:
    if target.number is not None:
        return order.number == target.number
    return order.client_order_id == target.client_order_id


async def _cancel_only(
    services: Services, call: Call, symbol: Symbol, too_many: BinanceError
) -> object:
    """Cancel, though no more order may be placed; raise BinanceError, which tells of both."""
    cancel = name_order(
        CommandType.CANCEL, symbol, call["cancelOrderId"], call["cancelOrigClientOrderId"]
    )
    cancel.restriction = call["cancelRestrictions"]
    cancel.cancel_id = call["cancelNewClientOrderId"] or make_client_order_id()
    call.check_age()
    stops = call["cancelReplaceMode"] is ReplaceMode.STOP_ON_FAILURE
    reply = await services.commands.of(symbol.instrument.symbol).change(call.account, cancel)
    canceled: Shape | BinanceError
    try:
        canceled = await answer_cancel(services, call, symbol, require_done(reply))
    except BinanceError as error:
        canceled = error
    is_canceled = isinstance(canceled, dict)
    results = _Results(canceled, None if stops and not is_canceled else too_many)
    fault = errors.REPLACE_PARTLY_FAILED if is_canceled else errors.REPLACE_FAILED
    status = too_many.status if stops else fault.status
    raise BinanceError(fault.code, status, fault.text, results.describe(), too_many.retry_at)


async def _read_results(services: Services, call: Call, symbol: Symbol, reply: Reply) -> _Results:
    """Return what became of both; raise BinanceError if nothing was tried."""
    order = reply.order
    if order is None:
        error = refusals.translate(reply.reason or Reason.INTERNAL_ERROR)
        if reply.field != _OF_THE_CANCEL:
            raise error
        return _Results(error, None)
    values, canceled = call.values, reply.canceled_order
    placed: Shape | BinanceError
    if order.status is Status.REJECTED:
        placed = refusals.translate(order.reason or Reason.INTERNAL_ERROR)
    else:
        placed = answer_order(values, order, symbol, call.unit, reply)
    if canceled is not None:
        return _Results(await answer_cancel(services, call, symbol, canceled), placed)
    return _Results(refusals.translate(reply.cancel_reason or Reason.UNKNOWN_ORDER), placed)


def _find_result(half: Shape | BinanceError | None) -> str:
    if half is None:
        return _NOT_ATTEMPTED
    return _SUCCESS if isinstance(half, dict) else _FAILURE


def _describe(half: Shape | BinanceError | None) -> object:
    return half.describe() if isinstance(half, BinanceError) else half
