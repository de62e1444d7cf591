"""`start` and `end` of a list: the moments between which its items came in."""

from typing import NamedTuple

from protocol.enums import Reason
from protocol.refusal import Refusal
from protocol.timestamps import parse_moment


class Span(NamedTuple):
    """Microseconds since 1970, the end not included; None: without a bound."""

    start: int | None
    end: int | None


def read_span(query: dict[str, str]) -> Span:
    """Raises Refusal for what is no moment."""
    return Span(_read_moment(query, "start"), _read_moment(query, "end"))


def _read_moment(query: dict[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        return parse_moment(text)
    except ValueError:
        raise Refusal(
            Reason.INVALID_REQUEST,
            name,
            f"{name} must be a timestamp such as 2026-01-31T12:00:00.000001Z, or whole seconds"
            " since 1970",
        ) from None
