"""Encode each message once and hand it to everyone who subscribed to it.

In: events and state of the market. Out: frames, written to the subscribers that keep up; a backlog
for those that do not. May import `market_data.market`, the archive's records and `protocol`; the
only room that knows uvicorn.
"""
