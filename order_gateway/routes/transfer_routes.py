"""Routes that move what an account has from one shard to another, and tell of it."""

from starlette.responses import Response

from archive.records import TransferRecord
from edge.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    CHANGE_PROBLEMS,
    PENDING,
    REPLAYED,
)
from order_gateway.document.money_schemas import MoveResult, TransferList
from order_gateway.document.route_descriptions import describe_change, describe_question
from order_gateway.reading.money import read_move
from order_gateway.reading.request_schemas import MoveRequest, ResponseMode
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import check_media_type
from order_gateway.routes.answers import answer_move
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.list_queries import AFTER, LIMIT, read_limit
from order_gateway.routes.services import Body, Services
from protocol.codec import encode
from protocol.enums import Reason
from protocol.problem_responses import Responses, describe_problems

routes = RouteTable()

_RESPONSES: Responses = {
    200: REPLAYED | {"model": MoveResult, "description": "A repeat: it had been done before"},
    202: PENDING,
    **describe_problems(
        Reason.UNKNOWN_SHARD,
        Reason.SAME_SHARD,
        Reason.INSUFFICIENT_BALANCE,
        Reason.UNKNOWN_ASSET,
        Reason.OFF_UNIT,
        Reason.AMOUNT_OUT_OF_RANGE,
        Reason.INVALID_TRANSFER_ID,
        Reason.TRANSFER_ID_REUSED,
        Reason.TOO_MANY_ACCOUNTS,
        Reason.NO_LEDGER,
        Reason.INVALID_DECIMAL,
        *BODY_PROBLEMS,
        *CHANGE_PROBLEMS,
    ),
}


@routes.add(
    "POST", "/v1/transfers", needs=Scope.TRADE, body=Body.SINGLE,
    status_code=201, summary="Move balance to another shard", tags=["balances"],
    request=describe_change(MoveRequest), response_model=MoveResult, responses=_RESPONSES,
)  # fmt: skip
async def move_balance(services: Services, request: RequestContext) -> Response:
    """Move a part of what is free on one shard to another. The same `id` does it only once."""
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    move = read_move(request.body)
    outcome = await services.gateway.move(request, move, preference)
    return answer_move(outcome, move).to_response()


@routes.add(
    "GET", "/v1/transfers", needs=Scope.READ, summary="Transfers between shards",
    tags=["balances"], request=describe_question(LIMIT, AFTER), response_model=TransferList,
    responses=describe_problems(
        Reason.INVALID_CURSOR, Reason.INVALID_REQUEST, Reason.NO_LEDGER, Reason.ARCHIVE_UNAVAILABLE
    ),
)  # fmt: skip
async def list_transfers(services: Services, request: RequestContext) -> Response:
    """What the account has moved from one shard to another, newest first, and how far it is."""
    query = request.read_query("limit", "after")
    limit, after = read_limit(query), query.get("after")
    page, sequence = await services.history.list_transfers(request.account, limit, after)
    transfers = [_describe(record) for record in page.items]
    body = {"transfers": transfers, "after": page.after, "sequence": sequence}
    return Response(encode(body), media_type="application/json")


def _describe(record: TransferRecord) -> dict[str, object]:
    return {
        "cursor": record.cursor,
        "id": record.id,
        "account": record.account,
        "asset": record.asset,
        "amount": record.amount,
        "from": record.source,
        "to": record.target,
        "number": record.number,
        "state": record.state,
        "sequence": record.sequence,
        "timestamp": record.timestamp,
    }
