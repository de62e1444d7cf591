"""What stands between a socket and a service's first line: bounds on bytes, fields, time, places.

In: the bytes of a stranger. Out: requests that mean one thing, or a problem document and an end.
Order gateway and market data need the same, neither imports the other, and `protocol` does no I/O:
hence a package of its own. May import `protocol`, uvicorn, httptools and starlette's types.
"""
