"""What is there, as a table: `python -m binance_gateway.calls.table`."""

from collections.abc import Iterator

from binance_gateway.calls.call import Route, Security
from binance_gateway.calls.registry import ROUTES

_NONE = "none"
_NEEDS = {
    Security.NONE: _NONE,
    Security.KEY: "key",
    Security.USER_DATA: "signature, `read`",
    Security.TRADE: "signature, `trade`",
}


def describe_calls() -> str:
    """Return the table of the calls."""
    return "\n".join(_list_calls())


def _list_calls() -> Iterator[str]:
    yield "| REST | WebSocket API | needs |"
    yield "|---|---|---|"
    for route in sorted(ROUTES, key=_find_place):
        rest = f"`{route.method} {route.path}`" if route.path else _NONE
        name = f"`{route.name}`" if route.name else _NONE
        yield f"| {rest} | {name} | {_NEEDS[route.security]} |"


def _find_place(route: Route) -> tuple[str, str, str]:
    return (route.path or "", route.method or "", route.name or "")


if __name__ == "__main__":
    print(describe_calls())  # noqa: T201
