"""One WebSocket client, from its first message to its last.

In: what the client sends. Out: its subscriptions at the hub, answers, what it has missed, and the
end of a connection that breaks a rule or does not read. May import `market_data.fanout`, `history`,
`market` and `protocol`.
"""
