"""What an account may see of its own: open orders, history, and the private stream.

In: reports from Redis, rows from the archive. Out: lists, and `/ws/orders`. May import
`order_gateway.queueing`, `order_gateway.admission`, the archive's queries and `protocol`.
"""
