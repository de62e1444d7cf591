"""The HTTP routes: one request in, one answer out.

In: an admitted request. Out: a command to `order_gateway.queueing`, a question to
`order_gateway.account`, and the HTTP answer. May import every other room of the gateway.
"""
