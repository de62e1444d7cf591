"""Routes for operators that change what accounts have, and what trading costs them."""

from starlette.responses import Response

from edge.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    CHANGE_PROBLEMS,
    PENDING,
    REPLAYED,
)
from order_gateway.document.money_schemas import FeesSet, TransferResult
from order_gateway.document.route_descriptions import describe_change
from order_gateway.reading.money import read_fees, read_transfer
from order_gateway.reading.request_schemas import FeesRequest, ResponseMode, TransferRequest
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import check_media_type
from order_gateway.routes.answers import answer_done, answer_transfer
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.services import Body, Services
from protocol.enums import CommandType, Reason
from protocol.problem_responses import Responses, describe_problems

routes = RouteTable()

_ACCOUNT_PROBLEMS = (
    Reason.INVALID_ACCOUNT,
    Reason.TOO_MANY_ACCOUNTS,
    Reason.NO_LEDGER,
    Reason.INVALID_DECIMAL,
    *BODY_PROBLEMS,
    *CHANGE_PROBLEMS,
)
_TRANSFER_PROBLEMS = (
    Reason.UNKNOWN_ASSET,
    Reason.OFF_UNIT,
    Reason.AMOUNT_OUT_OF_RANGE,
    Reason.INVALID_TRANSFER_ID,
    Reason.TRANSFER_ID_REUSED,
    *_ACCOUNT_PROBLEMS,
)
_TRANSFER_RESPONSES: Responses = {
    200: REPLAYED | {"model": TransferResult, "description": "A repeat: it had been done before"},
    202: PENDING,
}
_FEES_RESPONSES: Responses = {
    202: PENDING,
    **describe_problems(Reason.UNKNOWN_SYMBOL, Reason.FEE_OUT_OF_RANGE, *_ACCOUNT_PROBLEMS),
}


@routes.add(
    "POST", "/v1/admin/credit", needs=Scope.ADMIN, body=Body.SINGLE,
    status_code=201, summary="Credit an account", tags=["administration"],
    request=describe_change(TransferRequest), response_model=TransferResult,
    responses=_TRANSFER_RESPONSES | describe_problems(*_TRANSFER_PROBLEMS),
)  # fmt: skip
async def credit_account(services: Services, request: RequestContext) -> Response:
    """Give an account an amount of an asset. A repeat with the same `id` does it only once."""
    return await _transfer(services, request, CommandType.CREDIT)


@routes.add(
    "POST", "/v1/admin/debit", needs=Scope.ADMIN, body=Body.SINGLE,
    status_code=201, summary="Debit an account", tags=["administration"],
    request=describe_change(TransferRequest), response_model=TransferResult,
    responses=_TRANSFER_RESPONSES
    | describe_problems(Reason.INSUFFICIENT_BALANCE, *_TRANSFER_PROBLEMS),
)  # fmt: skip
async def debit_account(services: Services, request: RequestContext) -> Response:
    """Take an amount of an asset from what an account has free, once for an `id`."""
    return await _transfer(services, request, CommandType.DEBIT)


@routes.add(
    "POST", "/v1/admin/fees", needs=Scope.ADMIN, body=Body.SINGLE,
    summary="Set an account's fees", tags=["administration"],
    request=describe_change(FeesRequest), response_model=FeesSet,
    responses=_FEES_RESPONSES,
)  # fmt: skip
async def set_fees(services: Services, request: RequestContext) -> Response:
    """Give an account fee rates of its own, for an instrument or for all without such."""
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    fees = read_fees(request.body, services.instruments)
    outcome = await services.gateway.set_fees(request, fees, preference)
    return answer_done(outcome, **fees.model_dump()).to_response()


async def _transfer(services: Services, request: RequestContext, command: CommandType) -> Response:
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    transfer = read_transfer(request.body)
    outcome = await services.gateway.transfer(request, command, transfer, preference)
    return answer_transfer(outcome).to_response()
