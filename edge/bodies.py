"""The body of a request, and the answer to it, as bytes."""

from collections.abc import Sequence

from starlette.types import Receive, Send

Headers = list[tuple[bytes, bytes]]


class ClientGone(Exception):
    """The client disconnected before its request was complete."""


class BodyTooLarge(Exception):
    """The body has more bytes than it may have."""


async def receive_body(receive: Receive, max_bytes: int) -> bytes:
    """Return the body; raise ClientGone, or BodyTooLarge as soon as it is."""
    body = b""
    has_more = True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > max_bytes:
            raise BodyTooLarge
        has_more = message.get("more_body", False)
    return body


async def send_answer(
    send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> None:
    """Send an answer as a whole."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
