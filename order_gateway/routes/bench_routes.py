"""What a test turns: the exchange's clock, and the exchange itself back to its beginning."""

from redis.exceptions import RedisError
from starlette.responses import Response

from edge.api_keys import Scope
from order_gateway.admission.admission import charge
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    CHANGE_PROBLEMS,
    ORDER_PROBLEMS,
    PENDING,
)
from order_gateway.document.operation_schemas import (
    ExchangeClock,
    ExchangeProgress,
    ExchangeReset,
    StepsTaken,
)
from order_gateway.document.route_descriptions import describe_change, describe_command
from order_gateway.errors import UNREACHABLE, Unavailable
from order_gateway.reading.clock import read_advance, read_steps
from order_gateway.reading.request_schemas import AdvanceRequest, ResponseMode, StepsRequest
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import check_media_type
from order_gateway.routes.answers import answer_done, answer_steps
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.order_routes import check_size
from order_gateway.routes.services import Body, Services
from protocol.enums import Reason
from protocol.problem_responses import Responses, describe_problems
from protocol.timestamps import format_timestamp

routes = RouteTable()

_RESPONSES: Responses = {
    202: PENDING,
    **describe_problems(
        Reason.CLOCK_NOT_MANUAL, Reason.INVALID_DURATION, *BODY_PROBLEMS, *CHANGE_PROBLEMS
    ),
}


@routes.add(
    "GET", "/v1/clock", summary="The exchange's clock", tags=["operation"],
    response_model=ExchangeProgress, responses=describe_problems(Reason.QUEUE_UNAVAILABLE),
)  # fmt: skip
async def read_clock(services: Services, _request: RequestContext) -> Response:
    """The exchange's time, how it goes, and how far the exchange has come."""
    try:
        time = await services.clock.read()
        exchange_id, sequence = await services.exchange.read_progress()
    except (RedisError, OSError):
        raise Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE) from None
    clock = ExchangeProgress(
        mode=str(time.mode),
        timestamp=format_timestamp(time.now()),
        exchange_id=exchange_id,
        sequence=sequence,
    )
    return Response(clock.model_dump_json(), media_type="application/json")


@routes.add(
    "POST", "/v1/admin/clock", needs=Scope.ADMIN, body=Body.SINGLE,
    summary="Move the clock", tags=["administration"],
    request=describe_change(AdvanceRequest), response_model=ExchangeClock,
    responses=_RESPONSES,
)  # fmt: skip
async def advance_clock(services: Services, request: RequestContext) -> Response:
    """Move a manual clock on. The answer comes when all that was due has happened, in order."""
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    outcome = await services.gateway.advance_clock(request, read_advance(request.body), preference)
    due = outcome.reply.due if outcome.reply else None
    return answer_done(outcome, mode="manual", timestamp=due).to_response()


@routes.add(
    "POST", "/v1/admin/steps", needs=Scope.ADMIN, body=Body.BATCH,
    summary="Move the clock and submit orders, step by step", tags=["administration"],
    request=describe_command(ResponseMode.RESULT, StepsRequest), response_model=StepsTaken,
    responses={
        202: PENDING,
        **describe_problems(
            Reason.CLOCK_NOT_MANUAL, Reason.INVALID_DURATION, Reason.BATCH_TOO_LARGE,
            *BODY_PROBLEMS, *ORDER_PROBLEMS, *CHANGE_PROBLEMS,
        ),
    },
)  # fmt: skip
async def take_steps(services: Services, request: RequestContext) -> Response:
    """Move a manual clock on, and put orders of several accounts into the queue, by turns.

    The answer comes when all have been handled. Each is then what it would be alone; what became of
    an order is told by its account's reports and lists. If one of them is not valid, none is taken.
    """
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    steps = read_steps(request.body, services.instruments)
    count = sum(len(step.orders) for step in steps)
    check_size(request, count)
    charge(request, count - 1)
    outcome = await services.gateway.take_steps(request, steps, preference)
    try:
        time = await services.clock.read()
    except (RedisError, OSError):
        raise Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE) from None
    now = format_timestamp(time.now())
    return answer_steps(outcome, mode="manual", timestamp=now, orders=count).to_response()


@routes.add(
    "POST", "/v1/admin/reset", needs=Scope.ADMIN,
    summary="Begin anew", tags=["administration"],
    request=describe_change(), response_model=ExchangeReset,
    responses={202: PENDING, **describe_problems(Reason.NOT_EPHEMERAL, *CHANGE_PROBLEMS)},
)  # fmt: skip
async def reset_exchange(services: Services, request: RequestContext) -> Response:
    """Forget all that has happened. The answer comes when engine and archive have begun anew."""
    preference = read_preference(request, ResponseMode.RESULT)
    try:
        has_archive = await services.exchange.has_archive()
        outcome = await services.gateway.reset(request, preference)
        exchange_id = None
        if outcome.reply is not None and outcome.reply.reason is None:
            await services.exchange.wait_until_followed(has_archive=has_archive)
            await services.clock.read()
            exchange_id, _ = await services.exchange.read_progress()
    except (RedisError, OSError):
        raise Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE) from None
    return answer_done(outcome, exchange_id=exchange_id).to_response()
