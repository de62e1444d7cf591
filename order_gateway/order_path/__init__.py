"""The short way of a plain order: from the bytes that a client sent to its entry, and its answer.

In: bodies, from `order_gateway.routes`, and what came over a private stream. Out: the entry of the
list, and the answer once that is confirmed, both to the same bytes as by the routes, which do
everything else, in plain Python. May import `order_gateway.queueing`, `reading` and `admission`.
"""
