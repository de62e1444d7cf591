"""The matching process: takes orders from the list, matches them, commits and publishes.

`service` is its loop. Rooms: `core` matches, `order_path` takes entries and makes messages by the
rules in `exchange`, `storage` talks to Redis, `audit` looks back. It imports `protocol`; except for
tests and benchmarks, others import nothing of it but `engine.core`.
"""
