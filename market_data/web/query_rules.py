"""Checks the query of a REST request."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from market_data.market.candles import INTERVALS
from market_data.web.problems import ProblemRaised
from protocol.enums import Reason


class WholeNumber(NamedTuple):
    """A parameter that is a whole number; `default` is None if it can be left out."""

    lowest: int
    highest: int
    default: int | None

    @property
    def rule(self) -> str:
        """The rule, to follow the name of the parameter."""
        return f"must be a whole number from {self.lowest} to {self.highest}"

    def find_nearest(self, text: str) -> str | None:
        """Return the nearest valid value; the default if `text` is no number."""
        sign, digits = text[:1], text.lstrip("+-").partition(".")[0]
        if not (digits.isascii() and digits.isdigit()):
            return None if self.default is None else str(self.default)
        number = int(digits[:20]) * (-1 if sign == "-" else 1)
        return str(min(self.highest, max(self.lowest, number)))


class OneOf(NamedTuple):
    """A parameter that is one of a few texts."""

    values: Sequence[str]
    default: str

    @property
    def rule(self) -> str:
        """The rule, to follow the name of the parameter."""
        return f"must be one of: {', '.join(self.values)}"

    def find_nearest(self, text: str) -> str:
        """Return the value that looks most like `text`."""
        return (get_close_matches(text.lower(), self.values, 1, 0.1) or [self.default])[0]


DEPTH = WholeNumber(1, 2**53 - 1, 100)
LIMIT = WholeNumber(1, 1_000, 100)
BEFORE = WholeNumber(1, 2**63 - 1, None)
INTERVAL = OneOf(tuple(INTERVALS), "1m")
_RULES: dict[str, WholeNumber | OneOf] = {
    "depth": DEPTH,
    "limit": LIMIT,
    "before": BEFORE,
    "interval": INTERVAL,
}


def check_names(request: Request) -> None:
    """Raise ProblemRaised for a parameter that the route does not have, or that is given twice."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = [parameter.alias for parameter in route.dependant.query_params]
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            raise _make_refusal(
                Reason.UNKNOWN_FIELD,
                name[:40],
                f"unknown parameter {name[:40]!r}; valid: {', '.join(known) or 'none'}",
                next(iter(get_close_matches(name, known, 1)), None),
            )
        if names.count(name) > 1:
            raise _make_refusal(Reason.INVALID_REQUEST, name, f"{name} is given more than once")


async def render_invalid(_: Request, error: RequestValidationError) -> Response:
    """Answer a value that its parameter cannot have."""
    first = error.errors()[0]
    name, text = str(first["loc"][-1]), str(first["input"])
    rule = _RULES[name]
    detail = f"{name} {rule.rule}, not {text[:40]!r}"
    refusal = _make_refusal(Reason.INVALID_REQUEST, name, detail, rule.find_nearest(text))
    return refusal.to_response()


def _make_refusal(
    code: Reason, field: str, detail: str, nearest: str | None = None
) -> ProblemRaised:
    if nearest is not None:
        detail = f"{detail}; nearest: {nearest}"
    return ProblemRaised(code, detail, field, nearest=nearest)
