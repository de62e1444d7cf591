"""Refuses bodies in which a key comes twice, because JSON readers differ in which one they take.

The signature, a proxy in between and the gateway must all mean the same order.
"""

import json
from typing import Any

from edge.shorten import shorten
from order_gateway.reading.order_body import OrderBody
from protocol.enums import Reason, SelfTradePrevention
from protocol.refusal import Refusal

_QUOTES = 4
"""Quotes of a key and its value, both strings."""
_REQUIRED_FIELDS = 4


class _Object(dict[str, Any]):
    """A JSON object that remembers which key came twice."""

    repeated: str | None = None


def refuse_duplicate_keys(body: bytes) -> None:
    """Raise Refusal if a key of the outermost object comes twice; `body` is valid JSON."""
    found = json.loads(body, object_pairs_hook=_collect)
    if isinstance(found, _Object) and found.repeated is not None:
        name = shorten(found.repeated)
        raise Refusal(Reason.INVALID_JSON, name, f"the key {name} comes twice")


def may_have_duplicates(body: bytes, order: OrderBody) -> bool:
    """Return whether `body` has another number of quotes than the fields of `order` need.

    That number is exact unless a field was sent with its default value; then it is worth a look.
    """
    fields = (
        _REQUIRED_FIELDS
        + (order.price is not None)
        + (order.stop_price is not None)
        + (order.client_order_id is not None)
        + (order.self_trade_prevention is not SelfTradePrevention.NONE)
    )
    return body.count(b'"') != fields * _QUOTES


def _collect(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found.repeated = name
                break
            seen.add(name)
    return found
