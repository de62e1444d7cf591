"""A problem document as the bytes of a whole answer, for what no application has seen."""

from http import HTTPStatus

from protocol.codec import encode
from protocol.headers import RETRY_AFTER_HEADER
from protocol.problem import PROBLEM_MEDIA_TYPE, describe_problem
from protocol.refusal import Refusal

SAFE_HEADERS = [
    ("Content-Security-Policy", "frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
]
"""Of every answer. In a frame, a stranger's page could make the user click on orders."""
_POSTPONED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def make_answer(refusal: Refusal) -> bytes:
    """Return the answer to a request that is refused, which is the last one on its connection."""
    problem = describe_problem(refusal.code, refusal.detail, refusal.field)
    body = encode(problem)
    status = HTTPStatus(problem["status"])
    headers = [
        *SAFE_HEADERS,
        ("Content-Type", PROBLEM_MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    if status in _POSTPONED:
        headers.append((RETRY_AFTER_HEADER, "1"))
    fields = [f"{name}: {text}" for name, text in headers]
    head = [f"HTTP/1.1 {status.value} {status.phrase}", *fields, "", ""]
    return "\r\n".join(head).encode() + body
