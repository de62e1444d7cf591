"""Who may come in, from where, as whom and how often.

In: each HTTP request and each WebSocket handshake. Out: a request context with an account, or a
refusal; and a line in the order log for each command. May import `protocol`, and the gateway's
errors, logs and metrics.
"""
