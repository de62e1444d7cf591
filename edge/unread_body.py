"""Bodies that come with requests for which none is read.

Whoever sends one means something by it: `DELETE /v1/orders` with a symbol in its body would cancel
the orders of every symbol. So it is refused, unless it says nothing.
"""

from collections.abc import Container

from starlette.types import Receive

from protocol.enums import Reason
from protocol.refusal import Refusal

_SAYS_NOTHING = {b"", b"{}", b"null"}
_MAX_BYTES = 64


def may_have_body(names: Container[bytes]) -> bool:
    """Whether a request with headers of these names may have a body."""
    return b"content-length" in names or b"transfer-encoding" in names


async def read_nothing(receive: Receive) -> bytes | None:
    """Return a body that says nothing, None if the client has gone; raise Refusal for another."""
    body, has_more = b"", True
    while has_more and len(body) <= _MAX_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        has_more = message.get("more_body", False)
    if body.strip() not in _SAYS_NOTHING or len(body) > _MAX_BYTES:
        detail = "there is no body to send here; parameters stand in the path or the query"
        raise Refusal(Reason.UNEXPECTED_BODY, None, detail)
    return body
