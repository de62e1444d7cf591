"""The URLs of the two WebSockets, which follow from the URLs of their services."""

FEED_PATH = "/ws/market-data"
ORDER_STREAM_PATH = "/ws/orders"


def make_feed_url(market_data_url: str) -> str:
    """Return the feed's URL."""
    return _to_websocket(market_data_url) + FEED_PATH


def make_order_stream_url(gateway_url: str) -> str:
    """Return the URL of the stream of an account's own orders."""
    return _to_websocket(gateway_url) + ORDER_STREAM_PATH


def _to_websocket(url: str) -> str:
    return url.replace("http", "ws", 1)
