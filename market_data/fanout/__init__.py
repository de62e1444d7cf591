"""Encode each message once and hand it to everyone who subscribed to it.

In: events and state of the market. Out: frames, written to subscribers who keep up. May import
`market_data.market` and `protocol`.
"""
