"""Parameters that every list has: which period, how many, and what comes next."""

from order_gateway.document.route_descriptions import describe_query
from protocol.enums import Reason
from protocol.refusal import Refusal
from protocol.timestamps import MOMENT_RULE

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100

LIMIT = describe_query(
    "limit", "The most items of a page", type="integer", minimum=1, maximum=MAX_LIMIT,
    default=DEFAULT_LIMIT,
)  # fmt: skip
AFTER = describe_query("after", "The `after` of the page before", type="string")
SPAN = (
    describe_query("start", f"Only what came in then or later; {MOMENT_RULE}", type="string"),
    describe_query("end", f"Only what came in before then; {MOMENT_RULE}", type="string"),
)


def read_limit(query: dict[str, str]) -> int:
    """Return how many items a page may have; raise Refusal for a bad number."""
    text = query.get("limit", str(DEFAULT_LIMIT))
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise Refusal(
        Reason.INVALID_REQUEST, "limit", f"limit must be a whole number from 1 to {MAX_LIMIT}"
    )
