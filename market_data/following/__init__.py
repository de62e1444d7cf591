"""Follow the engine: its channels, its state, and its journal for whatever is missing.

In: messages and state from Redis. Out: events in order, each once, applied to `market_data.market`
and told to a `MarketListener`. The only room that uses Redis. May import `market_data.market` and
`protocol`.
"""
