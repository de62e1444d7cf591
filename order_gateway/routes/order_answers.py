"""Answers to new orders; a repeat gets the state of the first order, with its trades.

The engine's reply to a repeat has the order's state but not its trades, which belong to the first
command; they come from the archive. It is asked only for `response=full`, because a client that
repeats a request after a broken connection should be answered soon.
"""

from collections.abc import Sequence

from order_gateway.account.history import History, Recalled
from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import Unavailable
from order_gateway.queueing.gateway import Outcome
from order_gateway.reading.request_schemas import ResponseMode
from order_gateway.routes.answers import Answer, answer_order


async def answer_orders(
    history: History, request: RequestContext, outcomes: Sequence[Outcome], mode: ResponseMode
) -> list[Answer]:
    """Answer each outcome; without trades if the archive cannot be asked."""
    is_full = mode is ResponseMode.FULL
    recalled = await _recall(history, request.account, outcomes) if is_full else {}
    answers = (
        answer_order(outcome, mode, recalled.get(outcome.entry.order_id or ""))
        for outcome in outcomes
    )
    return await request.take_in_turns(answers, len(outcomes))


async def _recall(
    history: History, account: str, outcomes: Sequence[Outcome]
) -> dict[str, Recalled]:
    replies = [outcome.reply for outcome in outcomes if outcome.reply]
    repeated = [reply.order for reply in replies if reply.duplicate and reply.order]
    if not repeated:
        return {}
    try:
        return await history.recall(account, repeated)
    except Unavailable:
        return {}
