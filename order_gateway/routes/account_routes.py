"""Routes that change many orders at once: all of an account, or all of an instrument."""

from starlette.responses import Response

from edge.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.answer_schemas import (
    CancelAfterResult,
    CancelAllResult,
)
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    CHANGE_PROBLEMS,
    PENDING,
    SYMBOL,
)
from order_gateway.document.operation_schemas import InstrumentSwitched, to_state
from order_gateway.document.route_descriptions import describe_change, describe_query
from order_gateway.reading.request_schemas import CancelAfterRequest, PhaseRequest, ResponseMode
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import (
    check_media_type,
    find_instrument,
    parse_body,
    read_timer,
)
from order_gateway.routes.answers import answer_done
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.services import Body, Services
from protocol.enums import Phase, Reason
from protocol.problem_responses import Responses, describe_problems

routes = RouteTable()

_ONLY_SYMBOL = describe_query("symbol", "Only this instrument's orders", type="string")
_CANCEL_RESPONSES: Responses = {
    202: PENDING,
    **describe_problems(Reason.UNKNOWN_SYMBOL, *CHANGE_PROBLEMS),
}
_TIMER_RESPONSES: Responses = {
    202: PENDING,
    **describe_problems(
        *BODY_PROBLEMS, Reason.INVALID_SECONDS, Reason.INVALID_SCOPE, *CHANGE_PROBLEMS
    ),
}
_SWITCH_RESPONSES: Responses = {
    202: PENDING,
    **describe_problems(*CHANGE_PROBLEMS),
    **describe_problems(Reason.UNKNOWN_SYMBOL, is_in_path=True),
}


@routes.add(
    "DELETE", "/v1/orders", needs=Scope.TRADE, summary="Cancel all orders", tags=["orders"],
    request=describe_change(None, None, _ONLY_SYMBOL), response_model=CancelAllResult,
    responses=_CANCEL_RESPONSES,
)  # fmt: skip
async def cancel_orders(services: Services, request: RequestContext) -> Response:
    """Cancel all open orders of the account, or those of one instrument."""
    preference = read_preference(request, ResponseMode.RESULT, "symbol")
    symbol = request.read_query("response", "symbol").get("symbol")
    if symbol is not None:
        find_instrument(symbol, services.instruments)
    outcome = await services.gateway.cancel_orders(request, symbol, preference)
    canceled = outcome.reply.canceled if outcome.reply else None
    return answer_done(outcome, canceled=canceled or 0).to_response()


@routes.add(
    "POST", "/v1/cancel-after", needs=Scope.TRADE, body=Body.SINGLE,
    summary="Dead man's switch", tags=["orders"], request=describe_change(CancelAfterRequest),
    response_model=CancelAfterResult, responses=_TIMER_RESPONSES,
)  # fmt: skip
async def cancel_after(services: Services, request: RequestContext) -> Response:
    """Cancel all open orders of the account in so many seconds, unless this is renewed.

    A dead man's switch: call it again and again, each time before it runs out. The time is the
    engine's, to a quarter of a second. The timer survives restarts, and a renewal that waits in the
    queue counts. 0 disarms it. With the `scope` `except_stops`, orders that still wait for their
    stop price stay.
    """
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    timer = read_timer(request.body)
    outcome = await services.gateway.cancel_after(request, timer, preference)
    due = outcome.reply.due if outcome.reply else None
    asked = {"seconds": timer.seconds, "scope": timer.scope}
    return answer_done(outcome, **asked, due=due).to_response()


@routes.add(
    "POST", "/v1/instruments/{symbol}/halt", needs=Scope.ADMIN,
    summary="Halt an instrument", tags=["administration"], request=describe_change(path=SYMBOL),
    response_model=InstrumentSwitched, responses=_SWITCH_RESPONSES,
)  # fmt: skip
async def halt_instrument(services: Services, request: RequestContext) -> Response:
    """From now on the instrument's orders can only be canceled."""
    return await _set_phase(services, request, Phase.HALTED)


@routes.add(
    "POST", "/v1/instruments/{symbol}/resume", needs=Scope.ADMIN,
    summary="Resume an instrument", tags=["administration"], request=describe_change(path=SYMBOL),
    response_model=InstrumentSwitched, responses=_SWITCH_RESPONSES,
)  # fmt: skip
async def resume_instrument(services: Services, request: RequestContext) -> Response:
    """The instrument trades again."""
    return await _set_phase(services, request, Phase.CONTINUOUS)


@routes.add(
    "POST", "/v1/instruments/{symbol}/phase", needs=Scope.ADMIN, body=Body.SINGLE,
    summary="Set an instrument's phase", tags=["administration"],
    request=describe_change(PhaseRequest, SYMBOL), response_model=InstrumentSwitched,
    responses=_SWITCH_RESPONSES | describe_problems(*BODY_PROBLEMS),
)  # fmt: skip
async def set_phase(services: Services, request: RequestContext) -> Response:
    """Begin a phase: `continuous` trades; `halted` and `closed` take only cancels."""
    check_media_type(request)
    return await _set_phase(services, request, parse_body(PhaseRequest, request.body).phase)


async def _set_phase(services: Services, request: RequestContext, phase: Phase) -> Response:
    preference = read_preference(request, ResponseMode.RESULT)
    symbol = find_instrument(request.path_params["symbol"], services.instruments).symbol
    outcome = await services.gateway.set_phase(request, symbol, phase, preference)
    if outcome.reply is not None and outcome.reply.reason is None:
        await services.halts.wait_until_shown(symbol, phase)
    state = to_state(phase)
    return answer_done(outcome, symbol=symbol, state=state, phase=phase).to_response()
