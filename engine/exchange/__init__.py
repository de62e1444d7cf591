"""The exchange in memory: what commands do to it, and what becomes of them.

In: the fields of one entry, from `engine.order_path`. Out: a `Batch` with the journal entry, the
messages and the replies of one commit. A function of state and command: no clock, no Redis, no
threads. May import `engine.core` and `protocol`.
"""
