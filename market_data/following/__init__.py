"""Follow the engine: its channels, whatever is missing from them, and its journal.

In: messages and state from Redis. Out: events in order, each once, applied to
`market_data.market` and announced by `market_data.fanout`. May import those two and `protocol`.
"""
