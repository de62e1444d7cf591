"""Names for orders whose sender gave none."""

import secrets
from collections.abc import Iterator, Sequence
from itertools import count

from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.order_body import OrderBody
from protocol.enums import Reason
from protocol.headers import IDEMPOTENCY_HEADER
from protocol.refusal import Refusal

_SHARE = 32
"""Hex digits of a signature, or of chance, in a client order id: 128 bits."""


def make_client_order_ids(request: RequestContext) -> Iterator[str]:
    """Names for the orders of a request that have none, the same for the same signature."""
    signature = request.signature
    name = f"signed-{signature[:_SHARE]}" if signature else secrets.token_hex(_SHARE // 2)
    yield name
    for number in count(2):
        yield f"{name}-{number}"


def check_names(request: RequestContext, orders: Sequence[OrderBody]) -> None:
    """Raises Refusal for an order that its sender believes to be repeatable, and is not.

    An Idempotency-Key is no part of what is signed: it cannot name an order.
    """
    if b"idempotency-key" in request.headers and any(o.client_order_id is None for o in orders):
        raise Refusal(
            Reason.INVALID_REQUEST,
            IDEMPOTENCY_HEADER,
            f"an order is repeated by its client_order_id, not by {IDEMPOTENCY_HEADER}:"
            " give it one",
        )
