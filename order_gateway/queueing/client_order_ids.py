"""Client order ids for orders that came without one."""

from collections.abc import Iterator, Sequence
from itertools import count
from os import urandom

from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.order_body import OrderBody
from protocol.enums import Reason
from protocol.headers import IDEMPOTENCY_HEADER
from protocol.refusal import Refusal

_HEX_DIGITS = 32
"""How much of a signature, or how many random digits, a client order id has: 128 bits."""


def make_client_order_ids(request: RequestContext) -> Iterator[str]:
    """Yield ids for the orders of a request, the same ones for the same signature."""
    name = name_order(request.signature)
    yield name
    for number in count(2):
        yield f"{name}-{number}"


def name_order(signature: str | None) -> str:
    """Return the id of a request's first order; `signature` is the request's, if it has one."""
    if signature:
        return f"signed-{signature[:_HEX_DIGITS]}"
    return urandom(_HEX_DIGITS // 2).hex()


def check_repeatable(request: RequestContext, orders: Sequence[OrderBody]) -> None:
    """Raise Refusal if an Idempotency-Key comes with an order that has no client order id.

    The key cannot stand for the id, because it is not part of what is signed.
    """
    if b"idempotency-key" in request.headers and any(o.client_order_id is None for o in orders):
        raise Refusal(
            Reason.INVALID_REQUEST,
            IDEMPOTENCY_HEADER,
            f"an order is repeated by its client_order_id, not by {IDEMPOTENCY_HEADER}:"
            " give it one",
        )
