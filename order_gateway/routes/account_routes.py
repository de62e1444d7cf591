"""Routes that change all orders at once: of an account, or of an instrument."""

from starlette.responses import Response

from order_gateway.admission.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.answer_schemas import (
    CancelAfterResult,
    CancelAllResult,
)
from order_gateway.document.common_answers import BODY_PROBLEMS, CHANGE_PROBLEMS, PENDING
from order_gateway.document.openapi import (
    Responses,
    describe_change,
    describe_path,
    describe_problems,
    describe_query,
)
from order_gateway.document.operation_schemas import InstrumentSwitched
from order_gateway.queueing.gateway import Gateway
from order_gateway.queueing.halts import Halts
from order_gateway.reading.request_schemas import CancelAfterRequest, ResponseMode
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import check_media_type, find_instrument, read_seconds
from order_gateway.routes.answers import answer_done
from order_gateway.routes.direct_route import DirectRoutes
from protocol.enums import Reason
from protocol.instrument import SYMBOL_PATTERN

_PENDING: Responses = {202: PENDING}


def add_account_routes(routes: DirectRoutes, gateway: Gateway, halts: Halts) -> None:
    """Adds them."""
    _add_cancel_all(routes, gateway)
    _add_cancel_after(routes, gateway)
    _add_switch(routes, gateway, halts, is_halt=True)
    _add_switch(routes, gateway, halts, is_halt=False)


def _add_cancel_all(routes: DirectRoutes, gateway: Gateway) -> None:
    async def cancel_orders(request: RequestContext) -> Response:
        """Cancel all open orders of the account, or those of one instrument."""
        preference = read_preference(request, ResponseMode.RESULT, "symbol")
        symbol = request.read_query("response", "symbol").get("symbol")
        if symbol is not None:
            find_instrument(symbol, gateway.instruments)
        outcome = await gateway.cancel_orders(request, symbol, preference)
        canceled = outcome.reply.canceled if outcome.reply else None
        return answer_done(outcome, canceled=canceled or 0).to_response()

    request = describe_change()
    request["parameters"].append(
        describe_query("symbol", "Only this instrument's orders", type="string")
    )
    routes.add(
        "DELETE", "/v1/orders", cancel_orders, needs=Scope.TRADE,
        summary="Cancel all orders", tags=["orders"], request=request,
        response_model=CancelAllResult,
        responses=_PENDING | describe_problems(Reason.UNKNOWN_SYMBOL, *CHANGE_PROBLEMS),
    )  # fmt: skip


def _add_cancel_after(routes: DirectRoutes, gateway: Gateway) -> None:
    async def cancel_after(request: RequestContext) -> Response:
        """Cancel all open orders of the account in so many seconds, unless this is renewed.

        A dead man's switch: call it again and again, each time before it runs out. The time is the
        engine's, to a quarter of a second; it survives restarts, and a renewal that waits in the
        queue counts. 0 disarms it.
        """
        preference = read_preference(request, ResponseMode.RESULT)
        check_media_type(request)
        seconds = read_seconds(request.body)
        outcome = await gateway.cancel_after(request, seconds, preference)
        due = outcome.reply.due if outcome.reply else None
        return answer_done(outcome, seconds=seconds, due=due).to_response()

    routes.add(
        "POST", "/v1/cancel-after", cancel_after, needs=Scope.TRADE, max_body=routes.max_body,
        summary="Dead man's switch", tags=["orders"],
        request=describe_change(CancelAfterRequest),
        response_model=CancelAfterResult,
        responses=_PENDING
        | describe_problems(*BODY_PROBLEMS, Reason.INVALID_SECONDS, *CHANGE_PROBLEMS),
    )  # fmt: skip


def _add_switch(routes: DirectRoutes, gateway: Gateway, halts: Halts, *, is_halt: bool) -> None:
    async def halt_instrument(request: RequestContext) -> Response:
        """From now on the instrument's orders can only be canceled."""
        return await switch(request)

    async def resume_instrument(request: RequestContext) -> Response:
        """The instrument trades again."""
        return await switch(request)

    async def switch(request: RequestContext) -> Response:
        preference = read_preference(request, ResponseMode.RESULT)
        symbol = find_instrument(request.path_params["symbol"], gateway.instruments).symbol
        outcome = await gateway.switch_instrument(request, symbol, preference, is_halt=is_halt)
        if outcome.reply is not None and outcome.reply.reason is None:
            await halts.wait_until_shown(symbol, is_halted=is_halt)
        state = "halted" if is_halt else "trading"
        return answer_done(outcome, symbol=symbol, state=state).to_response()

    request = describe_change()
    request["parameters"].insert(0, describe_path("symbol", SYMBOL_PATTERN, "BTC-USDT"))
    word = "halt" if is_halt else "resume"
    routes.add(
        "POST", f"/v1/instruments/{{symbol}}/{word}",
        halt_instrument if is_halt else resume_instrument, needs=Scope.ADMIN,
        summary=f"{word.capitalize()} an instrument", tags=["administration"], request=request,
        response_model=InstrumentSwitched,
        responses=_PENDING
        | describe_problems(*CHANGE_PROBLEMS)
        | describe_problems(Reason.UNKNOWN_SYMBOL, is_in_path=True),
    )  # fmt: skip
