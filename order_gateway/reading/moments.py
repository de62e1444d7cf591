"""`start` and `end` of a list: the period in which its items came in."""

from typing import NamedTuple

from protocol.enums import Reason
from protocol.refusal import Refusal
from protocol.timestamps import MOMENT_RULE, parse_moment


class Span(NamedTuple):
    """Microseconds since 1970, `end` excluded; None means no bound."""

    start: int | None
    end: int | None


def read_span(query: dict[str, str]) -> Span:
    """Return the period that the query names; raise Refusal for a bad moment."""
    return Span(_read_moment(query, "start"), _read_moment(query, "end"))


def _read_moment(query: dict[str, str], name: str) -> int | None:
    text = query.get(name)
    try:
        return None if text is None else parse_moment(text)
    except ValueError:
        raise Refusal(Reason.INVALID_REQUEST, name, f"{name} must be {MOMENT_RULE}") from None
