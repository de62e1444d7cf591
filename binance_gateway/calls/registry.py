"""All calls, by REST path and by method of the WebSocket API."""

from binance_gateway.calls import (
    account,
    general,
    listen_keys,
    market_data,
    order_events,
    order_lists,
    replacing,
    stubs,
    tickers,
    trading,
)
from binance_gateway.calls.call import Route

ROUTES: tuple[Route, ...] = tuple(
    route
    for module in (
        general,
        market_data,
        tickers,
        trading,
        replacing,
        account,
        order_events,
        order_lists,
        listen_keys,
        stubs,
    )
    for route in module.calls.routes
)
"""What is there."""

BY_PATH: dict[tuple[str, str], Route] = {
    (route.method, route.path): route for route in ROUTES if route.method and route.path
}
BY_NAME: dict[str, Route] = {route.name: route for route in ROUTES if route.name}
PATHS = frozenset(path for _, path in BY_PATH)
