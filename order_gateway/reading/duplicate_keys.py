"""Bodies in which a key comes twice: each reader of JSON takes another one of the two.

What a signature covers, a proxy checks and the gateway reads must be one and the same order.
"""

import json
from typing import Any

from order_gateway.admission.request_context import shorten
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import DEFAULT_SYMBOL
from protocol.enums import Reason, SelfTradePrevention
from protocol.refusal import Refusal

_QUOTES = 4
"""Of a key and its value."""
_ALWAYS = 3 * _QUOTES


class _Object(dict[str, Any]):
    """A JSON object that knows which key came twice."""

    repeated: str | None = None


def refuse_duplicate_keys(body: bytes) -> None:
    """Raises Refusal where a key of the outermost object comes twice; `body` is valid JSON."""
    found = json.loads(body, object_pairs_hook=_collect)
    if isinstance(found, _Object) and found.repeated is not None:
        name = shorten(found.repeated)
        raise Refusal(Reason.INVALID_JSON, name, f"the key {name} comes twice")


def may_have_duplicates(body: bytes, order: OrderBody) -> bool:
    """Whether it is worth looking: `body` has other quotes than the values of `order` need.

    All of them are strings. Fields that only say their default have more, too.
    """
    fields = (order.price, order.stop_price, order.client_order_id)
    expected = _ALWAYS + _QUOTES * sum(field is not None for field in fields)
    if order.symbol is not DEFAULT_SYMBOL:  # what was read is another string, even if it is equal
        expected += _QUOTES
    if order.self_trade_prevention is not SelfTradePrevention.NONE:
        expected += _QUOTES
    return body.count(b'"') != expected


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
