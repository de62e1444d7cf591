"""The REST side, the trading page, and the rules for pages that read the feed.

In: an HTTP request. Out: the same market as on the WebSocket, metrics, documents. May import
`market_data.service` and every other room; the only room that knows FastAPI.
"""
