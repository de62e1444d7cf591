"""Routes that ask the archive what an account has, and how it came to it."""

from starlette.responses import Response

from archive.queries import LedgerFilter
from edge.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.balance_schemas import (
    BalanceList,
    FeesList,
    LedgerList,
    PositionList,
)
from order_gateway.document.common_answers import QUEUE_PROBLEMS
from order_gateway.document.route_descriptions import describe_question
from order_gateway.reading.moments import read_span
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.list_queries import AFTER, LIMIT, SPAN, read_limit
from order_gateway.routes.services import Services
from protocol.codec import encode
from protocol.enums import Reason
from protocol.problem_responses import describe_problems

routes = RouteTable()

_PROBLEMS = (Reason.NO_LEDGER, Reason.ARCHIVE_UNAVAILABLE)


@routes.add(
    "GET", "/v1/balances", needs=Scope.READ, summary="Balances", tags=["balances"],
    request=describe_question(), response_model=BalanceList,
    responses=describe_problems(Reason.TOO_MANY_ACCOUNTS, *_PROBLEMS, *QUEUE_PROBLEMS),
)  # fmt: skip
async def read_balances(services: Services, request: RequestContext) -> Response:
    """What the account has of every asset; one that is not there yet is opened."""
    request.read_query()
    found = await services.history.read_balances(request.account)
    if not found.is_open:
        opened = await services.gateway.open_account(request)
        found = await services.history.read_balances(request.account, {1: opened})
    by_shard = [{"shard": shard, "balances": some} for shard, some in found.shards.items()]
    on_way = [{"asset": asset, "amount": amount} for asset, amount in found.on_way.items()]
    return _answer(
        request, found.sequence, is_uncertain=found.is_uncertain, balances=found.balances,
        **({"shards": by_shard} if by_shard else {}), **({"on_way": on_way} if on_way else {}),
    )  # fmt: skip


@routes.add(
    "GET", "/v1/positions", needs=Scope.READ, summary="Positions", tags=["balances"],
    request=describe_question(), response_model=PositionList,
    responses=describe_problems(*_PROBLEMS),
)  # fmt: skip
async def read_positions(services: Services, request: RequestContext) -> Response:
    """What the account's fills come to, by instrument, valued at the last trade's price."""
    request.read_query()
    found = await services.history.read_positions(request.account)
    return _answer(
        request, found.sequence, is_uncertain=found.is_uncertain, positions=found.positions
    )


@routes.add(
    "GET", "/v1/ledger", needs=Scope.READ, summary="Changes of balances", tags=["balances"],
    request=describe_question(*SPAN, LIMIT, AFTER), response_model=LedgerList,
    responses=describe_problems(Reason.INVALID_CURSOR, Reason.INVALID_REQUEST, *_PROBLEMS),
)  # fmt: skip
async def list_ledger(services: Services, request: RequestContext) -> Response:
    """Every change of what the account has, with its cause, newest first."""
    query = request.read_query("start", "end", "limit", "after")
    which = LedgerFilter(request.account, *read_span(query))
    limit, after = read_limit(query), query.get("after")
    page, sequence = await services.history.list_ledger(which, limit, after)
    body = {"entries": page.items, "after": page.after, "sequence": sequence}
    return Response(encode(body), media_type="application/json")


@routes.add(
    "GET", "/v1/fees", needs=Scope.READ, summary="Fee rates", tags=["balances"],
    request=describe_question(), response_model=FeesList,
    responses=describe_problems(*_PROBLEMS),
)  # fmt: skip
async def read_fees(services: Services, request: RequestContext) -> Response:
    """What the account pays for each instrument, as parts of what it receives."""
    request.read_query()
    fees, sequence = await services.history.read_fees(request.account)
    return _answer(request, sequence, fees=fees)


def _answer(request: RequestContext, sequence: int, **more: object) -> Response:
    body = {"account": request.account, "sequence": sequence} | more
    return Response(encode(body), media_type="application/json")
