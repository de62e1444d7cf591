"""The body of an HTTP error: a problem document (RFC 9457), the same on every port."""

from typing import Any

from protocol.enums import Reason
from protocol.http_status import find_status

PROBLEM_MEDIA_TYPE = "application/problem+json"


def describe_problem(
    code: Reason,
    detail: str,
    field: str | None = None,
    nearest: str | None = None,
    step: str | None = None,
    *,
    is_in_path: bool = False,
) -> dict[str, Any]:
    """The problem document of a reason; members that are None are left out.

    `is_in_path`: `field` is a part of the request's path.
    """
    problem = {
        "type": f"urn:goquant:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": int(find_status(code, is_in_path=is_in_path)),
        "code": code,
        "detail": detail,
        "field": field,
        "nearest": nearest,
        "step": step,
    }
    return {name: value for name, value in problem.items() if value is not None}
